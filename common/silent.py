"""Frozen values that may hold a secret."""

import msgspec


class Silent(msgspec.Struct, frozen=True):
    """Made in C, and tells nothing of what is in it: neither a log line nor a traceback can carry it.

    A frozen dataclass sets each of its fields by a call in Python.
    """

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"
