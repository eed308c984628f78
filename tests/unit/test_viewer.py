"""One open stream: bounded, and ended for good."""

import asyncio
import sys
from typing import Any

from app_service.live.viewer import MOST_WAITING, Viewer


def viewer() -> Viewer:
    visitor: Any = None
    return Viewer(visitor, None)


async def _all(one: Viewer) -> list[bytes]:
    taken = []
    while not one.is_over:
        if not one.waits:
            await one.news()
        taken.append(one.take())
    return taken


async def test_what_waits_is_sent_in_one_piece() -> None:
    one = viewer()
    one.send(b"a")
    one.send(b"b")
    one.end("signed_out")
    (piece,) = await _all(one)
    assert piece.startswith(b"abevent: ended\n")


async def test_a_stream_keeps_nothing_of_what_it_has_sent() -> None:
    one = viewer()
    one.send(bytes(1000))
    piece = one.take()
    waiting = one.news()
    # The name here, and the argument.
    assert sys.getrefcount(piece) == 2
    one.end(None)
    await waiting


async def test_whoever_is_far_behind_begins_anew_and_costs_no_more_memory() -> None:
    one = viewer()
    for _ in range(MOST_WAITING * 3):
        one.send(b"x" * 1000)
    (piece,) = await _all(one)
    assert piece.startswith(b"retry: ")
    assert len(piece) < 100


async def test_nothing_is_sent_after_the_end() -> None:
    one = viewer()
    one.end("not_member")
    one.send(b"secret")
    one.end("signed_out")
    (piece,) = await _all(one)
    assert b"secret" not in piece
    assert b"not_member" in piece


async def test_a_stream_waits_until_there_is_something() -> None:
    one = viewer()
    reading = asyncio.create_task(_all(one))
    await asyncio.sleep(0)
    assert not reading.done()
    one.end(None)
    assert len(await reading) == 1
