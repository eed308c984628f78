"""What every answer carries, whatever it says: cookies' attributes, and headers that guard the page."""

import pytest

from harness.browser_like import Answer, Browser
from harness.sandbox_control import PEOPLE_ME
from harness.site import HTTPS, Site
from tests.conftest import MakeSite


async def _walk(site: Site) -> tuple[Browser, list[Answer]]:
    """Meet every kind of answer: pages, redirects, JSON, refusals, failures, unknown paths."""
    browser = await site.browser()
    answers = [await browser.get(path) for path in ("/", "/index.html", "/spaces", "/api/me")]
    for decision in ("decline", "accept"):
        start = await browser.start(next_path="/spaces")
        callback = await browser.at_webex(start.location, decision=decision)
        answers += [start, await browser.get(callback), await browser.get(callback)]
    for path in ("/", "/api/me", "/no-such-page", "/api/no-such", "/oauth", "/login?scope=x"):
        answers.append(await browser.get(path))
    for path in ("/logout", "/sessions", "/no-such"):
        answers.append(await browser.get(path))
    for _ in range(7):
        answers.append(await browser.start())
    answers.append(await browser.send("POST", "/", data={"a": "b"}))
    answers.append(await browser.send("POST", "/logout", headers={"Origin": "http://evil.example"}))
    await site.sandbox.fault(PEOPLE_ME, status=500)
    answers.append(await browser.sign_in())
    answers.append(await browser.post("/logout"))
    assert {answer.status for answer in answers} >= {
        200,
        301,
        302,
        303,
        400,
        401,
        403,
        404,
        405,
        502,
    }
    return browser, answers


@pytest.mark.parametrize("settings", [{}, HTTPS], ids=["http", "https"])
async def test_every_cookie_has_its_attributes_on_every_path_and_when_it_is_deleted(
    make_site: MakeSite, settings: dict[str, str]
) -> None:
    https = bool(settings)
    browser, answers = await _walk(await make_site(**settings))
    cookies = [cookie for answer in answers for cookie in answer.cookies]
    assert any(cookie.deletes for cookie in cookies)
    assert any(cookie.name == browser.session_name for cookie in cookies)
    for cookie in cookies:
        assert cookie.name.startswith("__Host-") is https
        assert cookie.acceptable(https=https)
        expected = {"httponly", "max-age", "path", "samesite"} | ({"secure"} if https else set())
        assert set(cookie.attributes) == expected
        assert (cookie.attributes["path"], cookie.attributes["samesite"]) == ("/", "Lax")


@pytest.mark.parametrize("settings", [{}, HTTPS], ids=["http", "https"])
async def test_every_answer_has_the_headers_that_guard_it(
    make_site: MakeSite, settings: dict[str, str]
) -> None:
    _, answers = await _walk(await make_site(**settings))
    for answer in answers:
        headers = answer.headers
        directives = dict(
            directive.strip().partition(" ")[::2]
            for directive in headers["Content-Security-Policy"].split(";")
        )
        assert directives["default-src"] == "'none'"
        assert directives["script-src"] == "'self'"
        assert directives["style-src"] == "'self'"
        assert directives["frame-ancestors"] == "'none'"
        assert directives["base-uri"] == "'none'"
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "*;" not in headers["Content-Security-Policy"].replace(" ", "")
        assert headers["X-Content-Type-Options"] == "nosniff"
        # Under no-referrer a form's origin would be null, as anybody's can be.
        page = answer.status == 200 and headers["Content-Type"].startswith("text/html")
        assert headers["Referrer-Policy"] == ("same-origin" if page else "no-referrer")
        assert page or "<form" not in answer.text
        assert headers["Cache-Control"] == "no-store"
        assert ("Strict-Transport-Security" in headers) is bool(settings)


async def test_no_answer_shows_a_stack_trace(site: Site) -> None:
    _, answers = await _walk(site)
    assert [answer for answer in answers if "Traceback" in answer.text] == []


async def test_no_page_has_script_or_style_of_its_own_or_from_elsewhere(site: Site) -> None:
    _, answers = await _walk(site)
    pages = [a.text for a in answers if a.headers.get("Content-Type", "").startswith("text/html")]
    assert len(pages) > 10
    for page in pages:
        for forbidden in (" style=", " onclick=", " onload=", "<style", "javascript:", 'src="//'):
            assert forbidden not in page
        for tag in page.split("<script")[1:]:
            assert tag.startswith(' src="/static/') or ' src="/static/' in tag.partition(">")[0]


async def test_the_cookies_of_a_signed_in_browser_stay_small(browser: Browser) -> None:
    await browser.sign_in(next_path="/" + "a" * 300)
    header = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    assert len(header) < 1024


async def test_the_whole_walk_works_over_https_with_host_cookies(make_site: MakeSite) -> None:
    site = await make_site(**HTTPS)
    browser = await site.browser()
    answer = await browser.sign_in(next_path="/spaces")
    assert answer.location == "https://greetings.example/spaces"
    assert {name.partition("-")[0] for name in browser.cookies} == {"__Host"}
    assert (await browser.get("/api/me")).json()["displayName"] == "Ada Lovelace"
    await browser.post("/logout")
    assert browser.cookies == {}


async def test_no_header_from_outside_changes_an_answer(browser: Browser) -> None:
    await browser.sign_in()
    for path in ("/", "/api/me", "/no-such-page"):
        usual = await browser.get(path, X_Request_Id="0" * 32)
        for headers in (
            {"Host": "evil.example"},
            {"X_Forwarded_Host": "evil.example"},
            {"X_Forwarded_Proto": "https", "X_Forwarded_For": "6.6.6.6"},
            {"Forwarded": "for=6.6.6.6;host=evil.example;proto=https"},
            {"X_HTTP_Method_Override": "POST", "X_Original_URL": "/logout"},
        ):
            answer = await browser.get(path, X_Request_Id="0" * 32, **headers)
            assert (answer.status, answer.text) == (usual.status, usual.text)
            assert answer.headers.get("Strict-Transport-Security") is None


@pytest.mark.parametrize("reference", ["", "short", "<script>", "G" * 32, "a" * 33, "A" * 32])
async def test_a_reference_that_the_proxy_did_not_make_is_not_shown(
    browser: Browser, reference: str
) -> None:
    answer = await browser.get("/no-such-page", X_Request_Id=reference)
    assert "Reference" not in answer.page.particulars
    assert "<script>" not in answer.text
