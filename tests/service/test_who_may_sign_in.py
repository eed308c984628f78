"""ALLOWED_ORGS, ALLOWED_DOMAINS and ALLOWED_PEOPLE: judged at sign-in and while somebody is here."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from harness.browser_like import Answer, Browser
from harness.eventually import eventually
from harness.redis_server import RedisServer
from harness.sandbox_control import PEOPLE_ME, REVOKE
from harness.site import Site
from tests.conftest import MakeSite
from tests.failure_answers import failure_page, problem
from tests.member import Member
from webex_sandbox.ids import ORG_UUID, PARTNER_ORG_ID

TITLE = "This account may not sign in here"
ALLOWED = {"ALLOWED_DOMAINS": "example.com", "SITE_CONTACT": "the IT desk, room 7"}


def refused(answer: Answer) -> None:
    page = failure_page(answer, 403, TITLE)
    assert "To be let in, ask the IT desk, room 7." in page.checks
    assert page.way_on[0] == "Use another account"
    assert "@" not in page.text


async def moved(site: Site, *, email: str = "ada@example.org", **changes: Any) -> None:
    """From now on Webex tells that whoever asks has another address, or what else changes."""
    person = {"id": "Y2lzY29", "emails": [email], "orgId": PARTNER_ORG_ID, "displayName": "A"}
    await site.sandbox.fault(PEOPLE_ME, body=json.dumps(person | changes))


def ended(redis: RedisServer) -> Callable[[], Awaitable[bool]]:
    """That no session is left."""

    async def condition() -> bool:
        return redis.keys("session:*") == []

    return condition


def revoked(site: Site) -> Callable[[], Awaitable[bool]]:
    """That both tokens of one session are."""

    async def condition() -> bool:
        return await site.sandbox.calls(REVOKE) == 2

    return condition


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("ALLOWED_ORGS", ORG_UUID),
        ("ALLOWED_DOMAINS", "Example.com"),
        ("ALLOWED_PEOPLE", "ADA@example.com"),
    ],
)
async def test_who_is_on_a_list_signs_in_and_who_is_not_gets_a_page_and_nothing_else(
    make_site: MakeSite, redis_server: RedisServer, setting: str, value: str
) -> None:
    site = await make_site(**{"SITE_CONTACT": ALLOWED["SITE_CONTACT"], setting: value})
    guest = await site.browser()
    answer = await guest.sign_in("ada@example.org", next_path="/spaces")
    refused(answer)
    assert answer.page.way_on[1] == "/login?prompt=select_account&next=%2Fspaces"
    assert guest.session_cookie is None
    assert redis_server.keys("session:*") == redis_server.keys("person:*") == []
    assert await site.sandbox.calls(REVOKE) == 2
    assert (await (await site.browser()).sign_in("ada@example.com")).status == 303


async def test_the_same_refused_callback_again_is_refused_again(make_site: MakeSite) -> None:
    site = await make_site(**ALLOWED)
    browser = await site.browser()
    callback = await browser.at_webex((await browser.start()).location, "ada@example.org")
    for _ in range(2):
        refused(await browser.get(callback))


async def test_a_refused_account_leaves_the_session_of_another_one_alone(
    make_site: MakeSite,
) -> None:
    site = await make_site(**ALLOWED)
    browser = await site.browser()
    await browser.sign_in("ada@example.com")
    refused(await browser.sign_in("ada@example.org"))
    assert (await browser.get("/api/me")).json()["emails"] == ["ada@example.com"]


async def test_the_way_on_lets_webex_offer_another_account(make_site: MakeSite) -> None:
    site = await make_site(**ALLOWED)
    browser = await site.browser()
    page = (await browser.sign_in("ada@example.org")).page
    start = await browser.get(page.way_on[1])
    assert "&prompt=select_account" in start.location
    assert (
        await browser.get(await browser.at_webex(start.location, "ada@example.com"))
    ).status == 303


@pytest.mark.parametrize(
    "query", ["prompt=none", "prompt=login", "prompt=", "prompt=a&prompt=b", ""]
)
async def test_a_link_can_ask_for_no_other_prompt(browser: Browser, query: str) -> None:
    assert "prompt" not in (await browser.get(f"/login?{query}")).location


async def test_another_account_is_offered_at_home_and_where_a_sign_in_was_refused(
    browser: Browser,
) -> None:
    other = ("Use another account", "/login?prompt=select_account")
    assert other in (await browser.get("/")).page.links
    start = await browser.start(next_path="/spaces")
    declined = await browser.get(await browser.at_webex(start.location, decision="decline"))
    assert (other[0], f"{other[1]}&next=%2Fspaces") in declined.page.links
    await browser.sign_in()
    assert other in (await browser.get("/")).page.links


@pytest.mark.parametrize("path", ["/", "/spaces", "/widget", "/api/me", "/api/space/messages"])
async def test_who_is_on_no_list_any_more_is_out_when_webex_says_so(
    make_site: MakeSite, redis_server: RedisServer, path: str
) -> None:
    site = await make_site(**ALLOWED)
    browser = (await Member.sign_in(site)).browser
    await moved(site)
    answer = await browser.get(path)
    if path.startswith("/api/"):
        problem(answer, 403, "not_admitted")
    else:
        refused(answer)
    await eventually(ended(redis_server))
    await eventually(revoked(site))
    await site.sandbox.lift_faults()
    assert (await browser.get("/api/me")).status == 401


async def test_a_new_list_holds_for_who_is_signed_in_already(
    make_site: MakeSite, redis_server: RedisServer
) -> None:
    before = await make_site()
    browser = await before.browser()
    await browser.sign_in("ada@example.com")
    assert (await browser.get("/")).status == 200
    after = await make_site(
        **{
            **before.environment,
            "ALLOWED_DOMAINS": "example.org",
            "SITE_CONTACT": "the IT desk, room 7",
        }
    )
    again = await after.browser()
    again.cookies.update(browser.cookies)
    refused(await again.get("/"))
    await eventually(ended(redis_server))


async def test_while_webex_cannot_tell_who_somebody_is_the_last_judgement_holds(
    make_site: MakeSite,
) -> None:
    site = await make_site(**ALLOWED)
    browser = await site.browser()
    await browser.sign_in()
    await site.sandbox.fault(PEOPLE_ME, status=503)
    assert (await browser.get("/widget")).status == 200
    asked = await site.sandbox.calls(PEOPLE_ME)
    assert (await browser.get("/widget")).status == 200
    assert await site.sandbox.calls(PEOPLE_ME) == asked


async def test_a_judgement_costs_webex_one_call_in_four_minutes(
    make_site: MakeSite,
) -> None:
    site = await make_site(**ALLOWED)
    browser = await site.browser()
    await browser.sign_in()
    await site.sandbox.forget_calls()
    for path in ("/", "/spaces", "/", "/api/me", "/widget"):
        await browser.get(path)
    assert await site.sandbox.calls(PEOPLE_ME) == 1


async def test_without_lists_no_page_asks_for_their_sake(site: Site, browser: Browser) -> None:
    await browser.sign_in()
    await site.sandbox.forget_calls()
    assert (await browser.get("/spaces")).status == 200
    assert await site.sandbox.calls(PEOPLE_ME) == 0
