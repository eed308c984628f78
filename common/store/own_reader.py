"""Reading keys over a connection of their own: all of one moment by one MGET."""

from typing import Any

import hiredis

from common.store.own_connection import OwnConnection, Waiting

Found = bytes | None


class OwnReader(OwnConnection[str, Found]):
    """What it asks for is a key, and the answer the key's value."""

    def _write(self, waiting: Waiting[str, Found]) -> None:
        command: Any = ("MGET", *dict.fromkeys([key for key, _ in waiting]))
        self._transport.write(hiredis.pack_command(command))

    def _take(self, reply: Any) -> None:
        waiting, since = self._taken()
        found = _in_order(waiting, reply)
        if found is None:
            self._have_asked_again(waiting, since)  # refused: redis-py says why
            return
        for (_, answer), value in zip(waiting, found, strict=True):
            if not answer.done():
                answer.set_result(value)


def _in_order(waiting: Waiting[str, Found], reply: Any) -> list[Found] | None:
    """A value for each of those who wait, or None if there are none."""
    if not isinstance(reply, list):
        return None
    if len(reply) == len(waiting):
        return reply
    # Some have asked for the same.
    keys = dict.fromkeys([key for key, _ in waiting])
    if len(reply) != len(keys):
        return None
    values = dict(zip(keys, reply, strict=True))
    return [values[key] for key, _ in waiting]
