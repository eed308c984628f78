"""Every confidential value that passed here, for a test that looks where none of them may be."""

from collections import defaultdict, deque

from aiohttp import web

_KEPT = 1_000


class Confidential:
    """The newest thousand states, verifiers, codes and tokens, each kind by itself."""

    def __init__(self) -> None:
        self._values: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=_KEPT))

    def reset(self) -> None:
        self._values.clear()

    def add(self, kind: str, value: object) -> None:
        if isinstance(value, str) and value:
            self._values[kind].append(value)

    def values(self) -> dict[str, list[str]]:
        return {kind: list(values) for kind, values in self._values.items()}


CONFIDENTIAL = web.AppKey("CONFIDENTIAL", Confidential)
