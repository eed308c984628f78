"""docs/mistakes.md shows what `python -m tests.mistakes` found, and names what the pages name."""

import re

from common.webex.unreachable import Why
from local_stack.layout import REPOSITORY
from tests.mistakes.__main__ import HANDLERS, MARKED, PAGE

TEXT = PAGE.read_text(encoding="utf-8")


def test_every_mistake_has_its_terminal_before_and_now() -> None:
    shown = {mark[2]: mark[0] for mark in MARKED.finditer(TEXT)}
    mistakes = (*HANDLERS, "certificate")
    assert set(shown) == {f"{each}-{when}" for each in mistakes for when in ("before", "now")}
    assert [name for name, text in shown.items() if text.count("```") != 2] == []


def test_every_picture_is_there_and_shown() -> None:
    pictures = {file.name for file in REPOSITORY.glob("docs/img/mistakes/*.png")}
    assert set(re.findall(r"\(img/mistakes/([^)]+)\)", TEXT)) == pictures


def test_the_terminal_says_what_to_set_for_an_untrusted_certificate() -> None:
    assert Why.CERTIFICATE.what_to_check in TEXT
