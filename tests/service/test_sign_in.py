"""The sign-in as a person lives it, from the button to the greeting."""

import asyncio
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from auth_service.oauth.flow import code_challenge
from auth_service.sessions.writer import SessionWriter
from common.settings.scopes import MOST_SCOPE_CHARACTERS
from common.store import known_clock
from common.store.access import RedisAccess, StoreUnavailable
from harness.browser_like import Browser
from harness.eventually import eventually
from harness.redis_server import RedisServer
from harness.sandbox_control import EXCHANGE, PEOPLE_ME, SandboxControl
from harness.site import HTTPS, Site
from tests.conftest import MakeSite
from tests.failure_answers import failure_page


def asked(authorize_url: str) -> dict[str, str]:
    """The query of an authorization request, or of another address."""
    return {name: value for name, (value,) in parse_qs(urlsplit(authorize_url).query).items()}


async def test_the_home_page_offers_the_sign_in(browser: Browser) -> None:
    answer = await browser.get("/")
    assert answer.status == 200
    assert ("Start OAuth flow", "/login") in answer.page.links
    assert answer.cookies == []


async def test_the_old_address_of_the_home_page_still_leads_there(browser: Browser) -> None:
    answer = await browser.get("/index.html?a=b")
    assert (answer.status, answer.location) == (301, "/")


async def test_whoever_signs_in_is_greeted_by_name_and_picture(browser: Browser) -> None:
    answer = await browser.sign_in("grace@example.com")
    assert (answer.status, answer.location) == (303, f"{browser.public_url}/")
    page = (await browser.visit("/")).page
    assert page.heading == "So happy to meet, Grace Hopper !"
    assert any("/avatars/" in image for image in page.images)
    assert "grace@example.com" in page.text


async def test_who_has_no_picture_is_greeted_by_initials(browser: Browser) -> None:
    await browser.sign_in("katherine@example.com")
    page = (await browser.visit("/")).page
    assert not any("/avatars/" in image for image in page.images)
    assert "KJ" in page.text.split()


async def test_a_name_that_is_markup_is_shown_as_it_is_spelt(browser: Browser) -> None:
    await browser.sign_in("bobby@example.com")
    answer = await browser.visit("/")
    assert answer.page.heading == 'So happy to meet, <b>Bobby</b> & "Tables" !'
    assert "<b>Bobby" not in answer.text


async def test_a_program_gets_the_person_as_webex_describes_them(browser: Browser) -> None:
    await browser.sign_in("zoe@example.com")
    answer = await browser.get("/api/me")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.json()["displayName"] == "Zoë Ångström"


async def test_who_wanted_a_page_comes_back_to_it(browser: Browser) -> None:
    answer = await browser.sign_in(next_path="/spaces?tab=2#latest")
    assert answer.location == f"{browser.public_url}/spaces?tab=2#latest"


async def test_who_asks_for_a_page_signed_out_is_sent_to_sign_in_and_back(browser: Browser) -> None:
    wanted = "/spaces?tab=2&named=a%26b"
    answer = await browser.get(wanted)
    assert answer.status == 303
    assert asked(answer.location) == {"next": wanted}
    start = await browser.get(answer.location)
    back = await browser.get(await browser.at_webex(start.location))
    assert back.location == f"{browser.public_url}{wanted}"


async def test_the_verifier_is_sent_and_belongs_to_the_challenge(
    browser: Browser, sandbox: SandboxControl
) -> None:
    start = await browser.start()
    await browser.get(await browser.at_webex(start.location))
    request = asked(start.location)
    assert request["code_challenge_method"] == "S256"
    (verifier,) = (await sandbox.confidential())["code_verifier"]
    assert code_challenge(verifier) == request["code_challenge"]


async def test_every_sign_in_has_its_own_state_and_challenge(browser: Browser) -> None:
    requests = [asked((await browser.start()).location) for _ in range(5)]
    for name in ("state", "code_challenge"):
        assert len({request[name] for request in requests}) == 5


async def test_the_configured_scopes_are_asked_for(make_site: MakeSite) -> None:
    site = await make_site(SCOPES="spark:people_read,spark:kms")
    browser = await site.browser()
    assert asked((await browser.start()).location)["scope"] == "spark:people_read spark:kms"


async def test_more_can_be_asked_for_and_what_was_granted_is_kept(browser: Browser) -> None:
    await browser.sign_in(scope="spark:rooms_read")
    start = await browser.start(scope="spark:messages_read spark:kms")
    assert asked(start.location)["scope"].split() == [
        "spark:people_read",
        "spark:rooms_read",
        "spark:messages_read",
        "spark:kms",
    ]
    await browser.get(await browser.at_webex(start.location))
    page = (await browser.get("/")).page
    may, _, on_top = page.text.partition("What you can allow on top")
    for scope in ("people_read", "rooms_read", "messages_read", "kms"):
        assert f"spark:{scope}" in may
        assert f"spark:{scope}" not in on_top
    assert "spark:messages_write" in on_top


async def test_a_page_offers_what_it_may_ask_for_and_nothing_else(make_site: MakeSite) -> None:
    site = await make_site(SCOPES_MAX="spark:rooms_read")
    browser = await site.browser()
    await browser.sign_in()
    hrefs = [href for _, href in (await browser.get("/")).page.links if "scope=" in href]
    assert hrefs == ["/login?scope=spark:rooms_read"]


async def test_all_that_may_be_asked_for_fits_into_a_cookie(make_site: MakeSite) -> None:
    scopes = " ".join(f"spark:{number:02}{'x' * 31}" for number in range(50))
    assert len(scopes) == MOST_SCOPE_CHARACTERS - 1
    site = await make_site(SCOPES=scopes, SCOPES_MAX=scopes, **HTTPS)
    start = await (await site.browser()).start(next_path="/" + "ä" * 170)
    [cookie] = start.cookies
    assert 2000 < len(cookie.name) + len(cookie.value) < 4096


@pytest.mark.parametrize("scope", ["spark:all", "spark:rooms_read spark-admin:all", "<script>"])
async def test_what_is_not_offered_is_not_asked_for(browser: Browser, scope: str) -> None:
    answer = await browser.start(scope=scope)
    failure_page(answer, 400, "This permission is not offered here")
    assert answer.cookies == []
    assert "<script>" not in answer.text


async def test_a_new_session_id_comes_with_every_sign_in_and_the_old_is_dead(
    browser: Browser, redis_server: RedisServer
) -> None:
    await browser.sign_in()
    first = browser.session_cookie
    await browser.sign_in()
    assert browser.session_cookie != first
    assert len(redis_server.keys("session:*")) == 1
    assert (await browser.get("/api/me", Cookie=f"session={first}")).status == 401
    assert (await browser.get("/api/me")).status == 200


async def test_the_same_person_again_keeps_the_tokens_of_the_new_session(
    browser: Browser, sandbox: SandboxControl
) -> None:
    await browser.sign_in()
    await browser.sign_in()

    async def former_are_revoked() -> bool:
        return await sandbox.calls("POST /idb/oauth2/v1/revoke") == 2

    await eventually(former_are_revoked)
    assert (await browser.get("/api/me")).status == 200
    assert await sandbox.expire_tokens() == 1, "those of the new one alone"


async def test_a_new_session_that_cannot_replace_the_former_one_leaves_nothing(
    browser: Browser, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its cookie was never sent: it would stand in the person's list, and nobody would know it."""
    await browser.sign_in()
    former = redis_server.keys("session:*") + redis_server.keys("person:*:*")
    callback = await browser.at_webex((await browser.start()).location)

    async def no_answer(*_: object) -> bool:
        raise StoreUnavailable

    with monkeypatch.context() as bad_moment:
        bad_moment.setattr(SessionWriter, "end_unchanged", no_answer)
        assert (await browser.get(callback)).status == 503
    assert redis_server.keys("session:*") + redis_server.keys("person:*:*") == former
    assert (await browser.get("/api/me")).status == 200


async def test_nothing_of_the_first_person_is_left_when_another_signs_in(
    browser: Browser, redis_server: RedisServer, sandbox: SandboxControl
) -> None:
    await browser.sign_in("ada@example.com")
    await browser.visit("/")
    await browser.sign_in("grace@example.com")
    for path in ("/", "/api/me"):
        answer = await browser.get(path)
        assert "Grace" in answer.text
        assert "Ada" not in answer.text
        assert "ada@" not in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
    assert len(redis_server.keys("session:*")) == 1
    assert len(redis_server.keys("cache:person:*")) == 1

    async def former_are_revoked() -> bool:
        return await sandbox.calls("POST /idb/oauth2/v1/revoke") == 2

    await eventually(former_are_revoked)


async def test_a_stale_callback_with_a_live_session_goes_on_to_next(
    browser: Browser, sandbox: SandboxControl
) -> None:
    start = await browser.start(next_path="/spaces")
    callback = await browser.at_webex(start.location)
    await browser.get(callback)
    cookie = browser.session_cookie
    again = await browser.get(callback)
    assert (again.status, again.location) == (303, f"{browser.public_url}/spaces")
    assert browser.session_cookie == cookie
    assert await sandbox.calls(EXCHANGE) == 1


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
async def test_tabs_finish_in_any_order_each_on_its_own_page(
    browser: Browser, order: tuple[int, ...]
) -> None:
    pages = ("/one", "/two", "/three")
    starts = [await browser.start(next_path=page) for page in pages]
    callbacks = [await browser.at_webex(start.location) for start in starts]
    for tab in order:
        answer = await browser.get(callbacks[tab])
        assert answer.location == f"{browser.public_url}{pages[tab]}"
    assert (await browser.get("/api/me")).status == 200


async def test_a_sign_in_may_end_at_another_replica_than_it_began(make_site: MakeSite) -> None:
    site = await make_site(replicas=2)
    browser = await site.browser()
    for _ in range(3):
        assert (await browser.sign_in()).status == 303
        assert [(await browser.get("/api/me")).status for _ in range(2)] == [200, 200]


async def test_of_many_pages_at_once_one_asks_webex_who_the_person_is(
    browser: Browser, sandbox: SandboxControl
) -> None:
    await browser.sign_in()
    await sandbox.forget_calls()
    await sandbox.fault(PEOPLE_ME, delay=0.2)
    answers = await asyncio.gather(*(browser.get("/api/me") for _ in range(20)))
    assert {answer.status for answer in answers} == {200}
    assert (await browser.get("/")).status == 200
    assert await sandbox.calls(PEOPLE_ME) == 1


async def test_a_link_in_a_page_of_another_site_only_starts_a_sign_in(site: Site) -> None:
    """A person is always shown Webex's page before anything is granted."""
    browser = await site.browser()
    answer = await browser.get("/login", Sec_Fetch_Site="cross-site")
    assert answer.status == 302
    assert browser.session_cookie is None


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often commands were sent together, and the clock was asked for."""
    waits: Counter[str] = Counter()

    def counted(name: str) -> None:
        ask = getattr(RedisAccess, name)

        async def asked(own: RedisAccess, batch: Any) -> Any:
            waits[name] += 1
            return await ask(own, batch)

        monkeypatch.setattr(RedisAccess, name, asked)

    for name in ("_joined", "_read_clock"):
        counted(name)
    # On a busy machine answers are late, and the clock is rightly asked for.
    monkeypatch.setattr(known_clock, "MOST_BEHIND_SECONDS", 60)
    monkeypatch.setattr(known_clock, "KNOWN_SECONDS", 60)
    return waits


async def test_a_sign_in_writes_into_redis_three_times_and_never_asks_for_the_time(
    waits: Counter[str], browser: Browser
) -> None:
    """Its state; entry, record and end together; at the landing the end of entry and record."""
    assert (await browser.sign_in()).status == 303
    assert waits == {"_joined": 3}
