"""The refresh: one call to Webex per session, and no session that a race loses or brings back."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, cast

import aiohttp
import pytest

from app_service.visitor import with_token
from auth_service.sessions import lease, refresh
from auth_service.sessions.refresh import Refresher
from auth_service.sessions.writer import SessionWriter
from common.sessions.keys import asking_key, lease_key, session_key
from common.sessions.record import Session
from common.sessions.sealing import Sealer
from common.sessions.ticket import Ticket
from common.webex import retry_after
from common.webex.unreachable import Why
from harness.browser_like import Browser
from harness.eventually import eventually
from harness.redis_server import RedisServer
from harness.sandbox_control import EXCHANGE, REVOKE, SandboxControl
from harness.site import SESSION_KEY, Site
from tests.conftest import MakeSite
from webex_sandbox import faults


@pytest.fixture(params=["rotating", "same", "sticky", "absent"])
def make_site(make_site: MakeSite, request: pytest.FixtureRequest) -> MakeSite:
    """Whatever Webex does with refresh tokens, everything here holds; a test may say more."""

    async def make(**settings: Any) -> Site:
        site = await make_site(**settings)
        await site.sandbox.policy(refresh_mode=request.param)
        return site

    return make


@pytest.fixture
async def two_replicas(make_site: MakeSite) -> Site:
    return await make_site(replicas=2)


@pytest.fixture
async def ada(two_replicas: Site) -> Browser:
    browser = await two_replicas.browser()
    await browser.sign_in()
    return browser


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def spaced_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """After trouble nobody asks Webex again as long as a test takes, on however busy a machine."""
    for module, name in ((refresh, "SPACING_SECONDS"), (retry_after, "DEFAULT_SECONDS")):
        monkeypatch.setattr(module, name, 60)


@pytest.fixture
def webex_goes_on(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """What Webex delays waits for this, however long it takes a busy machine."""
    go_on = asyncio.Event()

    async def held(seconds: float) -> None:
        if seconds:
            await go_on.wait()

    monkeypatch.setattr(faults, "sleep", held)
    return go_on


async def _expire(site: Site, redis: RedisServer) -> None:
    """End the access token at Webex, and forget whom it was asked for."""
    await site.sandbox.expire_tokens(access=True)
    for key in redis.keys("cache:*"):
        redis.client.delete(key)
    await site.sandbox.forget_calls()


async def _refreshing(sandbox: SandboxControl) -> None:
    async def asked() -> bool:
        return await sandbox.calls(EXCHANGE) > 0

    await eventually(asked)


def _session(browser: Browser, redis: RedisServer) -> Session | None:
    """Open the record as the services do."""
    ticket = _ticket(browser)
    place = session_key(ticket.handle)
    sealed = cast("bytes | None", redis.client.get(place))
    if sealed is None:
        return None
    plain = Sealer([SESSION_KEY]).open(sealed, purpose="session", place=place, secret=ticket.secret)
    return Session.from_bytes(plain)


def _ticket(browser: Browser) -> Ticket:
    ticket = Ticket.parse(browser.session_cookie)
    assert ticket is not None
    return ticket


async def _ask(http: aiohttp.ClientSession, auth_url: str, ticket: Ticket, seen: int = 0) -> int:
    body = {"ticket": ticket.cookie, "seen": seen}
    async with http.post(f"{auth_url}/internal/refresh", json=body) as answer:
        return answer.status


async def test_a_hundred_requests_on_two_replicas_cost_one_refresh(
    two_replicas: Site, ada: Browser, redis_server: RedisServer
) -> None:
    await two_replicas.sandbox.policy(refresh_mode="rotating")
    await two_replicas.sandbox.fault(EXCHANGE, delay=0.5)
    await _expire(two_replicas, redis_server)
    answers = await asyncio.gather(*(ada.get("/api/me") for _ in range(100)))
    assert {answer.status for answer in answers} == {200}
    assert await two_replicas.sandbox.calls(EXCHANGE) == 1


async def test_replicas_asked_at_once_share_one_refresh(
    two_replicas: Site, ada: Browser, http: aiohttp.ClientSession
) -> None:
    await two_replicas.sandbox.policy(refresh_mode="rotating")
    await two_replicas.sandbox.forget_calls()
    await two_replicas.sandbox.fault(EXCHANGE, delay=0.5)
    urls = two_replicas.auth_urls * 20
    statuses = await asyncio.gather(*(_ask(http, url, _ticket(ada)) for url in urls))
    assert set(statuses) == {200}
    assert await two_replicas.sandbox.calls(EXCHANGE) == 1


async def test_who_has_seen_the_refresh_under_way_gets_a_newer_one(
    two_replicas: Site, ada: Browser, http: aiohttp.ClientSession
) -> None:
    await two_replicas.sandbox.forget_calls()
    await two_replicas.sandbox.fault(EXCHANGE, delay=0.3)
    url = two_replicas.auth_urls[0]
    statuses = await asyncio.gather(*(_ask(http, url, _ticket(ada), seen) for seen in (0, 1, 0, 1)))
    assert set(statuses) == {200}
    assert await two_replicas.sandbox.calls(EXCHANGE) == 2


async def test_a_webex_slower_than_the_lease_is_still_asked_once(
    two_replicas: Site,
    ada: Browser,
    http: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lease, "LEASE_MS", 300)
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.05)
    await two_replicas.sandbox.forget_calls()
    await two_replicas.sandbox.fault(EXCHANGE, delay=1.2)
    statuses = await asyncio.gather(
        *(_ask(http, url, _ticket(ada)) for url in two_replicas.auth_urls * 5)
    )
    assert set(statuses) == {200}
    assert await two_replicas.sandbox.calls(EXCHANGE) == 1


async def test_a_killed_holder_is_replaced_when_its_lease_ends(
    two_replicas: Site, ada: Browser, redis_server: RedisServer, http: aiohttp.ClientSession
) -> None:
    redis_server.client.set(f"lease:{_ticket(ada).handle}", "a holder that is dead", px=400)
    assert await _ask(http, two_replicas.auth_urls[0], _ticket(ada)) == 200


async def test_who_has_lost_their_lease_is_not_asked_over_and_their_token_is_the_one_that_counts(
    two_replicas: Site,
    ada: Browser,
    redis_server: RedisServer,
    http: aiohttp.ClientSession,
    webex_goes_on: asyncio.Event,
) -> None:
    """Webex is slow and rotates; meanwhile the lease is gone, as after an outage of Redis."""
    await two_replicas.sandbox.policy(refresh_mode="rotating")
    await two_replicas.sandbox.forget_calls()
    await two_replicas.sandbox.fault(EXCHANGE, delay=1.0)
    handle = _ticket(ada).handle
    holder = asyncio.create_task(_ask(http, two_replicas.auth_urls[0], _ticket(ada)))

    async def asking() -> bool:
        return bool(redis_server.keys("lease:asking:*"))

    await eventually(asking)
    redis_server.client.delete(f"lease:{handle}")
    assert await _ask(http, two_replicas.auth_urls[1], _ticket(ada)) == 503
    webex_goes_on.set()
    assert await holder == 200
    assert await two_replicas.sandbox.calls(EXCHANGE) == 1
    assert redis_server.keys("lease:asking:*") == []
    assert (await ada.get("/api/me")).status == 200


async def test_after_a_holder_that_was_killed_while_it_asked_others_wait_until_its_mark_is_over(
    two_replicas: Site, ada: Browser, redis_server: RedisServer, http: aiohttp.ClientSession
) -> None:
    mark = asking_key(_ticket(ada).handle)
    redis_server.client.set(mark, "a holder that is dead", ex=60)
    assert await _ask(http, two_replicas.auth_urls[0], _ticket(ada)) == 503
    assert (await ada.get("/api/me")).status == 200
    redis_server.client.pexpire(mark, 1)

    async def renewed() -> bool:
        return await _ask(http, two_replicas.auth_urls[0], _ticket(ada)) == 200

    await eventually(renewed)


async def test_a_refresh_answer_without_refresh_token_keeps_the_old_one(
    two_replicas: Site, ada: Browser, redis_server: RedisServer
) -> None:
    before = _session(ada, redis_server)
    await two_replicas.sandbox.policy(refresh_mode="absent")
    await _expire(two_replicas, redis_server)
    assert (await ada.get("/api/me")).status == 200
    after = _session(ada, redis_server)
    assert before
    assert after
    assert after.tokens.refresh_token == before.tokens.refresh_token
    assert after.tokens.access_token != before.tokens.access_token


async def test_only_an_access_token_is_enough_and_scopes_stay(
    two_replicas: Site, ada: Browser, redis_server: RedisServer
) -> None:
    before = _session(ada, redis_server)
    omitted = ["expires_in", "refresh_token", "refresh_token_expires_in", "scope", "token_type"]
    await two_replicas.sandbox.policy(omit=omitted)
    await _expire(two_replicas, redis_server)
    assert (await ada.get("/api/me")).status == 200
    after = _session(ada, redis_server)
    assert before
    assert after
    assert after.tokens.scopes == before.tokens.scopes
    assert after.tokens.access_ends_at is None


async def test_a_refresh_does_not_extend_the_absolute_limit(
    two_replicas: Site, ada: Browser, redis_server: RedisServer
) -> None:
    before = _session(ada, redis_server)
    await _expire(two_replicas, redis_server)
    await ada.get("/api/me")
    after = _session(ada, redis_server)
    assert before
    assert after
    assert (after.ends_at, after.signed_in_at) == (before.ends_at, before.signed_in_at)
    assert after.revision == before.revision + 1


async def test_the_same_token_again_is_no_loop(
    two_replicas: Site, ada: Browser, redis_server: RedisServer
) -> None:
    await two_replicas.sandbox.policy(refresh_mode="sticky")
    await two_replicas.sandbox.fault("GET /v1/people/me", status=401)
    await _expire(two_replicas, redis_server)
    answer = await ada.get("/")
    assert answer.status == 401
    assert answer.page.heading == "Webex does not accept this sign-in any more"
    assert await two_replicas.sandbox.calls(EXCHANGE) == 1
    assert await two_replicas.sandbox.calls("GET /v1/people/me") == 2


async def test_invalid_grant_ends_the_session_once_and_cleanly(
    two_replicas: Site, ada: Browser, redis_server: RedisServer
) -> None:
    await two_replicas.sandbox.policy(refresh_mode="expired")
    await _expire(two_replicas, redis_server)
    answers = await asyncio.gather(*(ada.get("/api/me") for _ in range(20)))
    assert {answer.status for answer in answers} == {401}
    assert await two_replicas.sandbox.calls(EXCHANGE) == 1
    for pattern in (
        "session:*",
        "cache:*",
        "lease:*",
        "pause:*",
        "successor:*",
        "refreshed:*",
        "person:*",
    ):
        # That a record was written once is remembered for ten seconds.
        left = [key for key in redis_server.keys(pattern) if not key.startswith("lease:born:")]
        assert left == []


@pytest.mark.parametrize(
    "body",
    [
        {"error": "invalid_grant", "error_description": "x"},
        {"message": "x", "errors": [{"description": "x"}], "trackingId": "X_1"},
    ],
    ids=["RFC 6749", "Webex"],
)
async def test_either_way_of_saying_that_the_grant_is_over_ends_the_session(
    two_replicas: Site, ada: Browser, redis_server: RedisServer, body: dict[str, Any]
) -> None:
    await _expire(two_replicas, redis_server)
    await two_replicas.sandbox.fault(EXCHANGE, status=400, body=json.dumps(body))
    assert (await ada.get("/api/me")).status == 401
    assert redis_server.keys("session:*") == []


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 502, "body": "<html>Bad gateway</html>", "content_type": "text/html"},
        {"status": 429, "headers": {"Retry-After": "rand(30),add(30)"}},
        {"cut": "before"},
        {"status": 401},
        {"status": 400, "body": '{"error": "temporarily_unavailable"}'},
        {"status": 400, "body": '{"error": "slow_down", "error_description": "later"}'},
        {"status": 400, "body": '{"error": ["invalid_grant"]}'},
        {"status": 400, "body": '{"message": "Bad Request"}'},
        {"status": 400, "body": '{"message": "Bad Request", "errors": [], "trackingId": "X_1"}'},
        {
            "status": 403,
            "body": '{"message": "x", "errors": [{"description": "x"}], "trackingId": "X"}',
        },
    ],
    ids=[
        *("500", "html", "429-broken", "cut", "wrong-secret"),
        *("400-unavailable", "400-unknown", "400-odd", "400-message", "400-no-errors", "403"),
    ],
)
@pytest.mark.usefixtures("spaced_for_long")
async def test_trouble_at_webex_keeps_the_session_and_spaces_the_calls(
    two_replicas: Site, ada: Browser, redis_server: RedisServer, fault: dict[str, Any]
) -> None:
    await _expire(two_replicas, redis_server)
    await two_replicas.sandbox.fault(EXCHANGE, **fault)
    answers = [await ada.get("/api/me") for _ in range(6)]
    assert {answer.status for answer in answers} == {503}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers)
    assert not any(answer.cookies for answer in answers)
    assert await two_replicas.sandbox.calls(EXCHANGE) == 1
    assert _session(ada, redis_server)


async def test_why_webex_was_not_reached_is_said_as_long_as_it_is_not_asked_again(
    two_replicas: Site, ada: Browser, redis_server: RedisServer
) -> None:
    await _expire(two_replicas, redis_server)
    await two_replicas.sandbox.fault(EXCHANGE, cut="before")
    for _ in range(4):
        problem = (await ada.get("/api/me")).json()
        assert (problem["code"], problem["why"]) == ("refresh_later", Why.RESET.word)
        page = (await ada.get("/")).page
        assert page.heading == "Your sign-in cannot be renewed right now"
        assert Why.RESET.what_to_check in page.text
    assert await two_replicas.sandbox.calls(EXCHANGE) == 1


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 429}, {"delay": 30}], ids=["500", "429", "timeout"]
)
@pytest.mark.usefixtures("spaced_for_long")
async def test_while_the_access_token_is_valid_trouble_at_webex_costs_nobody_a_page(
    make_site: MakeSite,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any],
) -> None:
    site = await make_site(replicas=2, WEBEX_TIMEOUT_SECONDS="1")
    browser = await site.browser()
    await browser.sign_in()
    await site.sandbox.forget_calls()
    await site.sandbox.fault(EXCHANGE, **fault)
    monkeypatch.setattr(with_token, "ends_soon", lambda _: True)

    async def is_spaced() -> bool:
        """Ask Webex for the person each time, so that the token is needed."""
        for key in redis_server.keys("cache:*"):
            redis_server.client.delete(key)
        assert (await browser.get("/api/me")).status == 200
        return bool(redis_server.keys("pause:*"))

    await eventually(is_spaced)
    for _ in range(6):
        assert await is_spaced()
    assert await site.sandbox.calls(EXCHANGE) == 1
    assert _session(browser, redis_server)


@pytest.mark.parametrize("lifetime", [0, -5, "soon", "1e9", 10**15, True, [], None, 0.5], ids=repr)
async def test_a_lifetime_that_makes_no_sense_ends_no_session(
    two_replicas: Site,
    ada: Browser,
    redis_server: RedisServer,
    http: aiohttp.ClientSession,
    lifetime: object,
) -> None:
    before = _session(ada, redis_server)
    odd = {"expires_in": lifetime, "refresh_token_expires_in": lifetime}
    body = json.dumps({"access_token": "insecure-new-token", **odd})
    await two_replicas.sandbox.fault(EXCHANGE, status=200, body=body)
    assert await _ask(http, two_replicas.auth_urls[0], _ticket(ada)) == 200
    after = _session(ada, redis_server)
    assert before
    assert after
    assert after.tokens.access_token == "insecure-new-token"
    assert after.tokens.refresh_token == before.tokens.refresh_token
    assert after.ends_at == before.ends_at
    assert after.tokens.access_ends_at is None or lifetime == 0.5


async def test_after_the_trouble_the_same_cookie_works_again(
    two_replicas: Site, ada: Browser, redis_server: RedisServer
) -> None:
    await _expire(two_replicas, redis_server)
    await two_replicas.sandbox.fault(EXCHANGE, status=503, headers={"Retry-After": "1"})
    assert (await ada.get("/api/me")).status == 503
    await two_replicas.sandbox.lift_faults()

    async def greeted() -> bool:
        return (await ada.get("/api/me")).status == 200

    await eventually(greeted)


async def test_a_sign_out_during_a_refresh_wins(
    two_replicas: Site,
    ada: Browser,
    redis_server: RedisServer,
    http: aiohttp.ClientSession,
    webex_goes_on: asyncio.Event,
) -> None:
    ticket = _ticket(ada)
    await two_replicas.sandbox.forget_calls()
    await two_replicas.sandbox.policy(refresh_mode="rotating")
    await two_replicas.sandbox.fault(EXCHANGE, delay=0.5, after_handling=True)
    refresh = asyncio.create_task(_ask(http, two_replicas.auth_urls[0], ticket))
    await _refreshing(two_replicas.sandbox)
    assert (await ada.post("/logout")).status == 303
    webex_goes_on.set()
    assert await refresh == 401
    assert redis_server.keys("session:*") == []
    assert await two_replicas.sandbox.calls(REVOKE) == 4
    issued = (await two_replicas.sandbox.confidential())["access_token"][-1]
    bearer = {"Authorization": f"Bearer {issued}"}
    async with http.get(f"{two_replicas.sandbox.url}/v1/people/me", headers=bearer) as answer:
        assert answer.status == 401


async def test_a_refresh_that_is_written_while_somebody_signs_out_leaves_no_token_alive(
    two_replicas: Site,
    ada: Browser,
    http: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between the sign-out's look at the record and its end there is a moment."""
    url, ticket = two_replicas.auth_urls[1], _ticket(ada)
    await two_replicas.sandbox.policy(refresh_mode="rotating")
    end, refreshes = SessionWriter.end_unchanged, [0]

    async def after_a_refresh(writer: SessionWriter, *ending: Any) -> bool:
        if refreshes:
            assert await _ask(http, url, ticket, refreshes.pop()) == 200
        return await end(writer, *ending)

    monkeypatch.setattr(SessionWriter, "end_unchanged", after_a_refresh)
    assert (await ada.post("/logout")).status == 303
    assert await two_replicas.sandbox.expire_tokens() == 0


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("lease_is_lost", [False, True])
async def test_a_refresh_under_way_revokes_what_it_was_given_unless_the_new_session_has_it(  # noqa: PLR0913
    two_replicas: Site,
    ada: Browser,
    redis_server: RedisServer,
    http: aiohttp.ClientSession,
    webex_goes_on: asyncio.Event,
    *,
    lease_is_lost: bool,
    shared: bool,
) -> None:
    sandbox, former = two_replicas.sandbox, _ticket(ada)
    callback = await ada.at_webex((await ada.start()).location)
    given = await sandbox.new_tokens()
    await sandbox.forget_calls()
    refreshed = {"grant_type": "refresh_token", "delay": 1, "times": 1}
    await sandbox.fault(EXCHANGE, **refreshed, body=json.dumps(given))
    if shared:
        exchanged = {"grant_type": "authorization_code", "times": 1}
        await sandbox.fault(EXCHANGE, **exchanged, body=json.dumps(given))
    refresh = asyncio.create_task(_ask(http, two_replicas.auth_urls[0], former))
    await _refreshing(sandbox)
    if lease_is_lost:
        redis_server.client.delete(lease_key(former.handle))
    assert (await ada.get(callback)).status == 303
    webex_goes_on.set()
    assert await refresh == 401

    async def former_are_revoked() -> bool:
        return await sandbox.calls(REVOKE) == (2 if shared else 4)

    await eventually(former_are_revoked)
    assert (await ada.get("/api/me")).status == 200


async def test_a_record_older_than_what_was_seen_is_renewed_once(
    two_replicas: Site, ada: Browser, redis_server: RedisServer, http: aiohttp.ClientSession
) -> None:
    """Redis was restored from a copy, or somebody inside plays with numbers."""
    await two_replicas.sandbox.forget_calls()
    assert await _ask(http, two_replicas.auth_urls[0], _ticket(ada), seen=10**9) == 200
    assert await two_replicas.sandbox.calls(EXCHANGE) == 1
    session = _session(ada, redis_server)
    assert session
    assert session.revision == 1


async def test_who_asks_just_as_a_refresh_ends_gets_a_newer_one(
    site: Site,
    browser: Browser,
    http: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await browser.sign_in()
    await site.sandbox.forget_calls()
    ticket = _ticket(browser)
    ended, refresh, run = asyncio.Event(), Refresher._refresh, Refresher._run  # noqa: SLF001
    asked: list[Refresher] = []

    async def refreshing(self: Refresher, ticket: Ticket, seen: int) -> Session:
        session = await refresh(self, ticket, seen)
        # Whoever waits for this goes on after the task has ended, and before it is forgotten.
        ended.set()
        return session

    def counted(self: Refresher, ticket: Ticket, seen: int) -> Any:
        asked.append(self)
        assert len(asked) < 100, "the event loop would stand still for ever"
        return run(self, ticket, seen)

    monkeypatch.setattr(Refresher, "_refresh", refreshing)
    monkeypatch.setattr(Refresher, "_run", counted)

    async def at_that_moment() -> int:
        await ended.wait()
        return (await asked[0].refresh(ticket, seen=1)).revision

    late = asyncio.create_task(at_that_moment())
    assert await _ask(http, site.auth_urls[0], ticket) == 200
    assert await late == 2
    assert await site.sandbox.calls(EXCHANGE) == 2


async def test_a_400_that_is_not_webexs_own_ends_no_session(site: Site, browser: Browser) -> None:
    """A proxy on the way, or a gateway before Webex, answers 400 too; it knows of no grant."""
    await browser.sign_in()
    await site.sandbox.expire_tokens(access=True)
    page = "<html><h1>400 Bad Request</h1></html>"
    await site.sandbox.fault(EXCHANGE, status=400, content_type="text/html", body=page)
    assert (await browser.get("/api/me")).status == 503
    await site.sandbox.lift_faults()

    async def works() -> bool:
        return (await browser.get("/api/me")).status == 200

    await eventually(works)


async def test_tokens_that_webex_issued_while_redis_was_away_are_not_lost(
    make_site: MakeSite, own_redis: RedisServer, http: aiohttp.ClientSession
) -> None:
    site = await make_site(redis=own_redis)
    browser = await site.browser()
    await browser.sign_in()
    await site.sandbox.policy(refresh_mode="rotating")
    await site.sandbox.forget_calls()
    await site.sandbox.fault(EXCHANGE, delay=0.3, after_handling=True)
    refresh = asyncio.create_task(_ask(http, site.auth_urls[0], _ticket(browser)))
    await _refreshing(site.sandbox)
    own_redis.freeze()
    # Redis stays away until the first attempt to store has failed.
    assert (await browser.get("/")).status == 503
    own_redis.thaw()
    assert await refresh == 200
    session = _session(browser, own_redis)
    assert session
    issued = (await site.sandbox.confidential())["access_token"]
    assert session.tokens.access_token == issued[-1]


async def test_a_known_id_with_another_secret_shares_no_refresh_under_way(
    two_replicas: Site, ada: Browser, redis_server: RedisServer, http: aiohttp.ClientSession
) -> None:
    url, ticket = two_replicas.auth_urls[0], _ticket(ada)
    redis_server.client.set(f"lease:{ticket.handle}", "a holder that takes its time", px=30_000)
    redis_server.forget_commands()
    refresh = asyncio.create_task(_ask(http, url, ticket))

    async def under_way() -> bool:
        return redis_server.commands()["set"] > 0

    await eventually(under_way)
    assert await _ask(http, url, Ticket(ticket.id, b"guessed!" * 4)) == 401
    redis_server.client.delete(f"lease:{ticket.handle}")
    assert await refresh == 200


async def test_what_is_no_ticket_is_refused_by_the_internal_door(
    two_replicas: Site, http: aiohttp.ClientSession
) -> None:
    bodies: list[Any] = [{}, [], {"ticket": "x", "seen": 0}, {"ticket": 1, "seen": "a"}]
    bodies.append({"ticket": Ticket.new().cookie, "seen": float("inf")})
    for body in bodies:
        url = f"{two_replicas.auth_urls[0]}/internal/refresh"
        async with http.post(url, json=body) as answer:
            assert answer.status == 400
            assert answer.content_type == "application/problem+json"
