"""The people who have an account at the sandbox."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

from webex_sandbox.clock import timestamp
from webex_sandbox.ids import ORG_ID, PARTNER_ORG_ID, stable_uuid, webex_id

# Where people have their addresses, and the organisation that each domain belongs to.
ORGANIZATIONS = {"example.com": ORG_ID, "example.net": ORG_ID, "example.org": PARTNER_ORG_ID}
_LOCAL_PART = re.compile(r"[a-z0-9][a-z0-9._+-]{0,63}")
_JOINED = 1_577_872_800.0  # 2020-01-01T10:00:00Z, the day everybody joined

Kind = Literal["person", "bot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    email: str
    display_name: str
    first_name: str
    last_name: str = ""
    nick_name: str | None = None
    has_avatar: bool = True
    is_bare: bool = False
    """As real people come in 2026: no phone, no activity, and a status that is unknown."""
    kind: Kind = "person"

    @property
    def uuid(self) -> str:
        return stable_uuid(self.email)

    @property
    def id(self) -> str:
        return webex_id("PEOPLE", self.uuid)

    @property
    def org_id(self) -> str:
        return ORGANIZATIONS.get(self.email.rpartition("@")[2], ORG_ID)

    @property
    def initials(self) -> str:
        return (self.first_name[:1] + self.last_name[:1]).upper()


DEMO_PEOPLE = (
    Person(
        email="ada@example.com",
        display_name="Ada Lovelace",
        first_name="Ada",
        last_name="Lovelace",
        nick_name="Ada",
    ),
    Person(
        email="grace@example.com",
        display_name="Grace Hopper",
        first_name="Grace",
        last_name="Hopper",
        nick_name="Amazing Grace",
    ),
    Person(
        email="alan@example.com",
        display_name="Alan Turing",
        first_name="Alan",
        last_name="Turing",
        nick_name="Alan",
    ),
    Person(
        email="zoe@example.com",
        display_name="Zoë Ångström",
        first_name="Zoë",
        last_name="Ångström",
        nick_name="Zoë",
    ),
    # A name that is markup: whoever forgets to escape it will notice here.
    Person(
        email="bobby@example.com",
        display_name='<b>Bobby</b> & "Tables"',
        first_name="<b>Bobby</b>",
        last_name='& "Tables"',
        nick_name="<i>Bob</i>",
    ),
    Person(
        email="katherine@example.com",
        display_name="Katherine Johnson",
        first_name="Katherine",
        last_name="Johnson",
        has_avatar=False,
        is_bare=True,
    ),
)


class People:
    """The directory; whoever has an address at one of the domains is in it."""

    def __init__(self) -> None:
        self._by_email: dict[str, Person] = {}
        self._by_id: dict[str, Person] = {}
        self.reset()

    def reset(self) -> None:
        self._by_email.clear()
        self._by_id.clear()
        for person in DEMO_PEOPLE:
            self.add(person)

    def add(self, person: Person) -> Person:
        self._by_email[person.email] = person
        self._by_id[person.id] = person
        return person

    def by_email(self, email: str) -> Person | None:
        """Find a person; an address at one of the domains that nobody has used yet becomes somebody."""
        email = email.strip().lower()
        known = self._by_email.get(email)
        if known:
            return known
        local_part, _, domain = email.rpartition("@")
        if domain not in ORGANIZATIONS or not _LOCAL_PART.fullmatch(local_part):
            return None
        return self.add(_named_after(local_part, domain))

    def by_id(self, person_id: str) -> Person | None:
        return self._by_id.get(person_id)

    def by_uuid(self, uuid: str) -> Person | None:
        return self._by_id.get(webex_id("PEOPLE", uuid))

    def all(self) -> list[Person]:
        return list(self._by_email.values())


PEOPLE = web.AppKey("PEOPLE", People)


def _named_after(local_part: str, domain: str) -> Person:
    first, *rest = (word.capitalize() for word in re.split(r"[._+-]+", local_part) if word)
    last = " ".join(rest)
    return Person(
        email=f"{local_part}@{domain}",
        display_name=f"{first} {last}".strip(),
        first_name=first,
        last_name=last,
    )


def as_json(person: Person, *, sandbox_url: str, now: float) -> dict[str, Any]:
    """Describe a person as GET /people/me does; what the person lacks is left out."""
    described: dict[str, Any] = {
        "id": person.id,
        "emails": [person.email],
        "sipAddresses": [
            {
                "type": "cloud-calling" if person.is_bare else "personal-room",
                "value": f"sip.{person.email}",
                "primary": False,
            }
        ],
        "displayName": person.display_name,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "orgId": person.org_id,
        "created": timestamp(_JOINED),
        "lastModified": timestamp(_JOINED),
        "status": "unknown" if person.is_bare else "active",
        "type": person.kind,
    }
    if not person.is_bare:
        described |= {"phoneNumbers": [], "lastActivity": timestamp(now)}
    if person.nick_name:
        described["nickName"] = person.nick_name
    if person.has_avatar:
        described["avatar"] = avatar_url(person, sandbox_url)
    return described


def avatar_url(person: Person, sandbox_url: str) -> str:
    return f"{sandbox_url}/avatars/{person.uuid}.svg"
