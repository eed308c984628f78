"""Of a bound session the ticket alone gets nothing (common/sessions/bound_cookie.py), and that is noted."""

import itertools
import logging
import re
import time
from types import SimpleNamespace

import pytest
from prometheus_client import REGISTRY

from app_service.visitor import auth_client
from auth_service.binding import bindings
from common.sessions import bound_cookie
from common.sessions.keys import session_key
from harness.browser_like import Answer, Browser
from harness.device import Device
from harness.eventually import eventually
from harness.redis_server import RedisServer
from harness.sandbox_control import PEOPLE_ME
from harness.site import HTTPS, Site
from tests.conftest import MakeSite
from tests.failure_answers import failure_page, problem
from tests.service.test_binding import BOUND, binds, ticket_of

PAGES = ("/", "/sessions", "/spaces", "/widget", "/widget/official")
API = ("/api/me", "/api/space/messages", "/api/space/events")
NAVIGATION = {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
TRIED = "Its cookie came without its device"
# Whatever is the person's, on whichever page; and the form that every page of theirs has.
PERSONAL = re.compile(r"\bAda\b|Lovelace|ada@|sign-out|[0-9a-f]{64}")


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was under way when the session was bound has arrived long ago."""
    monkeypatch.setattr(bound_cookie, "SETTLING_SECONDS", 0)


@pytest.fixture
async def site(make_site: MakeSite) -> Site:
    return await make_site(**HTTPS)


@pytest.fixture
async def ada(site: Site) -> Browser:
    """Signed in and bound, with both cookies."""
    browser = await site.browser()
    await binds(browser, Device())
    return browser


@pytest.fixture
async def thief(site: Site, ada: Browser) -> Browser:
    """Another jar, with a copy of the ticket."""
    browser = await site.browser()
    browser.cookies[browser.session_name] = ada.session_cookie or ""
    return browser


def loads_again(answer: Answer) -> bool:
    return (
        answer.status == 200
        and '<meta http-equiv="refresh" content="0">' in answer.text
        and answer.headers["Cache-Control"] == "no-store"
        and answer.page.text.strip() in ("", "One moment")
    )


async def test_with_both_cookies_everything_is_as_ever(ada: Browser) -> None:
    for path in ("/", "/sessions", "/spaces", "/api/me"):
        assert (await ada.get(path)).status == 200
    assert (await ada.get("/api/me")).json()["displayName"] == "Ada Lovelace"


async def test_the_ticket_alone_gets_no_byte_of_the_person_whatever_it_says_of_itself(
    site: Site, ada: Browser, thief: Browser, redis_server: RedisServer
) -> None:
    await ada.get("/")
    record = session_key(ticket_of(ada).handle)
    redis_server.client.pexpire(record, 500_000)
    await site.sandbox.forget_calls()
    sites = (None, "cross-site", "same-site", "same-origin", "none", "odd")
    modes = (None, "navigate", "cors", "no-cors", "same-origin", "websocket")
    dests = (None, "document", "empty", "image", "iframe")
    accepts = (None, "application/json")
    for values in itertools.product(sites, modes, dests, accepts):
        names = ("Sec_Fetch_Site", "Sec_Fetch_Mode", "Sec_Fetch_Dest", "Accept")
        headers = {n: v for n, v in zip(names, values, strict=True) if v is not None}
        for path in ("/", "/sessions", "/api/me"):
            answer = await thief.get(path, **headers)
            assert PERSONAL.search(answer.text) is None, (path, headers, answer.text)
    assert await site.sandbox.calls(PEOPLE_ME) == 0
    # And it kept the session alive for nobody.
    assert redis_server.client.pttl(record) <= 500_000
    assert (await ada.get("/api/me")).status == 200


async def test_every_page_and_address_is_closed_to_it(thief: Browser, site: Site) -> None:
    for path in PAGES:
        answer = await thief.get(path, Sec_Fetch_Site="same-origin", **NAVIGATION)
        if path == "/":
            assert ("Start OAuth flow", "/login") in answer.page.links
        else:
            where = f"{site.public_url}/login" if path == "/sessions" else "/login"
            assert (answer.status, answer.location.partition("?")[0]) == (303, where)
    for path in API:
        problem(await thief.get(path), 401, "not_signed_in")
    ours = {"X_Requested_With": "fetch", "Content_Type": "application/json"}
    for method, path in (("POST", "/api/space/messages"), ("POST", "/api/widget/token")):
        problem(await thief.send(method, path, headers=ours, data=b"{}"), 401, "not_signed_in")
    assert (await thief.post("/widget", {"markdown": "x"})).status == 303
    assert (await thief.post("/sessions/end", {"session": "others"})).status == 303


async def test_a_first_page_from_elsewhere_is_loaded_again_from_our_own_origin_once(
    ada: Browser,
) -> None:
    proof = ada.cookies.pop(BOUND)
    for path in PAGES:
        for where in ("cross-site", "same-site", "none"):
            assert loads_again(await ada.get(path, Sec_Fetch_Site=where, **NAVIGATION))
        # By now the browser has renewed the short cookie, or it has not.
        again = {"Sec_Fetch_Site": "same-origin", **NAVIGATION}
        assert not loads_again(await ada.get(path, **again))
        ada.cookies[BOUND] = proof
        assert (await ada.get(path, **again)).status in (200, 404, 503)
        del ada.cookies[BOUND]


async def test_a_form_is_never_loaded_again(thief: Browser) -> None:
    answer = await thief.send(
        "POST", "/widget", headers={"Sec_Fetch_Site": "none", **NAVIGATION}, data={"markdown": "x"}
    )
    assert answer.status == 303


async def test_who_could_not_renew_in_time_is_told_to_try_again_and_gets_nothing(
    thief: Browser,
) -> None:
    skipped = {"Secure_Session_Skipped": "server_error", "Sec_Fetch_Site": "same-origin"}
    for path in ("/", "/sessions"):
        page = await thief.get(path, **skipped, **NAVIGATION)
        failure_page(page, 503, "Your browser could not prove itself right now")
    answer = await thief.get("/api/me", **skipped)
    problem(answer, 503, "renewal_late")
    assert answer.headers["Retry-After"] == "5"


async def test_the_attempt_is_shown_to_the_person_and_on_no_other_session(
    site: Site, ada: Browser, thief: Browser
) -> None:
    unbound = await site.browser()
    await unbound.sign_in()
    assert "Bound to its device" in (await ada.get("/sessions")).page.text
    assert (await unbound.get("/sessions")).page.text.count("Bound to its device") == 1
    await thief.get("/api/me")

    async def noted() -> bool:
        return TRIED in (await unbound.get("/sessions")).page.text

    await eventually(noted)
    assert (await ada.get("/sessions")).page.text.count(TRIED) == 1


async def test_the_list_itself_notes_it_too(ada: Browser, thief: Browser) -> None:
    await thief.get("/sessions", Sec_Fetch_Site="same-origin", **NAVIGATION)
    assert TRIED in (await ada.get("/sessions")).page.text


def counted_tries() -> float:
    return REGISTRY.get_sample_value("session_bindings_total", {"outcome": "tried"}) or 0


async def test_it_is_noted_once_an_hour_and_for_nobody_who_follows_a_link(
    ada: Browser,
    thief: Browser,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = counted_tries()
    await thief.get("/sessions", Sec_Fetch_Site="cross-site", **NAVIGATION)
    assert redis_server.keys("binding:tried:*") == []
    caplog.set_level(logging.WARNING)
    for _ in range(3):
        await thief.get("/sessions", Sec_Fetch_Site="same-origin", **NAVIGATION)
    assert [record.msg for record in caplog.records].count("ticket_without_its_device") == 1
    later = time.time() + bindings.NOTE_SECONDS + 1
    monkeypatch.setattr(bindings, "time", SimpleNamespace(time=lambda: later))
    await thief.get("/sessions", Sec_Fetch_Site="same-origin", **NAVIGATION)
    assert [record.msg for record in caplog.records].count("ticket_without_its_device") == 2
    assert len(redis_server.keys("binding:tried:*")) == 1
    assert counted_tries() == before + 2
    await ada.post("/logout")
    assert redis_server.keys("binding:tried:*") == []


async def test_app_service_tells_of_it_at_most_once_a_minute(
    thief: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    async def tell(_: object, what: str, __: object) -> None:
        told.append(what)

    monkeypatch.setattr(auth_client.BehindClient, "_post", tell)
    for _ in range(3):
        await thief.get("/api/me")
    assert told == ["tried"]


async def test_a_bound_page_costs_redis_the_same_one_read(
    ada: Browser, thief: Browser, redis_server: RedisServer
) -> None:
    await ada.get("/")
    await ada.get("/")
    redis_server.forget_commands()
    assert (await ada.get("/")).status == 200
    assert redis_server.commands() == {"mget": 1}
    redis_server.forget_commands()
    assert loads_again(await thief.get("/", Sec_Fetch_Site="none", **NAVIGATION))
    assert redis_server.commands() == {"mget": 1}


async def test_another_sessions_short_cookie_opens_nothing(
    site: Site, ada: Browser, thief: Browser
) -> None:
    grace = await site.browser()
    await device_of(grace, "grace@example.com")
    thief.cookies[BOUND] = grace.cookies[BOUND]
    problem(await thief.get("/api/me"), 401, "not_signed_in")
    assert (await ada.get("/api/me")).status == 200


async def device_of(browser: Browser, email: str) -> None:
    assert (await Device().registers(browser, await browser.sign_in(email))).status == 200


async def test_a_renewal_that_arrives_after_the_sign_out_brings_nothing_back(
    ada: Browser,
) -> None:
    cookies = dict(ada.cookies)
    await ada.post("/logout")
    # The browser has the late answer's cookie, and somebody else the ticket.
    ada.cookies |= cookies
    problem(await ada.get("/api/me"), 401, "not_signed_in")


async def test_signing_out_and_ending_work_with_the_ticket_alone(
    ada: Browser, thief: Browser
) -> None:
    """They take away and give nothing; and a browser that lost its key must be able to."""
    await thief.post("/logout")
    problem(await ada.get("/api/me"), 401, "not_signed_in")


async def test_a_new_sign_in_of_the_same_browser_replaces_both(
    site: Site, ada: Browser, redis_server: RedisServer
) -> None:
    former = dict(ada.cookies)
    device = Device()
    await device.registers(ada, await ada.sign_in())
    assert (await ada.get("/api/me")).status == 200
    assert len(redis_server.keys("session:*")) == 1
    assert len(redis_server.keys("binding:{*")) == 1
    assert former[BOUND] != ada.cookies[BOUND]
    old = await site.browser()
    old.cookies |= former
    problem(await old.get("/api/me"), 401, "not_signed_in")


async def test_more_permissions_are_asked_for_without_telling_a_thief_which_there_are(
    ada: Browser, thief: Browser
) -> None:
    await device_of_more(ada)
    thief.cookies[thief.session_name] = ada.session_cookie or ""
    asked = (await ada.start(scope="spark:memberships_read")).location
    assert "rooms_read" in asked
    guessed = (await thief.start(scope="spark:memberships_read")).location
    assert "rooms_read" not in guessed


async def device_of_more(browser: Browser) -> None:
    answer = await browser.sign_in(scope="spark:rooms_read")
    assert (await Device().registers(browser, answer)).status == 200


async def test_where_it_is_required_whoever_is_not_bound_is_told_so(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = await make_site(**{**HTTPS, "BOUND_SESSIONS": "required"})
    unbound, bound = await site.browser(), await site.browser()
    await unbound.sign_in()
    await binds(bound, Device())
    assert (await unbound.get("/")).status == 200
    monkeypatch.setattr(bound_cookie, "UNBOUND_SECONDS", 0)
    for path in ("/", "/spaces", "/sessions"):
        page = failure_page(await unbound.get(path), 403, "Your browser cannot bind your session")
        assert page.way_on == ("Start OAuth flow again", "/login")
    problem(await unbound.get("/api/me"), 403, "not_bound")
    assert (await bound.get("/api/me")).status == 200
