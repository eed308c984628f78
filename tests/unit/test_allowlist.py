"""Who may sign in: the lists mean what they say, and nothing near it."""

import base64
from typing import Any

import pytest

from common.settings.allowlist import Allowlist, read_allowlist
from common.settings.environment import Environment, SettingsError
from webex_sandbox.ids import ORG_ID, ORG_UUID, PARTNER_ORG_ID, webex_id

PERSON_UUID = "0d3f0f6b-6a52-4e0e-9d0c-c5a4be2b6f4c"
ADA: dict[str, Any] = {
    "id": webex_id("PEOPLE", PERSON_UUID),
    "emails": ["Ada@Example.com"],
    "orgId": ORG_ID,
}


def allowlist(**variables: str) -> Allowlist:
    env = Environment(variables)
    found = read_allowlist(env)
    env.check()
    return found


def test_empty_lists_let_everybody_in() -> None:
    assert allowlist().admits({})
    assert allowlist(ALLOWED_ORGS=" ", ALLOWED_DOMAINS="", ALLOWED_PEOPLE=",").admits(ADA)


@pytest.mark.parametrize(
    "organization",
    [ORG_ID, f"{ORG_ID}==", ORG_UUID, ORG_UUID.upper(), f"{PARTNER_ORG_ID} {ORG_ID}"],
)
def test_organisations_are_compared_by_what_their_ids_say(organization: str) -> None:
    assert allowlist(ALLOWED_ORGS=organization).admits(ADA)
    padded = base64.b64encode(f"ciscospark://eu/ORGANIZATION/{ORG_UUID}".encode()).decode()
    assert allowlist(ALLOWED_ORGS=organization).admits({**ADA, "orgId": padded})


@pytest.mark.parametrize(
    "org_id",
    [PARTNER_ORG_ID, None, "", 7, webex_id("PEOPLE", ORG_UUID), "é", f"{ORG_ID}x", [ORG_ID]],
)
def test_what_is_not_the_organisation_is_not_let_in(org_id: object) -> None:
    assert not allowlist(ALLOWED_ORGS=ORG_ID).admits({**ADA, "orgId": org_id})


@pytest.mark.parametrize("domain", ["example.com", "EXAMPLE.COM", "example.org example.com"])
def test_a_domain_is_what_stands_behind_the_last_at(domain: str) -> None:
    lists = allowlist(ALLOWED_DOMAINS=domain)
    assert lists.admits(ADA)
    assert lists.admits({"emails": ['"eve@evil.example"@example.com']})


@pytest.mark.parametrize(
    "email",
    [
        "eve@example.com.evil.example",
        "eve@evilexample.com",
        "eve@sub.example.com",
        "eve@example.com@evil.example",
        "example.com",
        "eve@example.com ",
        "eve@example.com.",
        "eve@EXAMPLE.COM\u200b",
        # The Kelvin sign is a small k when it is made small, a sharp s two of them when it is folded.
        "eve@\u212aelvin.example",
        "eve@stra\u00dfe.example",
        "",
        7,
        None,
    ],
)
def test_what_is_only_like_the_domain_is_not_let_in(email: object) -> None:
    lists = allowlist(ALLOWED_DOMAINS="example.com kelvin.example strasse.example")
    assert not lists.admits({"emails": [email]})
    assert not lists.admits({"emails": email})


def test_people_are_let_in_by_address_or_id_and_by_any_of_the_lists() -> None:
    lists = allowlist(ALLOWED_PEOPLE="ADA@example.com", ALLOWED_ORGS=PARTNER_ORG_ID)
    assert lists.admits(ADA)
    assert lists.admits({"orgId": PARTNER_ORG_ID})
    assert not lists.admits({**ADA, "emails": ["grace@example.com"]})
    assert allowlist(ALLOWED_PEOPLE=ADA["id"]).admits({**ADA, "emails": []})
    assert not allowlist(ALLOWED_PEOPLE=PERSON_UUID).admits({"id": ORG_ID, "emails": [PERSON_UUID]})


def test_what_says_nothing_of_the_person_lets_nobody_in() -> None:
    lists = allowlist(
        ALLOWED_ORGS=ORG_ID, ALLOWED_DOMAINS="example.com", ALLOWED_PEOPLE="a@b.example"
    )
    assert not lists.admits({})
    assert not lists.admits({"emails": [], "orgId": None, "id": None})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_ORGS", "Example"),
        ("ALLOWED_ORGS", ADA["id"]),
        ("ALLOWED_DOMAINS", "@example.com"),
        ("ALLOWED_DOMAINS", "*.example.com"),
        ("ALLOWED_DOMAINS", "example.com eve@evil.example"),
        ("ALLOWED_DOMAINS", "stra\u00dfe.example"),
        ("ALLOWED_DOMAINS", "localhost"),
        ("ALLOWED_PEOPLE", "@example.com"),
        ("ALLOWED_PEOPLE", "ada@"),
        ("ALLOWED_PEOPLE", "Ada Lovelace"),
        ("ALLOWED_PEOPLE", ORG_ID),
    ],
)
def test_what_cannot_be_meant_is_refused_at_the_start_without_repeating_it(
    name: str, value: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        allowlist(**{name: value})
    [problem] = refused.value.problems
    assert problem.startswith(f"{name} must be ")
    assert value not in problem


def test_addresses_of_the_list_are_in_no_representation() -> None:
    assert "ada" not in repr(allowlist(ALLOWED_PEOPLE="ada@example.com"))
