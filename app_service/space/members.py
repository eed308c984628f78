"""Who is in the space: names, pictures, and who may read. One list per space and replica."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app_service.people import Person, initials
from app_service.webex import PEOPLE_AT_ONCE, Webex
from common.memory import Memory
from common.webex.http import WebexError, WebexRefusal

AT_ONCE = 1000
MOST_PAGES = 10
# How old the list may get while somebody looks: who was removed sees no more after that; seconds.
FRESH_SECONDS = 15
# While somebody looks the list is never older; an older one says nothing about who is in the space now.
PRESENT_SECONDS = 60
PROFILES_SECONDS = 600
MOST_PROFILES = 5000
LISTED = 50
NOBODY = "Somebody who left"
# When the profile was asked for, by time.monotonic(), and what came.
UNASKED = (float("-inf"), None)


@dataclass(frozen=True, slots=True)
class Member:
    id: str
    name: str
    avatar: str | None
    initials: str


class Members:
    """Read with the token of whoever asks first: every member is shown the same list.

    The caller makes sure that only members come to see it.
    """

    def __init__(self, webex: Webex, room_id: str, avatar_sources: tuple[str, ...]) -> None:
        self._webex = webex
        self._room_id = room_id
        self._avatar_sources = avatar_sources
        self._names: dict[str, str] = {}
        self._profiles: Memory[tuple[float, Member | None]] = Memory(MOST_PROFILES)
        # When the list at hand was asked for, by time.monotonic().
        self.read_at = float("-inf")
        self._tried_at = float("-inf")
        self._tried_with: str | None = None
        self._lock = asyncio.Lock()

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(self._names)

    def has_now(self, person_id: str) -> bool:
        """Whether the person is in the space by a list of the last minute."""
        is_present = time.monotonic() - self.read_at < PRESENT_SECONDS
        return is_present and person_id in self._names

    async def refresh(self, token: str) -> None:
        """Read the list anew unless it is fresh; raise a WebexRefusal for 401 and 429.

        Anything else that goes wrong leaves the old list, and the page works with what it knows.
        """
        if self._is_fresh_for(token):
            return
        async with self._lock:
            # Whoever waited finds what another one has read.
            if self._is_fresh_for(token):
                return
            self._tried_at, self._tried_with = time.monotonic(), token
            try:
                await self._read(token)
            except WebexError as error:
                if not isinstance(error, WebexRefusal) or error.status >= 500:
                    # No matter of this token: the others would wait as long, one after the other.
                    self._tried_at, self._tried_with = time.monotonic(), None
                elif error.status in (401, 429):
                    raise

    async def know(self, token: str, ids: Iterable[str]) -> None:
        """Learn names and pictures. Without them the page still works, so nothing is raised."""
        if not self._stale(ids := list(dict.fromkeys(ids))):
            return
        async with self._lock:
            wanted = self._stale(ids)
            for start in range(0, len(wanted), PEOPLE_AT_ONCE):
                await self._ask(token, wanted[start : start + PEOPLE_AT_ONCE])

    def member(self, person_id: str) -> Member:
        """The person as far as known; one who left may be nobody by now."""
        _, known = self._profiles.get(person_id, UNASKED)
        if known is not None:
            return known
        name = self._names.get(person_id, NOBODY)
        return Member(person_id, name, None, initials(name))

    def listed(self) -> list[Member]:
        """The first members by name, for the page's list of people."""
        everybody = sorted(self._names, key=lambda one: (self._names[one].casefold(), one))
        return [self.member(one) for one in everybody[:LISTED]]

    def called(self, start: str, *, at_most: int) -> list[tuple[str, str]]:
        """Ids and names of members, by name, where a word of the name begins so, however it is written."""
        start = start.casefold()
        found = sorted(
            (name, one)
            for one, name in self._names.items()
            if any(part.startswith(start) for part in _beginnings(name.casefold()))
        )
        return [(one, name) for name, one in found[:at_most]]

    def __len__(self) -> int:
        return len(self._names)

    def _is_fresh_for(self, token: str) -> bool:
        """An attempt in vain counts for its own token: an outsider must not keep the list old."""
        tried_at = self._tried_at if self._tried_with in (None, token) else float("-inf")
        return time.monotonic() - max(self.read_at, tried_at) < FRESH_SECONDS

    async def _read(self, token: str) -> None:
        asked_at = time.monotonic()
        first = await self._webex.memberships(token, self._room_id, at_most=AT_ONCE)
        everybody = await self._webex.items_from(token, first, most_pages=MOST_PAGES)
        self._names = _names(everybody)
        self.read_at = asked_at

    async def _ask(self, token: str, ids: list[str]) -> None:
        now = time.monotonic()
        try:
            people = await self._webex.people(token, ids)
        except WebexError:
            # What was known stays known until the next time.
            for person_id in ids:
                _, known = self._profiles.get(person_id, UNASKED)
                self._profiles.put(person_id, (now, known))
            return
        found = {one.get("id"): one for one in people}
        for person_id in ids:
            profile = found.get(person_id)
            member = self._profile(person_id, profile) if profile else None
            self._profiles.put(person_id, (now, member))

    def _profile(self, person_id: str, body: dict[str, Any]) -> Member:
        person = Person.from_webex(body, avatar_sources=self._avatar_sources)
        name = self._names.get(person_id, person.display_name)
        return Member(person_id, name, person.avatar, initials(name))

    def _stale(self, ids: Iterable[str]) -> list[str]:
        """Of whom too long nothing was asked."""
        old = time.monotonic() - PROFILES_SECONDS
        return [one for one in ids if self._profiles.get(one, UNASKED)[0] < old]


def _beginnings(name: str) -> list[str]:
    """The name from each of its words on."""
    words = name.split()
    return [" ".join(words[at:]) for at in range(len(words))]


def _names(items: Iterable[dict[str, Any]]) -> dict[str, str]:
    names = {}
    for item in items:
        person_id, name = item.get("personId"), item.get("personDisplayName")
        if isinstance(person_id, str):
            known = name.strip()[:200] if isinstance(name, str) else ""
            names[person_id] = known or "Somebody without a name"
    return names
