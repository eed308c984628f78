"""The session cookie's value: one spelling, and nothing to guess or to choose."""

import string
from hashlib import sha256

import pytest

from common.sessions.ticket import Ticket

ALPHABET = string.ascii_letters + string.digits + "-_"


def test_a_ticket_survives_the_way_through_a_cookie() -> None:
    ticket = Ticket.new()
    assert Ticket.parse(ticket.cookie) == ticket
    assert len(ticket.id) == 16
    assert len(ticket.secret) == 32


def test_tickets_are_never_the_same_twice() -> None:
    assert len({Ticket.new().cookie for _ in range(1000)}) == 1000


def test_the_handle_names_the_session_without_giving_away_id_or_secret() -> None:
    ticket = Ticket(b"i" * 16, b"s" * 32)
    assert ticket.handle == sha256(b"i" * 16).hexdigest()


def test_a_ticket_that_is_printed_opens_nothing() -> None:
    """A traceback, a debugger, a log line: whatever shows the object shows nothing of the cookie."""
    shown = repr(Ticket(b"id-of-a-session.", b"secret-of-a-session-of-32-bytes."))
    assert "of-a-session" not in shown


def test_every_changed_character_makes_another_ticket_or_none() -> None:
    ticket = Ticket.new()
    for position, character in enumerate(ticket.cookie):
        other = ALPHABET[(ALPHABET.find(character) + 1) % len(ALPHABET)]
        changed = ticket.cookie[:position] + other + ticket.cookie[position + 1 :]
        assert Ticket.parse(changed) != ticket


def test_the_halves_of_two_cookies_make_a_third_ticket() -> None:
    one, two = Ticket.new(), Ticket.new()
    mixed = Ticket(one.id, two.secret)
    assert Ticket.parse(mixed.cookie) not in (one, two)


def test_a_ticket_has_one_spelling_only() -> None:
    cookie = Ticket.new().cookie
    respelt = [
        cookie + "=",
        cookie + "\n",
        f" {cookie}",
        cookie.replace("1.", "01."),
        f'"{cookie}"',
    ]
    assert [Ticket.parse(text) for text in respelt] == [None] * len(respelt)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "1.",
        "1." + "A" * 63,
        "1." + "A" * 65,
        "1." + "A" * 100_000,
        "2." + "A" * 64,
        "A" * 64,
        "1:" + "A" * 64,
        "1." + "+" * 64,
        "1." + "\uff21" * 64,
        "1." + "A" * 63 + "\0",
    ],
)
def test_what_this_program_did_not_write_is_no_ticket(text: str | None) -> None:
    assert Ticket.parse(text) is None
