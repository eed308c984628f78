"""Reading keys over a connection of their own: all of one moment by one MGET."""

from collections.abc import Sequence
from typing import Any

import hiredis

from common.store.own_connection import Make, OwnConnection

Found = bytes | None


class OwnReader(OwnConnection[str, Found]):
    """What it asks for is a key, and the answer the key's value."""

    def _packed(self, keys: Sequence[str]) -> tuple[bytes, int, Make[Found]]:
        different = list(dict.fromkeys(keys))

        def make(replies: list[Any]) -> Sequence[Found] | None:
            [found] = replies
            if not isinstance(found, list) or len(found) != len(different):
                return None  # refused: redis-py says why
            values = dict(zip(different, found, strict=True))
            return [values[key] for key in keys]

        command: Any = ("MGET", *different)
        return hiredis.pack_command(command), 1, make
