"""What was worked out a moment ago, for whoever asks for the same again; forgotten within a minute."""

import asyncio
from typing import Generic, TypeVar

V = TypeVar("V")

GENERATION_SECONDS = 30
MOST_IN_A_GENERATION = 1024


class Recent(Generic[V]):
    """Values by name, each kept from 30 to 60 seconds after it was last asked for.

    Two generations: what is asked for moves to the younger one, and the older one is dropped whole. So
    nothing stays in memory because nobody came to push it out. At most 2 048 values.
    """

    def __init__(self) -> None:
        self._young: dict[str, V] = {}
        self._old: dict[str, V] = {}
        self._timer: asyncio.TimerHandle | None = None

    def get(self, name: str) -> V | None:
        value = self._young.get(name)
        if value is None:
            value = self._old.pop(name, None)
            if value is not None:
                self.put(name, value)
        return value

    def put(self, name: str, value: V) -> None:
        if len(self._young) >= MOST_IN_A_GENERATION:
            self.age()
        self._young[name] = value
        if self._timer is None:
            self._start()

    def forget(self, name: str) -> None:
        self._young.pop(name, None)
        self._old.pop(name, None)

    def names(self) -> set[str]:
        return {*self._young, *self._old}

    def age(self) -> None:
        """Drop what was not asked for since the last time."""
        self._young, self._old = {}, self._young

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(GENERATION_SECONDS, self._time_is_up)

    def _time_is_up(self) -> None:
        self._timer = None
        self.age()
        if self._old:
            self._start()
