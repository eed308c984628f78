"""A space is served from its first stream on, and let go some time after the last one."""

from types import SimpleNamespace
from typing import Any

import pytest

from app_service.live import feeds
from app_service.live.feeds import Feeds


class PlayedWatched:
    """Counts what becomes of it."""

    def __init__(self, here: Any) -> None:
        self.here = here
        self.names = frozenset({f"name of {here.space.room_id}", "its former name"})
        self.viewers: list[object] = []
        self.live = self
        self.events: list[str] = []

    def begin(self) -> None:
        self.events.append("begun")

    def join(self, viewer: object) -> None:
        self.viewers.append(viewer)

    def nudge(self, *, told: bool) -> None:
        self.events.append("told" if told else "written")

    async def close(self) -> None:
        self.events.append("closed")


class Played:
    """Feeds, and what serves each space that somebody has watched."""

    def __init__(self) -> None:
        self.served: list[PlayedWatched] = []
        self.feeds = Feeds(self._serve)

    def _serve(self, here: Any) -> Any:
        self.served.append(PlayedWatched(here))
        return self.served[-1]

    def join(self, room_id: str) -> None:
        here: Any = SimpleNamespace(space=SimpleNamespace(room_id=room_id))
        viewer: Any = object()
        self.feeds.join(here, viewer)


async def test_all_who_watch_a_space_are_served_by_one_feed() -> None:
    played = Played()
    for room_id in ("a", "a", "b"):
        played.join(room_id)
    assert [len(each.viewers) for each in played.served] == [2, 1]
    assert (len(played.feeds), played.feeds.streams) == (2, 3)


async def test_a_feed_waits_for_who_loads_the_page_again(monkeypatch: pytest.MonkeyPatch) -> None:
    played = Played()
    played.join("a")
    played.served[0].viewers.clear()
    await played.feeds.let_go()
    played.join("a")
    monkeypatch.setattr(feeds, "LET_GO_SECONDS", 0)
    await played.feeds.let_go()
    assert played.served[0].events == ["begun"]
    assert len(played.served) == 1


async def test_a_feed_that_nobody_came_back_to_is_closed_and_the_next_is_a_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feeds, "LET_GO_SECONDS", 0)
    played = Played()
    played.join("a")
    played.served[0].viewers.clear()
    await played.feeds.let_go()
    assert played.served[0].events == ["begun", "closed"]
    played.join("a")
    assert [each.events for each in played.served] == [["begun", "closed"], ["begun"]]


async def test_news_of_a_space_wake_its_feed_and_news_without_a_name_wake_all() -> None:
    played = Played()
    played.join("a")
    played.join("b")
    played.feeds.nudge("name of a", told=True)
    played.feeds.nudge("name of nobody", told=True)
    played.feeds.nudge("", told=False)
    assert [each.events[1:] for each in played.served] == [["told", "written"], ["written"]]
