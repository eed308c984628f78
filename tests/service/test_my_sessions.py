"""Where I am signed in: seen and ended by the person, without the other browsers' cookies."""

import re

import pytest

from common.sessions.ticket import Ticket
from harness.browser_like import Answer, Browser
from harness.redis_server import RedisServer
from harness.site import Site
from tests.conftest import MakeSite
from tests.failure_answers import problem

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
HANDLE = re.compile(r'name="session" value="([0-9a-f]{64})"')


def handles(page: Answer) -> list[str]:
    """The sessions that the page offers to end."""
    return HANDLE.findall(page.text)


def handle_of(browser: Browser) -> str:
    ticket = Ticket.parse(browser.session_cookie)
    assert ticket is not None
    return ticket.handle


async def signed_in(site: Site, email: str = "ada@example.com") -> Browser:
    browser = await site.browser()
    assert (await browser.sign_in(email)).status == 303
    return browser


async def is_signed_in(browser: Browser) -> bool:
    answer = await browser.get("/api/me")
    assert answer.status in (200, 401), answer
    return answer.status == 200


async def test_a_person_sees_every_browser_of_theirs_and_which_is_this_one(site: Site) -> None:
    other, this = await site.browser(), await signed_in(site)
    callback = await other.at_webex((await other.start()).location)
    await other.get(callback, User_Agent=FIREFOX)
    page = await this.get("/sessions")
    assert page.status == 200
    assert "(this one)" in page.page.text
    assert "Firefox on Linux Signed in just now. Last seen just now." in page.page.text
    assert len(handles(page)) == 1


async def test_the_list_says_what_signed_in_means_and_offers_to_end_this_one(site: Site) -> None:
    this = await signed_in(site)
    page = await this.get("/sessions")
    assert "What signed in means" in page.page.text
    row = page.text.partition("(this one)")[2].partition("</li>")[0]
    assert 'method="post" action="/logout"' in row
    assert "End this one" in row


@pytest.mark.parametrize(("method", "path"), [("GET", "/sessions"), ("POST", "/sessions/end")])
async def test_a_program_that_is_signed_out_is_told_so_and_a_person_is_sent_to_sign_in(
    browser: Browser, method: str, path: str
) -> None:
    asking = {"Accept": "application/json", "Origin": browser.public_url}
    problem(await browser.send(method, path, headers=asking), 401, "not_signed_in")
    person = await browser.send(method, path, headers={"Origin": browser.public_url})
    assert (person.status, person.location) == (303, f"{browser.public_url}/login?next=/sessions")


async def test_nobody_sees_or_counts_the_sessions_of_somebody_else(site: Site) -> None:
    await signed_in(site, "grace@example.com")
    ada = await signed_in(site, "ada@example.com")
    assert handles(await ada.get("/sessions")) == []


async def test_an_ended_session_is_dead_on_every_replica_and_the_others_live(
    make_site: MakeSite,
) -> None:
    site = await make_site(replicas=2)
    lost, kept, this = [await signed_in(site) for _ in range(3)]
    before = handles(await this.get("/sessions"))
    ids = {"lost": handle_of(lost), "kept": handle_of(kept)}
    assert set(before) == set(ids.values())
    ended = await this.post("/sessions/end", {"session": ids["lost"]})
    assert (ended.status, ended.location) == (303, f"{site.public_url}/sessions")
    assert [await is_signed_in(lost) for _ in range(4)] == [False] * 4
    assert [await is_signed_in(browser) for browser in (kept, this) for _ in range(2)] == [True] * 4
    assert handles(await this.get("/sessions")) == [ids["kept"]]


async def test_ending_all_others_leaves_this_one(site: Site) -> None:
    others, this = [await signed_in(site) for _ in range(3)], await signed_in(site)
    await this.post("/sessions/end", {"session": "others"})
    assert not any([await is_signed_in(browser) for browser in others])
    assert await is_signed_in(this)


async def test_ending_this_one_is_signing_out(site: Site) -> None:
    browser = await signed_in(site)
    cookie = browser.session_cookie
    answer = await browser.post("/sessions/end", {"session": handle_of(browser)})
    assert (answer.status, answer.location) == (303, f"{site.public_url}/")
    assert browser.session_cookie is None
    assert cookie is not None
    browser.cookies[browser.session_name] = cookie
    assert not await is_signed_in(browser)


async def test_a_known_handle_of_somebody_else_ends_nothing(site: Site) -> None:
    grace, ada = await signed_in(site, "grace@example.com"), await signed_in(site)
    answer = await ada.post("/sessions/end", {"session": handle_of(grace)})
    assert answer.status == 303
    assert await is_signed_in(grace)


@pytest.mark.parametrize(
    "headers", [{"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}]
)
async def test_another_site_cannot_end_sessions(site: Site, headers: dict[str, str]) -> None:
    other, this = await signed_in(site), await signed_in(site)
    answer = await this.post("/sessions/end", {"session": "others"}, **headers)
    assert answer.status == 403
    assert await is_signed_in(other)


async def test_whoever_is_signed_out_is_sent_to_sign_in_and_ends_nothing(site: Site) -> None:
    signed_out, other = await site.browser(), await signed_in(site)
    expected = (303, f"{site.public_url}/login?next=/sessions")
    shown = await signed_out.get("/sessions")
    ended = await signed_out.post("/sessions/end", {"session": handle_of(other)})
    assert [(a.status, a.location) for a in (shown, ended)] == [expected, expected]
    assert await is_signed_in(other)


async def test_anonymous_requests_for_the_list_cost_redis_nothing(
    site: Site, redis_server: RedisServer
) -> None:
    browser = await site.browser()
    redis_server.forget_commands()
    await browser.get("/sessions")
    await browser.post("/sessions/end", {"session": "others"})
    assert not redis_server.commands()


async def test_the_greeting_leads_to_the_list(site: Site) -> None:
    browser = await signed_in(site)
    assert ("Where I am signed in", "/sessions") in (await browser.visit("/")).page.links


async def test_a_page_for_signed_in_people_has_the_way_out(site: Site) -> None:
    browser = await signed_in(site)
    for path in ("/", "/sessions", "/spaces", "/widget"):
        answer = await browser.get(path)
        assert answer.status == 200
        assert '<form class="sign-out" method="post" action="/logout">' in answer.text


async def test_a_session_whose_entry_was_lost_lists_itself_again(
    site: Site, redis_server: RedisServer
) -> None:
    browser = await signed_in(site)
    redis_server.client.delete(*redis_server.keys("person:*"))
    assert "(this one)" in (await browser.get("/sessions")).page.text
    assert len(redis_server.keys("person:*:*")) == 1


async def test_what_the_list_keeps_tells_nothing_in_clear(
    site: Site, redis_server: RedisServer
) -> None:
    browser = await site.browser()
    callback = await browser.at_webex((await browser.start()).location)
    await browser.get(callback, User_Agent=FIREFOX)
    person_id = (await browser.get("/api/me")).json()["id"]
    head, entry = redis_server.keys("person:*")
    assert redis_server.dump()[head] == entry.rpartition(":")[2].encode()
    kept = entry.encode() + redis_server.dump()[entry]
    assert not any(word.encode() in kept for word in (person_id, "Firefox", "Linux", "ada@"))
