"""Sessions nobody else has: planted, guessed, mixed and changed cookies open nothing."""

import string

import pytest

from common.sessions.keys import person_cache_key, session_key
from common.sessions.ticket import Ticket
from harness.browser_like import Browser
from harness.redis_server import RedisServer
from harness.sandbox_control import SandboxControl
from harness.site import HTTPS, Site
from tests.conftest import MakeSite
from tests.failure_answers import problem

ALPHABET = string.ascii_letters + string.digits + "-_"
# Python strips these, a browser takes them for letters.
SPACES_TO_PYTHON = ("\u0085", "\u00a0", "\u2000", "\u2028", "\u3000")


def ticket_of(browser: Browser) -> Ticket:
    ticket = Ticket.parse(browser.session_cookie)
    assert ticket is not None
    return ticket


async def status_with(browser: Browser, cookie: str) -> int:
    """The status of /api/me for somebody who sends just this session cookie."""
    return (await browser.get("/api/me", Cookie=f"{browser.session_name}={cookie}")).status


async def test_a_planted_cookie_never_becomes_the_victims_session(
    site: Site, redis_server: RedisServer
) -> None:
    """express-openid-connect CVE-2021-41246, aiohttp-session #272: session fixation."""
    attacker = await site.browser()
    await attacker.sign_in()
    signed_out = await site.browser()
    await signed_out.sign_in()
    dead = signed_out.session_cookie or ""
    await signed_out.post("/logout")
    for planted in (Ticket.new().cookie, dead, attacker.session_cookie or ""):
        victim = await site.browser()
        victim.cookies[victim.session_name] = planted
        await victim.sign_in("grace@example.com")
        assert victim.session_cookie != planted
        assert await status_with(attacker, planted) == 401
        assert (await victim.get("/api/me")).json()["displayName"] == "Grace Hopper"
    assert len(redis_server.keys("session:*")) == 3


@pytest.mark.parametrize("space", SPACES_TO_PYTHON, ids=ascii)
async def test_a_cookie_that_a_sibling_host_may_set_is_none_of_ours(
    make_site: MakeSite, space: str
) -> None:
    """A name that begins with any of these is no `__Host-` name to a browser, which protects only those."""
    site = await make_site(**HTTPS)
    attacker, victim = await site.browser(), await site.browser()
    await attacker.sign_in("grace@example.com")
    await victim.sign_in()
    own, planted = victim.session_cookie, attacker.session_cookie
    name = victim.session_name
    both = f"{name}={own}; {space}{name}={planted}"
    answer = await victim.get("/api/me", Cookie=both)
    assert answer.json()["displayName"] == "Ada Lovelace"
    callback = await attacker.at_webex((await attacker.start()).location, "grace@example.com")
    theirs = "; ".join(f"{space}{name}={value}" for name, value in attacker.cookies.items())
    assert (await victim.get(callback, Cookie=theirs)).status == 400
    assert (await attacker.get(callback)).status == 303


async def test_a_changed_character_anywhere_in_the_cookie_is_signed_out_and_no_error(
    browser: Browser, redis_server: RedisServer
) -> None:
    await browser.sign_in()
    cookie, keys = browser.session_cookie or "", redis_server.keys()
    for position, character in enumerate(cookie):
        other = ALPHABET[(ALPHABET.find(character) + 1) % len(ALPHABET)]
        changed = cookie[:position] + other + cookie[position + 1 :]
        assert await status_with(browser, changed) == 401
    assert redis_server.keys() == keys
    assert await status_with(browser, cookie) == 200


async def test_the_halves_of_two_cookies_are_no_session_and_end_none(
    site: Site, redis_server: RedisServer
) -> None:
    ada, grace = await site.browser(), await site.browser()
    await ada.sign_in()
    await grace.sign_in("grace@example.com")
    mixed = Ticket(ticket_of(ada).id, ticket_of(grace).secret).cookie
    assert await status_with(ada, mixed) == 401
    other = await site.browser()
    other.cookies[other.session_name] = mixed
    assert (await other.post("/logout")).status == 303
    assert (await ada.get("/api/me")).status == 200
    assert (await grace.get("/api/me")).status == 200
    assert len(redis_server.keys("session:*")) == 2


async def test_a_known_session_id_with_a_guessed_secret_cannot_replace_the_session(
    site: Site,
) -> None:
    """Signing in ends the browser's former session; a forged cookie must not name somebody else's."""
    ada, attacker = await site.browser(), await site.browser()
    await ada.sign_in()
    attacker.cookies[attacker.session_name] = Ticket(ticket_of(ada).id, b"guessed!" * 4).cookie
    await attacker.sign_in("grace@example.com")
    assert (await ada.get("/api/me")).json()["displayName"] == "Ada Lovelace"


async def test_what_is_no_cookie_of_ours_costs_redis_nothing(
    browser: Browser, redis_server: RedisServer
) -> None:
    ticket = Ticket.new().cookie
    redis_server.forget_commands()
    for odd in (
        "", "1.", "x", "2" + ticket[1:], ticket + "A", ticket[:-1], f"{ticket}=", "*", "session:*",
        "a" * 4000, "%31." + ticket[2:], '"', "..", "1." + "/" * 64,
    ):  # fmt: skip
        assert await status_with(browser, odd) == 401
        assert (await browser.get("/", Cookie=f"{browser.session_name}={odd}")).status == 200
    assert redis_server.commands().total() == 0


async def test_anonymous_requests_cost_redis_nothing(
    browser: Browser, redis_server: RedisServer
) -> None:
    redis_server.forget_commands()
    for path in ("/", "/index.html", "/login", "/oauth", "/spaces", "/api/me", "/no-such-page"):
        await browser.get(path)
    await browser.post("/logout")
    assert redis_server.commands().total() == 0
    assert redis_server.keys() == []


async def test_a_signed_in_page_costs_redis_exactly_one_read(
    browser: Browser, redis_server: RedisServer
) -> None:
    await browser.sign_in()
    await browser.get("/")
    for path in ("/", "/api/me"):
        redis_server.forget_commands()
        assert (await browser.get(path)).status == 200
        assert redis_server.commands() == {"mget": 1}


async def test_a_signed_out_cookie_is_dead_on_every_replica_and_leaves_nothing(
    make_site: MakeSite, redis_server: RedisServer
) -> None:
    site = await make_site(replicas=2)
    browser = await site.browser()
    await browser.sign_in()
    cookie = browser.session_cookie or ""
    assert [await status_with(browser, cookie) for _ in range(2)] == [200, 200]
    await browser.post("/logout")
    assert [await status_with(browser, cookie) for _ in range(4)] == [401] * 4
    # The mark of the used state stays, so that the callback cannot be used again; and for ten seconds that
    # the record was written, so that it is not written again.
    left = redis_server.keys()
    assert [key for key in left if not key.startswith(("signin:", "lease:born:"))] == []


async def test_a_session_made_on_one_replica_is_there_on_the_other_at_once(
    make_site: MakeSite,
) -> None:
    site = await make_site(replicas=2)
    browser = await site.browser()
    for _ in range(25):
        await browser.sign_in()
        assert (await browser.get("/api/me")).status == 200


async def test_a_program_that_is_signed_out_is_told_so_and_not_redirected(
    browser: Browser,
) -> None:
    members = problem(await browser.get("/api/me"), 401, "not_signed_in")
    assert members["title"] == "Not signed in"


async def test_a_record_under_another_sessions_key_does_not_open(
    site: Site, redis_server: RedisServer
) -> None:
    """Whoever can write to Redis, or a mixed-up reply, cannot give one person another's session."""
    ada, grace = await site.browser(), await site.browser()
    await ada.sign_in()
    await grace.sign_in("grace@example.com")
    for browser in (ada, grace):
        await browser.get("/")
    mine, other = ticket_of(ada).handle, ticket_of(grace).handle
    for key in (session_key, person_cache_key):
        assert redis_server.client.copy(key(other), key(mine), replace=True)
    answer = await ada.get("/api/me")
    assert answer.status == 401
    assert "Grace" not in answer.text


async def test_a_persons_answer_under_another_sessions_key_is_not_shown(
    site: Site, redis_server: RedisServer
) -> None:
    ada, grace = await site.browser(), await site.browser()
    await ada.sign_in()
    await grace.sign_in("grace@example.com")
    await grace.get("/")
    mine, other = ticket_of(ada).handle, ticket_of(grace).handle
    assert redis_server.client.copy(person_cache_key(other), person_cache_key(mine), replace=True)
    assert (await ada.get("/api/me")).json()["displayName"] == "Ada Lovelace"


async def test_the_record_with_the_tokens_is_not_shown_in_the_place_of_the_person(
    browser: Browser, redis_server: RedisServer, sandbox: SandboxControl
) -> None:
    """Both are sealed for the same ticket; only their places tell them apart."""
    await browser.sign_in()
    await browser.get("/")
    handle = ticket_of(browser).handle
    assert redis_server.client.copy(session_key(handle), person_cache_key(handle), replace=True)
    answer = await browser.get("/api/me")
    assert answer.json()["displayName"] == "Ada Lovelace"
    (token,) = (await sandbox.confidential())["access_token"]
    assert token not in answer.text


async def test_the_answer_about_the_person_is_no_session(
    browser: Browser, redis_server: RedisServer
) -> None:
    await browser.sign_in()
    await browser.get("/")
    handle = ticket_of(browser).handle
    assert redis_server.client.copy(person_cache_key(handle), session_key(handle), replace=True)
    assert (await browser.get("/api/me")).status == 401
