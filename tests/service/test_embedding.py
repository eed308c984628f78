"""A session for a frame in another site's page: given by a press, to our own frame, once.

Window and frame are two browsers here: a frame's cookies are kept apart from those of the window.
"""

import json
import re
from urllib.parse import urlencode

import pytest

from app_service.settings import SANDBOX_BOT_TOKEN, SANDBOX_SPACE_ID
from app_service.visitor.permission import FOR_WIDGET
from harness.browser_like import Answer, Browser
from harness.redis_server import RedisServer
from harness.sandbox_control import REVOKE
from harness.site import HTTPS, Site
from tests.conftest import MakeSite
from tests.failure_answers import failure_page, problem

PORTAL = "https://portal.example"
START = f"/embed/sign-in?{urlencode({'origin': PORTAL, 'scope': ' '.join(FOR_WIDGET)})}"
CONFIRM = f"/embed/confirm?{urlencode({'origin': PORTAL})}"
PRESSED = {"Sec_Fetch_Site": "same-origin", "X_Requested_With": "embed"}


@pytest.fixture
async def site(make_site: MakeSite) -> Site:
    return await make_site(
        **HTTPS,
        EMBED_ORIGINS=f"{PORTAL} https://intranet.example:8443",
        SPACE_ID=SANDBOX_SPACE_ID,
        BOT_TOKEN=SANDBOX_BOT_TOKEN,
    )


async def come_back(window: Browser, email: str = "ada@example.com") -> Answer:
    """Sign in in the window, up to the callback's answer."""
    start = await window.get(START)
    assert start.status == 302, start.page.text
    return await window.get(await window.at_webex(start.location, email))


async def press(window: Browser) -> str:
    """Press in the window; the code that it gives to its opener."""
    page = (await window.post("/embed/confirm")).text
    code = re.search(r'data-code="([^"]+)"', page)
    assert code, page
    return code[1]


async def take(frame: Browser, code: object, **headers: str) -> Answer:
    body = json.dumps({"code": code}).encode()
    sent = PRESSED | {"Content_Type": "application/json"} | headers
    return await frame.send("POST", "/embed/session", headers=sent, data=body)


async def test_head_starts_nothing_for_a_frame(site: Site) -> None:
    window = await site.browser()
    for path, status in ((START, 302), (CONFIRM, 403)):
        asked = await window.send("HEAD", path)
        assert (asked.status, asked.cookies) == (status, [])


async def test_a_press_gives_the_frame_a_session_of_its_own(site: Site) -> None:
    window, frame = await site.browser(), await site.browser()
    back = await come_back(window)
    assert (back.status, back.location) == (303, f"{HTTPS['PUBLIC_URL']}{CONFIRM}")
    assert back.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
    page = (await window.get(CONFIRM)).page
    assert "portal.example" in page.text
    assert "Ada Lovelace" in page.text
    answer = await take(frame, await press(window))
    assert answer.status == 204
    (cookie,) = answer.cookies
    assert cookie.name == "__Host-Http-embed"
    assert cookie.attributes.keys() >= {"partitioned", "secure", "httponly"}
    assert cookie.attributes["samesite"] == "None"


async def test_nobody_is_signed_in_at_the_site_itself_by_it(site: Site) -> None:
    window = await site.browser()
    await come_back(window)
    assert "__Host-Http-session" not in window.cookies
    assert (await window.get("/api/me", Accept="application/json")).status == 401


async def test_who_is_signed_in_already_stays_so_and_the_frame_has_a_grant_of_its_own(
    site: Site, redis_server: RedisServer
) -> None:
    window, frame = await site.browser(), await site.browser()
    await window.sign_in()
    await come_back(window)
    await take(frame, await press(window))
    assert (await window.get("/api/me")).status == 200
    assert window.cookies["__Host-Http-session"] != frame.cookies["__Host-Http-embed"]
    assert len(redis_server.keys("session:*")) == 2


async def test_it_is_listed_with_the_page_that_it_is_in_and_ended_from_there(site: Site) -> None:
    window, frame = await site.browser(), await site.browser()
    await come_back(window)
    await take(frame, await press(window))
    await window.sign_in()
    assert "in a page of portal.example" in (await window.get("/sessions")).page.text
    await window.post("/sessions/end", {"session": "others"})
    assert "in a page of" not in (await window.get("/sessions")).page.text


async def test_a_code_is_good_once(site: Site) -> None:
    window, frame, other = await site.browser(), await site.browser(), await site.browser()
    await come_back(window)
    code = await press(window)
    assert (await take(frame, code)).status == 204
    problem(await take(other, code, Accept="application/json"), 400, "code_not_valid")


async def test_a_grant_gives_one_session_however_often_it_is_pressed(site: Site) -> None:
    window, frame = await site.browser(), await site.browser()
    await come_back(window)
    first, second = await press(window), await press(window)
    assert (await take(frame, second)).status == 204
    assert (await take(frame, first)).status == 400
    failure_page(await window.get(CONFIRM), 403, "There is nothing to allow here")
    failure_page(await window.post("/embed/confirm"), 403, "There is nothing to allow here")


async def test_a_window_whose_tie_was_cut_needs_no_second_sign_in(site: Site) -> None:
    window = await site.browser()
    await come_back(window)
    again = await window.get(START)
    assert (again.status, again.location) == (303, f"{HTTPS['PUBLIC_URL']}{CONFIRM}")


async def test_a_window_for_one_page_gives_nothing_to_another(site: Site) -> None:
    window = await site.browser()
    await come_back(window)
    other = urlencode({"origin": "https://intranet.example:8443"})
    assert (await window.get(f"/embed/sign-in?{other}")).status == 302
    failure_page(await window.get(f"/embed/confirm?{other}"), 403, "There is nothing to allow here")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "https://portal.example.evil.example", "", "null"]
)
async def test_a_page_that_is_not_listed_gets_no_sign_in(site: Site, origin: str) -> None:
    window = await site.browser()
    for path in ("/embed/sign-in", "/embed/confirm"):
        answer = await window.get(f"{path}?{urlencode({'origin': origin})}")
        failure_page(answer, 403, "This site is not shown in that page")
    assert window.cookies == {}


async def test_a_link_of_an_attacker_leads_to_no_grant(site: Site) -> None:
    """A signed-in victim opens what somebody sent: nothing leads to a press but a window's own sign-in."""
    victim = await site.browser()
    await victim.sign_in(next_path=CONFIRM)
    failure_page(await victim.get(CONFIRM), 403, "There is nothing to allow here")
    answer = await victim.send("POST", "/embed/confirm", headers={"Sec_Fetch_Site": "cross-site"})
    assert answer.status == 403


@pytest.mark.parametrize(
    "headers",
    [{"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"X_Requested_With": ""}],
)
async def test_nobody_but_our_frame_uses_a_code_or_signs_out(
    site: Site, headers: dict[str, str]
) -> None:
    window, frame = await site.browser(), await site.browser()
    await come_back(window)
    code = await press(window)
    assert (await take(frame, code, **headers)).status == 403
    assert (await take(frame, code)).status == 204
    assert (await frame.send("POST", "/embed/logout", headers=PRESSED | headers)).status == 403
    assert "__Host-Http-embed" in frame.cookies


async def test_signing_out_in_the_frame_ends_it_here_and_at_webex(
    site: Site, redis_server: RedisServer
) -> None:
    window, frame = await site.browser(), await site.browser()
    await come_back(window)
    await take(frame, await press(window))
    answer = await frame.send("POST", "/embed/logout", headers=PRESSED)
    assert answer.status == 204
    assert frame.cookies == {}
    assert redis_server.keys("session:*") == []
    assert await site.sandbox.calls(REVOKE) == 2


@pytest.mark.parametrize("code", ["", "1." + "A" * 64, None, 1, {}])
async def test_what_is_no_code_of_ours_opens_nothing(site: Site, code: object) -> None:
    answer = await take(await site.browser(), code, Accept="application/json")
    problem(answer, 400, "code_not_valid")


async def test_redis_holds_no_ticket_and_no_code_in_clear(
    site: Site, redis_server: RedisServer
) -> None:
    window, frame = await site.browser(), await site.browser()
    await come_back(window)
    code = await press(window)
    await take(frame, code)
    ticket = frame.cookies["__Host-Http-embed"]
    everything = b"".join(key.encode() + value for key, value in redis_server.dump().items())
    for secret in (code, ticket, PORTAL):
        assert secret.encode() not in everything


async def test_without_the_setting_there_is_nothing_of_it(make_site: MakeSite) -> None:
    browser = await (await make_site(**HTTPS)).browser()
    failure_page(await browser.get(START), 404, "Nothing is shown in other pages")
    answer = await browser.get("/")
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


async def framed(window: Browser, frame: Browser, email: str = "ada@example.com") -> None:
    """Sign in in the window, for the frame."""
    await come_back(window, email)
    assert (await take(frame, await press(window))).status == 204


async def test_the_frame_shows_the_space_and_what_it_needs_under_its_own_addresses(
    site: Site,
) -> None:
    window, frame = await site.browser(), await site.browser()
    asked = await frame.get("/embed/widget")
    assert "Start OAuth flow" in asked.text
    assert asked.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    await framed(window, frame)
    page = await frame.get("/embed/widget")
    assert page.page.heading == "Upcoming events"
    policy = page.headers["Content-Security-Policy"]
    assert f"frame-ancestors {PORTAL} https://intranet.example:8443;" in policy
    ours = re.findall(r'(?:href|src|action|data-page|data-api)="(/[^"]*)"', page.text)
    assert ours
    assert [path for path in ours if not path.startswith(("/embed/", "/static/"))] == []
    file = re.search(r'href="(/embed/widget/files/[^"]+)"', page.text)
    assert file
    assert (await frame.get(file[1])).status == 200


async def test_the_frame_reads_and_writes_with_its_own_session(site: Site) -> None:
    window, frame = await site.browser(), await site.browser()
    await framed(window, frame)
    await frame.get("/embed/widget")
    body = json.dumps({"markdown": "From a frame"}).encode()
    headers = PRESSED | {"Content_Type": "application/json"}
    answer = await frame.send("POST", "/embed/api/space/messages", headers=headers, data=body)
    assert answer.status == 200, answer.text
    assert "From a frame" in (await frame.get("/embed/api/space/messages")).text
    refused = await frame.send(
        "POST",
        "/embed/api/space/messages",
        headers=headers | {"Sec_Fetch_Site": "cross-site"},
        data=body,
    )
    assert refused.status == 403


async def test_neither_session_counts_where_the_other_one_does(site: Site) -> None:
    window, frame = await site.browser(), await site.browser()
    await framed(window, frame)
    for path in ("/api/me", "/api/space/messages"):
        problem(await frame.get(path), 401, "not_signed_in")
    signed_in = await site.browser()
    await signed_in.sign_in()
    problem(await signed_in.get("/embed/api/space/messages"), 401, "not_signed_in")
    assert "Start OAuth flow" in (await signed_in.get("/embed/widget")).text
    signed_in.cookies["__Host-Http-session"] = frame.cookies["__Host-Http-embed"]
    assert (await signed_in.get("/embed/api/space/messages")).status == 401


async def test_a_space_that_the_page_names_is_shown_if_it_is_the_persons(site: Site) -> None:
    window, frame = await site.browser(), await site.browser()
    named = await frame.get("/embed/widget?space=AnyId")
    assert (named.status, named.location) == (303, "/embed/spaces/AnyId")
    await framed(window, frame)
    page = failure_page(
        await frame.get("/embed/spaces/AnyId"), 404, "This space is not among yours"
    )
    assert page.way_on[1].startswith("/embed/")


async def test_the_script_for_other_pages_can_be_loaded_there(site: Site) -> None:
    answer = await (await site.browser()).get("/embed.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "/embed/widget" in answer.text


async def test_what_is_not_for_frames_is_shown_in_none(site: Site) -> None:
    browser = await site.browser()
    for path in ("/", "/embed/sign-in", "/embed/confirm", "/login", "/oauth"):
        policy = (await browser.get(path)).headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
    assert (await browser.get("/")).headers["Cross-Origin-Opener-Policy"] == "same-origin"
