"""A person as a page shows them, made from Webex's answer with nothing taken on trust."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MAX_NAME = 200
MAX_URL = 1000
# No userinfo; and nothing that a browser reads as "/", which would end the host earlier than here.
ORIGIN = re.compile(r"(https?://[A-Za-z0-9.\-]+(?::[0-9]{1,5})?)(?:[/?#]|$)")


@dataclass(frozen=True)
class Person:
    display_name: str
    nick_name: str | None
    email: str | None
    avatar: str | None
    initials: str

    @classmethod
    def from_webex(cls, body: dict[str, Any], *, avatar_sources: Iterable[str]) -> "Person":
        """Read a person object of GET /people/me; fields that are absent or odd are left out."""
        emails = body.get("emails")
        email = _text(emails[0]) if isinstance(emails, list) and emails else None
        nick_name = _text(body.get("nickName"))
        display_name = _text(body.get("displayName")) or nick_name or email or "you"
        avatar = _text(body.get("avatar"), MAX_URL)
        return cls(
            display_name=display_name,
            nick_name=nick_name,
            email=email,
            avatar=avatar if avatar and is_allowed(avatar, avatar_sources) else None,
            initials=initials(display_name),
        )


def initials(name: str) -> str:
    """First letters of the first and the last word: what stands where no picture is."""
    words = [word for word in name.split() if word[0].isalnum()] or ["?"]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def is_allowed(url: str, sources: Iterable[str]) -> bool:
    """Whether the Content-Security-Policy lets a page show this picture."""
    found = ORIGIN.match(url)
    return found is not None and any(_matches(found[1], source) for source in sources)


def _matches(origin: str, source: str) -> bool:
    scheme, star, suffix = source.partition("*.")
    if not star:
        return origin == source
    host = origin.removeprefix(scheme)
    return origin.startswith(scheme) and host.endswith(f".{suffix}")


def _text(value: object, limit: int = MAX_NAME) -> str | None:
    return value.strip()[:limit] or None if isinstance(value, str) else None
