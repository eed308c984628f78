"""Who may sign in: the lists of organisations, domains and people, and whether somebody is on one."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from common.settings.environment import Environment

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# What an id of Webex's says when it is decoded: ciscospark://us/ORGANIZATION/<uuid>.
DECODED = re.compile(rf"ciscospark://[^/]+/(PEOPLE|ORGANIZATION)/({UUID})", re.IGNORECASE)
DOMAIN = re.compile(r"(?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62}")


@dataclass(frozen=True)
class Allowlist:
    """Everybody if all lists are empty, else whoever is on one of them.

    Organisations and people by the UUID in their ids; domains and addresses in small letters.
    """

    organizations: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    people: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def is_open(self) -> bool:
        return not (self.organizations or self.domains or self.people)

    def admits(self, person: Mapping[str, Any]) -> bool:
        """Whether somebody may be here whom Webex describes so (GET /people/me)."""
        if self.is_open:
            return True
        emails = person.get("emails")
        folded = map(_folded, emails) if isinstance(emails, list) else ()
        addresses = {each for each in folded if "@" in each}
        return (
            _uuid(person.get("orgId"), "ORGANIZATION") in self.organizations
            or not self.domains.isdisjoint(domain_of(each) for each in addresses)
            or not self.people.isdisjoint({*addresses, _uuid(person.get("id"), "PEOPLE")})
        )


def domain_of(address: str) -> str:
    """What stands after the last @."""
    return address.rpartition("@")[2]


def read_allowlist(env: Environment) -> Allowlist:
    """Read ALLOWED_ORGS, ALLOWED_DOMAINS and ALLOWED_PEOPLE; no problem repeats what they say."""
    organizations = {_uuid(word, "ORGANIZATION") for word in env.words("ALLOWED_ORGS", "")}
    if None in organizations:
        env.refuse(
            "ALLOWED_ORGS must be ids of organisations (Webex's orgId), or the UUIDs in them"
        )
    domains = {_folded(word) for word in env.words("ALLOWED_DOMAINS", "")}
    if not all(DOMAIN.fullmatch(domain) for domain in domains):
        env.refuse("ALLOWED_DOMAINS must be names such as example.com: no @, no *, and ASCII only")
    people = {_person(word) for word in env.words("ALLOWED_PEOPLE", "")}
    if None in people:
        env.refuse("ALLOWED_PEOPLE must be e-mail addresses, in ASCII, or ids of people at Webex")
    return Allowlist(
        frozenset(filter(None, organizations)), frozenset(domains), frozenset(filter(None, people))
    )


def _person(word: str) -> str | None:
    if "@" not in word:
        return _uuid(word, "PEOPLE")
    address = _folded(word)
    named = address.partition("@")[0] and DOMAIN.fullmatch(domain_of(address))
    return address if named else None


def _folded(value: object) -> str:
    """In small letters; nothing for what is not ASCII, since different letters may fold to the same."""
    return value.lower() if isinstance(value, str) and value.isascii() else ""


def _uuid(value: object, kind: str) -> str | None:
    """The UUID in an id of Webex's, which is base64 with or without padding; None if it holds none."""
    if not isinstance(value, str) or not value.isascii():
        return None
    if re.fullmatch(UUID, value, re.IGNORECASE):
        return value.lower()
    bare = value.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        plain = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
        found = DECODED.fullmatch(plain.decode("ascii"))
    except (binascii.Error, UnicodeDecodeError):
        return None
    return found[2].lower() if found and found[1].upper() == kind else None
