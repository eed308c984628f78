"""A person as a page shows them: nothing of Webex's answer is taken on trust."""

from typing import Any

import pytest

from app_service.avatar import is_allowed
from app_service.people import Person, initials
from common.web.security_headers import AVATAR_HOSTS

AVATAR = "https://avatar-prod-us-east-2.webexcontent.com/Avtr~V1~1eb65fdf/a.jpg~1600"


def shown(**body: Any) -> Person:
    return Person.from_webex(body, avatar_sources=AVATAR_HOSTS)


def test_a_whole_answer_is_shown() -> None:
    assert shown(
        displayName="Ada Lovelace", nickName="Ada", emails=["ada@example.com"], avatar=AVATAR
    ) == Person("Ada Lovelace", "Ada", "ada@example.com", AVATAR, "AL")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"nickName": "Ada", "emails": ["ada@example.com"]}, "Ada"),
        ({"emails": ["ada@example.com"]}, "ada@example.com"),
        ({}, "you"),
        ({"displayName": "  ", "nickName": 7, "emails": []}, "you"),
        ({"displayName": ["x"], "emails": "ada@example.com"}, "you"),
        ({"displayName": None, "emails": [None]}, "you"),
        ({"displayName": "x" * 10_000}, "x" * 200),
    ],
)
def test_whatever_is_absent_or_odd_there_is_a_name(body: dict[str, Any], name: str) -> None:
    assert shown(**body).display_name == name


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Lovelace", "AL"),
        ("Ada King of Lovelace", "AL"),
        ("ada", "A"),
        ("Zoë Ångström", "ZÅ"),
        ("王小明", "王"),
        ("Ada (Guest)", "A"),
        ("<b>", "?"),
        ("   ", "?"),
        ("\u202e\u200b", "?"),
    ],
)
def test_initials_stand_where_no_picture_is(name: str, letters: str) -> None:
    assert initials(name) == letters


@pytest.mark.parametrize(
    "url",
    [
        "http://a.webexcontent.com/a.jpg",
        "https://webexcontent.com.evil.example/a.jpg",
        "https://evilwebex.com/a.jpg",
        "https://webex.com/a.jpg",
        "https://evil.example/a.webex.com",
        "https://evil.example\\.webex.com/a.jpg",
        "https://evil.example#.webex.com",
        "https://evil.example?.webex.com",
        "https://user@a.webex.com/a.jpg",
        "https://a.webex.com:8443/a.jpg",
        "//a.webex.com/a.jpg",
        "javascript:alert(1)//.webex.com",
        "data:image/svg+xml,<svg/>",
        "https://[a.webex.com",
        "",
    ],
)
def test_a_picture_from_anywhere_else_becomes_initials(url: str) -> None:
    assert not is_allowed(url, AVATAR_HOSTS)
    person = shown(displayName="Ada Lovelace", avatar=url)
    assert (person.avatar, person.initials) == (None, "AL")


def test_in_the_sandbox_pictures_come_from_the_sandbox_only() -> None:
    assert is_allowed("http://localhost:8090/avatars/a.svg", ["http://localhost:8090"])
    assert not is_allowed("http://localhost:80901/a.svg", ["http://localhost:8090"])
    assert not is_allowed(AVATAR, ["http://localhost:8090"])
