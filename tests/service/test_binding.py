"""Binding a session to its device's key (auth_service/binding): what a browser sends, what it is answered."""

import re
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from auth_service.binding import challenges
from common.sessions.keys import binding_key, lease_key, session_key, tried_key
from common.sessions.lifetime import Lifetime
from common.sessions.reader import SessionReader
from common.sessions.record import Session
from common.sessions.sealing import Sealer
from common.sessions.ticket import Ticket
from common.settings.redis import RedisCredentials
from common.store.access import open_redis
from harness.browser_like import Answer, Browser
from harness.device import Device
from harness.redis_server import PASSWORD, RedisServer
from harness.sandbox_control import REVOKE
from harness.site import HTTPS, Site
from tests.conftest import MakeSite
from tests.failure_answers import problem

BOUND = "__Host-bound"
OFFER = "Secure-Session-Registration"
CHALLENGE = "Secure-Session-Challenge"
ASKS_FOR_JSON = {"Accept": "application/json"}


@pytest.fixture
async def site(make_site: MakeSite) -> Site:
    return await make_site(**HTTPS)


@pytest.fixture
async def browser(site: Site) -> Browser:
    return await site.browser()


@pytest.fixture
def device() -> Device:
    return Device()


async def binds(browser: Browser, device: Device) -> Answer:
    """Sign in, and take up the offer that is in the answer."""
    answer = await device.registers(browser, await browser.sign_in())
    assert answer.status == 200, answer.text
    return answer


def ticket_of(browser: Browser) -> Ticket:
    ticket = Ticket.parse(browser.session_cookie)
    assert ticket is not None
    return ticket


async def record_of(site: Site, redis: RedisServer, browser: Browser) -> Session | None:
    """Open the browser's record as auth_service does."""
    sealer = Sealer(site.environment["SESSION_KEYS"].split())
    access = open_redis(redis.url, RedisCredentials(username="auth_service", password=PASSWORD))
    try:
        return await SessionReader(access, sealer, idle_seconds=600).load(ticket_of(browser))
    finally:
        await access.close()


def is_asked_again(answer: Answer) -> bool:
    return answer.status == 403 and CHALLENGE in answer.headers and answer.cookies == []


def is_over(answer: Answer) -> bool:
    told = answer.json() if answer.status == 200 else {}
    # Without the name Chromium takes it for a broken answer, and forgets the key for that.
    return told.get("continue") is False and len(told["session_identifier"]) == 22


def is_renewed(answer: Answer) -> bool:
    return answer.status == 200 and [cookie.name for cookie in answer.cookies] == [BOUND]


async def test_the_answer_that_gives_a_session_asks_for_a_key_over_https(browser: Browser) -> None:
    start = await browser.start()
    assert OFFER not in start.headers
    answer = await browser.get(await browser.at_webex(start.location))
    assert re.fullmatch(
        r'\(ES256 RS256\);path="/binding";challenge="[\w-]{100,200}"', answer.headers[OFFER]
    )


@pytest.mark.parametrize("settings", [{}, {**HTTPS, "BOUND_SESSIONS": "off"}], ids=["http", "off"])
async def test_elsewhere_nothing_is_asked(make_site: MakeSite, settings: dict[str, str]) -> None:
    browser = await (await make_site(**settings)).browser()
    answer = await browser.sign_in()
    assert OFFER not in answer.headers
    assert (await browser.get("/api/me")).status == 200


async def test_a_browser_that_passes_the_offer_over_is_served_as_ever(
    browser: Browser, redis_server: RedisServer
) -> None:
    await browser.sign_in()
    assert (await browser.get("/api/me")).status == 200
    assert redis_server.keys("binding:*") == []


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
async def test_a_key_is_registered_without_any_cookie_and_the_answer_says_what_to_renew(
    browser: Browser, algorithm: str
) -> None:
    device = Device(algorithm)
    answer = await binds(browser, device)
    [cookie] = answer.cookies
    assert (cookie.name, cookie.attributes["max-age"]) == (BOUND, "600")
    told = answer.json()
    [credential] = told.pop("credentials")
    # What differs from the cookie's own attributes is renewed at every request.
    set_cookie = answer.headers["Set-Cookie"].split("; ")
    attributes = {part for part in set_cookie[1:] if not part.startswith("Max-Age")}
    assert credential == {
        "type": "cookie",
        "name": BOUND,
        "attributes": "; ".join(part for part in set_cookie[1:] if part in attributes),
    }
    assert told.pop("session_identifier") == device.session
    excluded = [rule["path"] for rule in told["scope"].pop("scope_specification")]
    assert excluded == ["/static/", "/oauth", "/logout", "/landing"]
    assert told == {"refresh_url": "/binding/renewal", "scope": {"include_site": False}}
    assert is_renewed(await device.renews(browser))


async def test_both_spellings_of_the_protocols_headers_are_taken(
    browser: Browser, device: Device
) -> None:
    """The draft has them in quotation marks, Chromium does not."""
    await binds(browser, device)
    for session in (device.session, f'"{device.session}"'):
        for quoted in ("{}", '"{}"'):
            proof = quoted.format(device.proof(device.challenge))
            answer = await device.sends(
                browser, device.renewal, proof, Sec_Secure_Session_Id=session
            )
            assert is_renewed(answer)
            device.challenge = answer.headers[CHALLENGE].split('"')[1]


async def test_a_renewal_without_a_proof_is_told_what_to_sign(
    browser: Browser, device: Device
) -> None:
    await binds(browser, device)
    former = device.challenge
    assert is_asked_again(await device.asks(browser))
    assert device.challenge != former
    assert is_renewed(await device.renews(browser))


async def test_a_lost_answer_costs_a_round_trip_and_no_more(
    browser: Browser, device: Device, redis_server: RedisServer
) -> None:
    await binds(browser, device)
    proof = device.proof(device.challenge)
    assert is_renewed(await device.renews(browser, proof))
    for _ in range(3):
        assert is_asked_again(await device.renews(browser, proof))
    assert is_renewed(await device.renews(browser))
    assert len(redis_server.keys("session:*")) == 1


async def test_a_late_challenge_is_replaced(
    browser: Browser, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    await binds(browser, device)
    later = time.time() + challenges.VALID_SECONDS + 1
    monkeypatch.setattr(challenges, "time", SimpleNamespace(time=lambda: later))
    assert is_asked_again(await device.renews(browser))
    assert is_renewed(await device.renews(browser))


async def test_a_challenge_of_another_session_or_of_nobody_is_replaced(
    site: Site, browser: Browser, device: Device
) -> None:
    await binds(browser, device)
    other, others = await site.browser(), Device()
    offered = await other.sign_in("grace@example.com")
    await others.registers(other, offered)
    first = offered.headers[OFFER].split('"')[3]
    for foreign in (others.challenge, first, "", "AAAA", "\u00e4"):
        answer = await device.renews(browser, device.proof(foreign))
        assert is_asked_again(answer), foreign
    assert is_renewed(await device.renews(browser))


async def test_another_key_renews_nothing_and_ends_nothing(
    browser: Browser, device: Device
) -> None:
    await binds(browser, device)
    thief = Device()
    for proof in (thief.proof(device.challenge), thief.first_proof(device.challenge), "a.b.c", ""):
        answer = await device.sends(
            browser,
            device.renewal,
            proof,
            Sec_Secure_Session_Id=device.session,
            **ASKS_FOR_JSON,
        )
        problem(answer, 400, "not_a_proof")
        assert answer.cookies == []
    assert is_renewed(await device.renews(browser))


async def test_a_name_that_is_none_is_refused_and_an_unknown_one_is_over(
    browser: Browser, device: Device, redis_server: RedisServer
) -> None:
    await binds(browser, device)
    redis_server.forget_commands()
    for odd in ("", "x", "A" * 21, "A" * 23, "*", "%00", f"{device.session}=", "B" * 4000):
        answer = await device.sends(
            browser, device.renewal, None, Sec_Secure_Session_Id=odd, **ASKS_FOR_JSON
        )
        problem(answer, 400, "not_a_proof")
    assert redis_server.commands().total() == 0
    device.session = "A" * 22
    assert is_over(await device.sends(
        browser, device.renewal, device.proof("x"), Sec_Secure_Session_Id=device.session
    ))  # fmt: skip


async def test_who_asks_for_a_challenge_costs_redis_nothing(
    browser: Browser, device: Device, redis_server: RedisServer
) -> None:
    await binds(browser, device)
    redis_server.forget_commands()
    assert is_asked_again(await device.asks(browser))
    assert redis_server.commands().total() == 0


async def test_the_same_key_registered_twice_is_the_same_binding(
    browser: Browser, device: Device, redis_server: RedisServer
) -> None:
    """The first answer was lost."""
    signed_in = await browser.sign_in()
    for _ in range(2):
        assert (await device.registers(browser, signed_in)).status == 200
    assert len(redis_server.keys("session:*")) == 1
    assert is_renewed(await device.renews(browser))


async def test_a_second_key_for_a_session_ends_it_here_and_at_webex(
    site: Site, browser: Browser, device: Device, redis_server: RedisServer
) -> None:
    signed_in = await browser.sign_in()
    await device.registers(browser, signed_in)
    answer = await Device().registers(browser, signed_in)
    assert (answer.status, answer.cookies) == (400, [])
    assert redis_server.keys("session:*") == redis_server.keys("binding:{*") == []
    assert await site.sandbox.calls(REVOKE) == 2
    assert (await browser.get("/api/me")).status == 401
    assert is_over(await device.renews(browser))


async def test_an_offer_is_over_after_a_minute(
    browser: Browser, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in = await browser.sign_in()
    later = time.time() + challenges.OFFER_SECONDS + 1
    monkeypatch.setattr(challenges, "time", SimpleNamespace(time=lambda: later))
    assert (await device.registers(browser, signed_in)).status == 400
    assert (await browser.get("/api/me")).status == 200


async def test_an_offer_of_a_session_that_has_ended_binds_nothing(
    browser: Browser, device: Device, redis_server: RedisServer
) -> None:
    signed_in = await browser.sign_in()
    await browser.post("/logout")
    answer = await device.registers(browser, signed_in)
    assert (answer.status, answer.cookies) == (400, [])
    assert redis_server.keys("binding:*") == []


async def test_what_is_no_first_proof_registers_nothing(
    browser: Browser, device: Device, redis_server: RedisServer
) -> None:
    signed_in = await browser.sign_in()
    challenge = signed_in.headers[OFFER].split('"')[3]
    for proof in (device.proof(challenge), device.first_proof("x"), "a.b.c", "", None):
        answer = await device.sends(browser, "/binding", proof, **ASKS_FOR_JSON)
        assert (answer.status, answer.cookies) == (400, []), proof
    assert redis_server.keys("binding:*") == []


async def test_while_the_session_is_refreshed_it_is_not_bound_and_says_try_later(
    browser: Browser, device: Device, redis_server: RedisServer
) -> None:
    signed_in = await browser.sign_in()
    lease = lease_key(ticket_of(browser).handle)
    redis_server.client.set(lease, b"a refresh", px=60_000)
    answer = await device.registers(browser, signed_in)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    redis_server.client.delete(lease)
    assert (await device.registers(browser, signed_in)).status == 200


async def test_an_ended_session_is_not_renewed_however_it_ended(
    site: Site, device: Device, redis_server: RedisServer
) -> None:
    for way in ("sign-out", "from elsewhere", "idle"):
        browser, other = await site.browser(), await site.browser()
        await binds(browser, device)
        kept = dict(browser.cookies)
        if way == "sign-out":
            await browser.post("/logout")
            assert browser.cookies == {}
        elif way == "from elsewhere":
            await other.sign_in()
            await other.post("/sessions/end", {"session": "others"})
            assert redis_server.keys("binding:{*") == []
        else:
            redis_server.client.delete(session_key(ticket_of(browser).handle))
        browser.cookies |= kept
        answer = await device.renews(browser)
        assert is_over(answer), way
        assert [(c.name, c.deletes) for c in answer.cookies] == [(BOUND, True)]
        assert (await browser.get("/api/me")).status == 401


async def test_a_binding_ends_with_its_session_to_the_millisecond(
    site: Site, browser: Browser, device: Device, redis_server: RedisServer
) -> None:
    await binds(browser, device)
    handle = ticket_of(browser).handle
    keys = (session_key(handle), binding_key(handle))

    def ends() -> set[int]:
        return {redis_server.client.pexpiretime(key) for key in keys}

    assert len(before := ends()) == 1
    record = await record_of(site, redis_server, browser)
    assert record is not None
    access = open_redis(
        redis_server.url, RedisCredentials(username="app_service", password=PASSWORD)
    )
    await Lifetime(access, 40_000).prolong(handle, record)
    await access.close()
    assert len(after := ends()) == 1
    assert max(after) > max(before)


async def test_a_key_that_comes_before_the_browser_has_shown_its_session_outlives_its_first_minute(
    site: Site, browser: Browser, device: Device, redis_server: RedisServer
) -> None:
    """The landing may have read the session before it was bound, and moves the session's end alone."""
    browser.lands = False
    answer = await browser.sign_in()
    record = await record_of(site, redis_server, browser)
    assert record
    assert not record.bound_at
    assert (await device.registers(browser, answer)).status == 200
    access = open_redis(
        redis_server.url, RedisCredentials(username="app_service", password=PASSWORD)
    )
    await Lifetime(access, 8 * 3600).prolong(ticket_of(browser).handle, record)
    await access.close()
    left = redis_server.client.pttl(binding_key(ticket_of(browser).handle))
    assert left > 7 * 3600 * 1000


async def test_a_refresh_and_a_new_key_of_the_servers_leave_it_bound(
    make_site: MakeSite, device: Device, redis_server: RedisServer
) -> None:
    site = await make_site(**HTTPS)
    browser = await site.browser()
    await binds(browser, device)
    await site.sandbox.expire_tokens(access=True)
    for key in redis_server.keys("cache:*"):
        redis_server.client.delete(key)
    assert (await browser.get("/api/me")).status == 200
    record = await record_of(site, redis_server, browser)
    assert record
    assert record.bound_at
    assert record.revision
    rotated = await make_site(
        PUBLIC_URL=site.public_url,
        SESSION_KEYS=f"another-{HTTPS['SESSION_KEYS']} {HTTPS['SESSION_KEYS']}",
    )
    browser.route = rotated.route
    ends = redis_server.client.pexpiretime(binding_key(ticket_of(browser).handle))
    assert is_renewed(await device.renews(browser))
    assert redis_server.client.pexpiretime(binding_key(ticket_of(browser).handle)) == ends
    assert (await browser.get("/")).status == 200
    # What the renewal has sealed anew needs the old key no more.
    newest = await make_site(
        PUBLIC_URL=site.public_url, SESSION_KEYS=f"another-{HTTPS['SESSION_KEYS']}"
    )
    browser.route = newest.route
    assert is_asked_again(await device.asks(browser))
    assert is_renewed(await device.renews(browser))


async def test_a_replica_that_does_not_know_the_new_key_yet_keeps_everything(
    make_site: MakeSite, device: Device
) -> None:
    former = await make_site(**HTTPS)
    updated = await make_site(
        PUBLIC_URL=former.public_url,
        SESSION_KEYS=f"another-{HTTPS['SESSION_KEYS']} {HTTPS['SESSION_KEYS']}",
    )
    browser = await updated.browser()
    signed_in = await browser.sign_in()
    browser.route = former.route
    assert (await device.registers(browser, signed_in)).status == 503
    browser.route = updated.route
    assert (await device.registers(browser, signed_in)).status == 200
    browser.route = former.route
    assert (await device.renews(browser)).status == 503
    browser.route = updated.route
    assert is_renewed(await device.renews(browser))


async def test_the_mark_that_a_former_release_drops_comes_back_with_the_next_renewal(
    site: Site, browser: Browser, device: Device, redis_server: RedisServer
) -> None:
    await binds(browser, device)
    record = await record_of(site, redis_server, browser)
    assert record is not None
    sealer, ticket = Sealer(site.environment["SESSION_KEYS"].split()), ticket_of(browser)
    former = sealer.seal(
        replace(record, bound_at=0).to_bytes(),
        purpose="session",
        place=session_key(ticket.handle),
        secret=ticket.secret,
    )
    redis_server.client.set(session_key(ticket.handle), former, keepttl=True)
    cookies = f"{browser.session_name}={ticket.cookie}"
    proof = device.proof(device.challenge)
    answer = await device.sends(
        browser, device.renewal, proof, cookies=cookies, Sec_Secure_Session_Id=device.session
    )
    assert is_renewed(answer)
    marked = await record_of(site, redis_server, browser)
    assert marked
    assert marked.bound_at


async def test_a_redis_that_is_away_costs_nobody_their_key(
    make_site: MakeSite, own_redis: RedisServer, device: Device
) -> None:
    browser = await (await make_site(redis=own_redis, **HTTPS)).browser()
    signed_in = await browser.sign_in()
    own_redis.stop()
    assert (await device.registers(browser, signed_in)).status == 503
    own_redis.start()
    await binds(browser, device)
    own_redis.stop()
    assert (await device.renews(browser)).status == 503
    own_redis.start()
    assert (await device.renews(browser)).status in (200, 403)
    assert (await device.renews(browser)).status == 200


async def test_switched_off_a_browser_is_told_to_forget_its_key_and_stays_signed_in(
    make_site: MakeSite, device: Device
) -> None:
    site = await make_site(**HTTPS)
    browser = await site.browser()
    await binds(browser, device)
    await browser.get("/")
    off = await make_site(**{**HTTPS, "BOUND_SESSIONS": "off"})
    browser.route = off.route
    assert is_over(await device.renews(browser))
    assert BOUND not in browser.cookies
    assert (await browser.get("/api/me")).status == 200


async def test_a_callback_that_was_sent_twice_offers_once(browser: Browser) -> None:
    callback = await browser.at_webex((await browser.start()).location)
    pending = dict(browser.cookies)
    offers = [OFFER in (await browser.get(callback)).headers]
    browser.cookies.clear()
    browser.cookies |= pending
    again = await browser.get(callback)
    assert again.status == 303
    assert browser.session_cookie
    assert [*offers, OFFER in again.headers] == [True, False]


async def test_redis_learns_nothing_from_what_is_kept(
    browser: Browser, device: Device, redis_server: RedisServer
) -> None:
    await binds(browser, device)
    await device.renews(browser)
    kept = b"".join(name.encode() + value for name, value in redis_server.dump().items())
    told = (device.session, device.challenge, browser.cookies[BOUND], *device.jwk.values())
    assert [value for value in told if value.encode() in kept and len(value) > 6] == []
    assert redis_server.keys(tried_key("*")) == []
