"""Nobody finishes somebody else's sign-in, neither by accident nor by a link that was sent to them.

Authlib CVE-2025-68158 and CVE-2026-41425, fastapi-users CVE-2025-68481: a state that is known to the
server but not tied to the browser.
"""

import asyncio
from urllib.parse import parse_qs, urlencode, urlsplit

from harness.browser_like import Browser
from harness.redis_server import RedisServer
from harness.sandbox_control import EXCHANGE, SandboxControl
from harness.site import Site
from tests.conftest import MakeSite
from tests.failure_answers import failure_page

FOREIGN = "This sign-in was not started in this browser"


def parameters(callback: str) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(urlsplit(callback).query).items()}


async def test_another_browser_with_my_callback_gets_nothing_and_i_can_still_finish(
    site: Site, sandbox: SandboxControl, redis_server: RedisServer
) -> None:
    mine, other = await site.browser(), await site.browser()
    callback = await mine.at_webex((await mine.start()).location)
    other.cookies["theme"] = "dark"
    failure_page(await other.get(callback), 400, FOREIGN)
    assert other.session_cookie is None
    assert await sandbox.calls(EXCHANGE) == 0
    assert redis_server.keys() == []
    assert (await mine.get(callback)).status == 303
    assert (await mine.get("/api/me")).status == 200


async def test_another_browser_with_a_sign_in_of_its_own_gets_nothing_either(
    site: Site, sandbox: SandboxControl
) -> None:
    mine, other = await site.browser(), await site.browser()
    callback = await mine.at_webex((await mine.start()).location)
    own = await other.at_webex((await other.start()).location, "grace@example.com")
    failure_page(await other.get(callback), 400, FOREIGN)
    assert await sandbox.calls(EXCHANGE) == 0
    assert (await other.get(own)).status == 303
    assert (await other.get("/api/me")).json()["displayName"] == "Grace Hopper"
    assert (await mine.get(callback)).status == 303


async def test_a_signed_in_browser_does_not_change_its_person_by_a_link(
    site: Site, sandbox: SandboxControl
) -> None:
    mine, victim = await site.browser(), await site.browser()
    await victim.sign_in("grace@example.com")
    await sandbox.forget_calls()
    callback = await mine.at_webex((await mine.start()).location)
    failure_page(await victim.get(callback), 400, FOREIGN)
    assert await sandbox.calls(EXCHANGE) == 0
    assert (await victim.get("/api/me")).json()["displayName"] == "Grace Hopper"


async def test_my_code_with_another_browsers_state_is_refused_by_pkce(site: Site) -> None:
    mine, other = await site.browser(), await site.browser()
    my_callback = await mine.at_webex((await mine.start()).location)
    start = await other.start()
    state = parameters(start.location)["state"]
    mixed = urlencode({"code": parameters(my_callback)["code"], "state": state})
    failure_page(await other.get(f"/oauth?{mixed}"), 400, "Webex refused the authorization code")
    assert other.session_cookie is None


async def test_two_of_my_own_sign_ins_cannot_swap_their_codes(browser: Browser) -> None:
    one, two = [await browser.at_webex((await browser.start()).location) for _ in range(2)]
    mixed = urlencode({"code": parameters(one)["code"], "state": parameters(two)["state"]})
    answer = await browser.get(f"/oauth?{mixed}")
    failure_page(answer, 400, "Webex refused the authorization code")
    assert browser.session_cookie is None


async def test_a_cookie_moved_to_another_sign_ins_name_finishes_nothing(
    site: Site, sandbox: SandboxControl
) -> None:
    """Who can plant cookies, but not read them, plants their own sign-in under the victim's name."""
    attacker, victim = await site.browser(), await site.browser()
    await attacker.start()
    callback = await victim.at_webex((await victim.start()).location)
    (name,) = victim.cookies
    (victim.cookies[name],) = attacker.cookies.values()
    failure_page(await victim.get(callback), 400, FOREIGN)
    assert await sandbox.calls(EXCHANGE) == 0


async def test_a_callback_is_good_once(
    browser: Browser, sandbox: SandboxControl, redis_server: RedisServer
) -> None:
    """For 30 seconds its own browser is given what came of it: tests/service/test_callback_twice.py."""
    callback = await browser.at_webex((await browser.start()).location)
    kept = dict(browser.cookies)
    await browser.get(callback)
    redis_server.client.delete(*redis_server.keys("signin:end:*"))
    browser.cookies = kept
    failure_page(await browser.get(callback), 400, "This sign-in was already used")
    assert await sandbox.calls(EXCHANGE) == 1


async def test_a_callback_loaded_many_times_at_once_on_two_replicas_is_exchanged_once(
    make_site: MakeSite, redis_server: RedisServer
) -> None:
    site = await make_site(replicas=2)
    browser = await site.browser()
    callback = await browser.at_webex((await browser.start()).location)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    answers = await asyncio.gather(*(browser.get(callback, Cookie=cookie) for _ in range(20)))
    assert [answer.status for answer in answers] == [303] * 20
    held = {c.value for answer in answers for c in answer.cookies if c.name == browser.session_name}
    assert len(held) == 1
    assert await site.sandbox.calls(EXCHANGE) == 1
    assert len(redis_server.keys("session:*")) == 1


async def test_a_declined_sign_in_cannot_be_finished_with_a_code_later(
    browser: Browser, sandbox: SandboxControl
) -> None:
    callback = await browser.at_webex((await browser.start()).location)
    kept = dict(browser.cookies)
    state = parameters(callback)["state"]
    await browser.get(f"/oauth?error=access_denied&state={state}")
    browser.cookies = kept
    failure_page(await browser.get(callback), 400, "This sign-in was already used")
    assert await sandbox.calls(EXCHANGE) == 0


async def test_an_error_counts_only_for_a_sign_in_of_this_browser(site: Site) -> None:
    """A stranger's link must not break a sign-in under way, nor show a page that lies."""
    mine, other = await site.browser(), await site.browser()
    callback = await mine.at_webex((await mine.start()).location)
    state = parameters((await other.start()).location)["state"]
    for query in (f"error=access_denied&state={state}", "error=access_denied", "error=x&state=y"):
        failure_page(await mine.get(f"/oauth?{query}"), 400, FOREIGN)
    assert (await mine.get(callback)).status == 303


async def test_the_state_is_judged_before_webex_is_called(
    browser: Browser, sandbox: SandboxControl
) -> None:
    callback = await browser.at_webex((await browser.start()).location)
    code = parameters(callback)["code"]
    answer = await browser.get(f"/oauth?{urlencode({'code': code, 'state': 'guessed'})}")
    failure_page(answer, 400, FOREIGN)
    assert await sandbox.calls(EXCHANGE) == 0


async def test_a_hundred_starts_in_one_browser_leave_the_newest_five_working(
    browser: Browser,
) -> None:
    """mod_auth_openidc #331: cookies pile up until every request is refused."""
    starts = [await browser.start(next_path=f"/page{number}") for number in range(100)]
    assert len("; ".join(f"{n}={v}" for n, v in browser.cookies.items())) < 4096
    for number in range(95, 100):
        answer = await browser.get(await browser.at_webex(starts[number].location))
        assert answer.location == f"{browser.public_url}/page{number}"
    gone = await browser.get(await browser.at_webex(starts[94].location))
    failure_page(gone, 400, FOREIGN)


async def test_starts_by_strangers_cost_redis_nothing(
    site: Site, redis_server: RedisServer
) -> None:
    browser = await site.browser()
    redis_server.forget_commands()
    for _ in range(200):
        assert (await browser.start(next_path="/spaces")).status == 302
        browser.cookies.clear()
    assert redis_server.commands().total() == 0
    assert redis_server.keys() == []


async def test_no_header_moves_the_redirect_uri(browser: Browser) -> None:
    usual = parameters((await browser.start()).location)["redirect_uri"]
    assert usual == f"{browser.public_url}/oauth"
    for headers in (
        {"Host": "evil.example"},
        {"X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "https"},
        {"X_Forwarded_Server": "evil.example", "X_Forwarded_Port": "444"},
        {"X_Original_URL": "/evil", "X_Rewrite_URL": "/evil"},
        {"Forwarded": "host=evil.example;proto=https"},
        {"X_Forwarded_Prefix": "/evil", "X_Host": "evil.example"},
    ):
        start = await browser.get("/login", **headers)
        assert parameters(start.location)["redirect_uri"] == usual
        assert "evil" not in start.location
