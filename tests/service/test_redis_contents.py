"""What lies in Redis: nothing that a thief could use or read, and nothing that stays for ever."""

import base64
import re

from common.sessions.ticket import Ticket
from harness.browser_like import Browser
from harness.redis_server import PASSWORD, RedisServer
from harness.sandbox_control import REVOKE, SandboxControl
from harness.site import SESSION_KEY, Site

SECONDS_AT_MOST = 14 * 86400
DIGEST = r"[0-9a-f]{64}"
# The head of a person's list, and its entries.
NAMES = re.compile(
    rf"(person:list\{{{DIGEST}\}}(:{DIGEST})?|cache:person:\{{session:{DIGEST}\}}"
    rf"|lease:born:\{{session:{DIGEST}\}}|lease:ended:\{{{DIGEST}\}}"
    rf"|revoke:due|revoke:\{{session:{DIGEST}\}}:[0-9a-f]{{32}}"
    rf"|signin:end:\{{signin:{DIGEST}\}}"
    rf"|(session|signin|lease|refreshed):{DIGEST})"
)


async def _busy_site(site: Site) -> list[Browser]:
    """People signed in, one declining, one under way, one signed out: every kind of key is there."""
    browsers = [await site.browser() for _ in range(4)]
    for browser, email in zip(browsers, ("ada", "grace", "bobby", "ada"), strict=True):
        await browser.sign_in(f"{email}@example.com", scope="spark:rooms_read")
        await browser.get("/")
        await browser.start(next_path="/a-page-that-nobody-should-see")
    stranger = await site.browser()
    start = await stranger.start()
    await stranger.get(await stranger.at_webex(start.location, decision="decline"))
    # Webex does not take what is to be revoked, so that it lies there.
    await site.sandbox.fault(REVOKE, status=503)
    await browsers[-1].post("/logout")
    return browsers


def _spellings(value: bytes) -> set[bytes]:
    """How a value could stand in a dump without being encrypted."""
    return {
        value,
        value.hex().encode(),
        base64.b64encode(value).rstrip(b"="),
        base64.urlsafe_b64encode(value).rstrip(b"="),
    }


def _parts_of_cookie(cookie: str) -> set[bytes]:
    ticket = Ticket.parse(cookie)
    assert ticket is not None
    return {cookie.encode(), *_spellings(ticket.id), *_spellings(ticket.secret)}


async def test_a_dump_of_redis_holds_no_token_person_cookie_or_key_in_clear(
    site: Site, sandbox: SandboxControl, redis_server: RedisServer
) -> None:
    browsers = await _busy_site(site)
    hidden = {SESSION_KEY.encode(), PASSWORD.encode(), b"a-page-that-nobody-should-see"}
    for values in (await sandbox.confidential()).values():
        for value in values:
            hidden |= _spellings(value.encode())
    for browser in browsers[:3]:
        person = (await browser.get("/api/me")).json()
        for value in (person["id"], person["emails"][0], person["displayName"], person["orgId"]):
            hidden |= _spellings(value.encode())
        hidden |= _parts_of_cookie(browser.session_cookie or "")
        hidden |= {value.encode() for name, value in browser.cookies.items() if "signin" in name}
    hidden |= {b"example.com", b"spark:", b"access_token", b"displayName", b"127.0.0.1"}
    dump = b" ".join(key.encode() + b" " + value for key, value in redis_server.dump().items())
    assert len(hidden) > 100
    assert [value for value in hidden if value in dump] == []


async def test_every_key_ends_by_itself(site: Site, redis_server: RedisServer) -> None:
    await _busy_site(site)
    keys = redis_server.keys()
    lifetimes = {key: redis_server.client.ttl(key) for key in keys}
    kinds = {key.split(":")[0] for key in lifetimes}
    assert kinds >= {"session", "person", "signin", "cache", "revoke"}
    assert {k: t for k, t in lifetimes.items() if not 0 < int(str(t)) <= SECONDS_AT_MOST} == {}


async def test_keys_are_named_by_digests_only(site: Site, redis_server: RedisServer) -> None:
    await _busy_site(site)
    keys = redis_server.keys()
    assert len(keys) > 10
    assert [key for key in keys if not NAMES.fullmatch(key)] == []


async def test_what_webex_said_of_a_person_is_kept_for_five_minutes_at_most(
    browser: Browser, redis_server: RedisServer
) -> None:
    await browser.sign_in()
    await browser.get("/")
    (key,) = redis_server.keys("cache:person:*")
    assert 0 < int(str(redis_server.client.ttl(key))) <= 300


async def test_a_used_state_stays_marked_longer_than_its_sign_in_could_last(
    browser: Browser, redis_server: RedisServer
) -> None:
    await browser.sign_in()
    (key,) = set(redis_server.keys("signin:*")) - set(redis_server.keys("signin:end:*"))
    assert int(str(redis_server.client.ttl(key))) > 600
