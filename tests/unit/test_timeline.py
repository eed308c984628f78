"""What is new, edited or deleted between two looks at the newest messages."""

from dataclasses import replace

from app_service.live.timeline import Timeline
from app_service.space.message import Message
from app_service.space.space import Excerpt


def message(number: int, text: str = "x", updated: int | None = None) -> Message:
    body = {
        "id": f"m{number}",
        "roomId": "room",
        "personId": "person",
        "text": text,
        "created": _at(number),
        **({"updated": _at(updated)} if updated else {}),
    }
    made = Message.from_webex(body)
    assert made is not None
    return made


def _at(minute: int) -> str:
    return f"2026-01-31T10:{minute:02}:00.000Z"


def excerpt(*messages: Message, more: bool = False) -> Excerpt:
    return Excerpt(messages, more)


def test_everything_is_new_at_first_and_nothing_the_second_time() -> None:
    timeline = Timeline()
    both = excerpt(message(1), message(2))
    assert [one.id for one in timeline.update(both).written] == ["m1", "m2"]
    again = timeline.update(both)
    assert (list(again.written), list(again.gone), again.gap) == ([], [], False)


def test_an_edited_message_is_told_again() -> None:
    timeline = Timeline()
    timeline.update(excerpt(message(1), message(2)))
    changes = timeline.update(excerpt(message(1, "y", updated=5), message(2)))
    assert [(one.id, one.text) for one in changes.written] == [("m1", "y")]
    assert [one.id for one in timeline.since(_at(3))] == ["m1"]


def test_a_deleted_message_is_gone() -> None:
    timeline = Timeline()
    timeline.update(excerpt(message(1), message(2), message(3), more=True))
    changes = timeline.update(excerpt(message(1), message(3), more=True))
    assert list(changes.gone) == ["m2"]


def test_a_message_that_newer_ones_pushed_out_is_not_gone() -> None:
    timeline = Timeline()
    timeline.update(excerpt(message(1), message(2), more=True))
    changes = timeline.update(excerpt(message(2), message(3), more=True))
    assert (list(changes.gone), changes.gap) == ([], False)


def test_of_two_messages_of_one_instant_the_one_that_was_pushed_out_is_not_gone() -> None:
    timeline = Timeline()
    twin = replace(message(1), id="twin")
    timeline.update(excerpt(message(1), twin, message(2), more=True))
    changes = timeline.update(excerpt(twin, message(2), message(3), more=True))
    assert (list(changes.gone), changes.gap) == ([], False)


def test_more_news_than_one_look_shows_are_a_gap() -> None:
    timeline = Timeline()
    timeline.update(excerpt(message(1), message(2), more=True))
    assert timeline.update(excerpt(message(8), message(9), more=True)).gap


def test_an_empty_space_is_no_gap() -> None:
    timeline = Timeline()
    timeline.update(excerpt(message(1)))
    changes = timeline.update(excerpt())
    assert (list(changes.gone), changes.gap) == (["m1"], False)
