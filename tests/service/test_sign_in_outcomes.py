"""Every way a sign-in can end has a page: the right status, what to check, a tracking id, a way on."""

import re
import time
from types import SimpleNamespace
from typing import Any, Literal
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from aioresponses import aioresponses
from yarl import URL

from auth_service.sign_in import pending
from harness.browser_like import Answer, Browser
from harness.redis_server import RedisServer
from harness.sandbox_control import EXCHANGE, PEOPLE_ME, REVOKE, SandboxControl
from tests.conftest import MakeSite
from tests.failure_answers import failure_page

NEXT = "/spaces?tab=2"
START_AGAIN = ("Start OAuth flow again", "/login?next=%2Fspaces%3Ftab%3D2")
FROM_THE_START = ("Start OAuth flow again", "/login")
HOSTILE = "<script>alert('x')</script>"
SANDBOX_ID = re.compile(r"SANDBOX_[0-9A-F-]{36}")

SLOW = (504, "Webex takes too long")
UNREACHABLE = (502, "Webex cannot be reached")
UNREADABLE = (502, "Webex gave an unreadable answer")
TROUBLE = (502, "Webex had a problem")
HTML = {"status": 200, "content_type": "text/html", "body": f"<html>{HOSTILE}</html>"}
# What Webex does on a bad day, and what a person is told, wherever in the sign-in it happens.
BAD_DAYS: list[tuple[dict[str, Any], tuple[int, str]]] = [
    ({"status": 500}, TROUBLE),
    ({"status": 502, "content_type": "text/html", "body": f"<html>{HOSTILE}</html>"}, TROUBLE),
    ({"status": 500, "body": f'{{"message": "{HOSTILE}", "trackingId": "{HOSTILE}"}}'}, TROUBLE),
    ({"status": 503}, TROUBLE),
    ({"status": 404}, TROUBLE),
    ({"status": 302, "headers": {"Location": "https://evil.example/"}}, TROUBLE),
    ({"status": 429, "headers": {"Retry-After": "7"}}, (503, "Webex asks for patience")),
    ({"status": 423}, (503, "Webex asks for patience")),
    ({"cut": "before"}, UNREACHABLE),
    ({"cut": "inside"}, UNREACHABLE),
    ({"delay": 5}, SLOW),
    ({"endless": "drip"}, SLOW),
    (HTML, UNREADABLE),
    ({"status": 200, "body": "[]"}, UNREADABLE),
    ({"status": 200, "body": "{}"}, UNREADABLE),
    ({"status": 200, "body": ""}, UNREADABLE),
    ({"status": 200, "body": '{"id": 5, "access_token": 5}'}, UNREADABLE),
    ({"status": 200, "body": '{"id": "", "access_token": "a\\r\\nb"}'}, UNREADABLE),
    ({"size": 10_000_000}, UNREADABLE),
    ({"endless": "flood"}, UNREADABLE),
]


def name_of(case: object) -> str | None:
    if isinstance(case, dict):
        return "-".join(f"{key}={str(value)[:12]}" for key, value in case.items())
    return ""


def state_in(start: Answer) -> str:
    return parse_qs(urlsplit(start.location).query)["state"][0]


async def callback(browser: Browser, **parameters: str) -> Answer:
    """Start a sign-in and come back with these parameters, and with its own state."""
    start = await browser.start(next_path=NEXT)
    return await browser.get(f"/oauth?{urlencode({'state': state_in(start), **parameters})}")


async def test_who_declines_gets_a_page_and_no_session(
    browser: Browser, sandbox: SandboxControl, redis_server: RedisServer
) -> None:
    start = await browser.start(next_path=NEXT)
    answer = await browser.get(await browser.at_webex(start.location, decision="decline"))
    page = failure_page(answer, 403, "You declined")
    assert page.way_on == START_AGAIN
    assert page.checks
    assert browser.session_cookie is None
    assert redis_server.keys("session:*") == []
    assert await sandbox.calls(EXCHANGE) == 0


async def test_who_declined_may_change_their_mind(browser: Browser) -> None:
    start = await browser.start(next_path=NEXT)
    declined = await browser.get(await browser.at_webex(start.location, decision="decline"))
    again = await browser.get(declined.page.way_on[1])
    finished = await browser.get(await browser.at_webex(again.location))
    assert finished.location == f"{browser.public_url}{NEXT}"


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        ("access_denied", 403, "You declined"),
        ("invalid_scope", 400, "Webex does not know a scope that was asked for"),
        ("server_error", 502, "Webex had a problem"),
        ("temporarily_unavailable", 502, "Webex had a problem"),
        ("login_required", 401, "Webex wants you to sign in"),
        ("something_new", 400, "Webex did not sign you in"),
        (HOSTILE, 400, "Webex did not sign you in"),
    ],
)
async def test_every_error_that_webex_sends_back_has_a_page(
    browser: Browser, sandbox: SandboxControl, error: str, status: int, title: str
) -> None:
    answer = await callback(browser, error=error, error_description=HOSTILE * 20)
    page = failure_page(answer, status, title)
    assert page.checks
    assert page.way_on == START_AGAIN
    assert "alert(" not in answer.text
    assert browser.session_cookie is None
    assert await sandbox.calls(EXCHANGE) == 0


@pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable"])
async def test_trouble_at_webex_is_called_by_the_name_that_webex_gave_it(
    browser: Browser, error: str
) -> None:
    assert f"Webex answered {error} " in (await callback(browser, error=error)).page.text


async def test_a_scope_that_webex_does_not_know_says_where_to_look(make_site: MakeSite) -> None:
    site = await make_site(SCOPES="spark:people_read spark:unheard_of")
    browser = await site.browser()
    answer = await browser.sign_in(next_path=NEXT)
    page = failure_page(answer, 400, "Webex does not know a scope that was asked for")
    assert any("SCOPES" in line for line in page.checks)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "code=c",
        "state=s",
        "code=&state=s",
        "code=c&state=",
        "code=c&code=d&state=s",
        "code=c&state=s&state=s",
        "code=c&state=s&error=access_denied",
        "error=a&error=b&state=s",
        f"code={'c' * 2049}&state=s",
        f"code=c&state={'s' * 2049}",
        "code[]=c&state[]=s",
        "CODE=c&STATE=s",
        "code=%00&state=%00",
        "code=%ED%A0%80&state=%ED%A0%80",
        "code=%FF%FE&state=%FF",
        "code=c&state=" + "%F0%9F%98%80" * 100,
        "code=c&state=a%0d%0ab",
        "error=%ED%A0%80",
    ],
)
async def test_a_callback_with_wrong_parameters_has_a_page(
    browser: Browser, sandbox: SandboxControl, query: str
) -> None:
    await browser.start()
    page = failure_page(await browser.get(f"/oauth?{query}"), 400, "This is not a valid callback")
    assert page.way_on == FROM_THE_START
    assert await sandbox.calls(EXCHANGE) == 0


@pytest.mark.parametrize(
    "query",
    [
        "code=c&state=..%2F..%2Fetc",
        "error=access_denied",
    ],
)
async def test_a_callback_with_odd_characters_belongs_to_no_sign_in(
    browser: Browser, sandbox: SandboxControl, query: str
) -> None:
    await browser.start()
    answer = await browser.get(f"/oauth?{query}")
    failure_page(answer, 400, "This sign-in was not started in this browser")
    assert await sandbox.calls(EXCHANGE) == 0


async def test_a_client_without_cookies_is_told_so_and_does_not_go_in_circles(
    browser: Browser, sandbox: SandboxControl
) -> None:
    for _ in range(3):
        start = await browser.start(next_path=NEXT)
        back = await browser.at_webex(start.location)
        browser.cookies.clear()
        answer = await browser.get(back)
        page = failure_page(answer, 400, "Your browser did not send the sign-in cookie")
        assert any("blocked" in line for line in page.checks)
    assert await sandbox.calls(EXCHANGE) == 0


async def test_who_started_at_another_address_is_told_so_although_some_cookie_came(
    browser: Browser, sandbox: SandboxControl
) -> None:
    """Started at 127.0.0.1, come back at localhost, where the sandbox has left a cookie of its own."""
    back = await browser.at_webex((await browser.start()).location)
    browser.cookies.clear()
    browser.cookies["webex_sandbox_login"] = "of-another-port"
    page = failure_page(
        await browser.get(back), 400, "This sign-in was not started in this browser"
    )
    assert any("127.0.0.1 instead of localhost" in line for line in page.checks)
    assert await sandbox.calls(EXCHANGE) == 0


async def test_a_sign_in_that_took_too_long_keeps_where_the_person_wanted_to_go(
    browser: Browser, sandbox: SandboxControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = await browser.start(next_path=NEXT)
    back = await browser.at_webex(start.location)
    later = time.time() + pending.VALID_SECONDS + 1
    monkeypatch.setattr(pending, "time", SimpleNamespace(time=lambda: later))
    page = failure_page(await browser.get(back), 400, "This sign-in took too long")
    assert page.way_on == START_AGAIN
    assert await sandbox.calls(EXCHANGE) == 0


@pytest.mark.parametrize(
    ("decision", "failed"),
    [("decline", (403, "You declined")), ("accept", (502, "Webex had a problem"))],
)
async def test_loading_a_failed_callback_again_still_says_what_to_do(
    browser: Browser,
    sandbox: SandboxControl,
    redis_server: RedisServer,
    decision: Literal["accept", "decline"],
    failed: tuple[int, str],
) -> None:
    """The same for 30 seconds, and then that it was used."""
    await sandbox.fault(EXCHANGE, status=500)
    start = await browser.start(next_path=NEXT)
    back = await browser.at_webex(start.location, decision=decision)
    for _ in range(3):
        assert failure_page(await browser.get(back), *failed).way_on == START_AGAIN
    redis_server.client.delete(*redis_server.keys("signin:end:*"))
    for _ in range(2):
        page = failure_page(await browser.get(back), 400, "This sign-in was already used")
        assert page.way_on == START_AGAIN
    assert await sandbox.calls(EXCHANGE) == (1 if decision == "accept" else 0)


async def test_a_used_sign_in_keeps_where_the_person_wanted_to_go(
    browser: Browser, sandbox: SandboxControl
) -> None:
    start = await browser.start(next_path=NEXT)
    back = await browser.at_webex(start.location)
    await browser.get(back)
    del browser.cookies[browser.session_name]
    page = failure_page(await browser.get(back), 400, "This sign-in was already used")
    assert page.way_on == START_AGAIN
    assert await sandbox.calls(EXCHANGE) == 1


@pytest.mark.parametrize(("fault", "told"), BAD_DAYS, ids=name_of)
@pytest.mark.parametrize("route", [EXCHANGE, PEOPLE_ME])
async def test_whatever_webex_does_in_the_middle_of_a_sign_in_has_a_page(
    make_site: MakeSite,
    redis_server: RedisServer,
    route: str,
    fault: dict[str, Any],
    told: tuple[int, str],
) -> None:
    site = await make_site(WEBEX_TIMEOUT_SECONDS="1")
    browser = await site.browser()
    await site.sandbox.fault(route, **fault)
    answer = await browser.sign_in(next_path=NEXT)
    page = failure_page(answer, *told)
    assert page.way_on[1] == START_AGAIN[1]
    assert page.checks
    assert "alert(" not in answer.text
    assert browser.session_cookie is None
    assert redis_server.keys("session:*") == []
    answers_at_all = told[0] != 504 and "cut" not in fault
    assert (
        bool(SANDBOX_ID.fullmatch(page.particulars.get("Webex tracking id", ""))) is answers_at_all
    )
    if told[0] in (503, 504):
        assert answer.headers["Retry-After"] == fault.get("headers", {}).get("Retry-After", "5")


async def test_a_person_webex_refuses_to_name_leaves_no_token_behind(
    browser: Browser, sandbox: SandboxControl
) -> None:
    await sandbox.fault(PEOPLE_ME, status=500)
    await browser.sign_in()
    assert await sandbox.calls(REVOKE) == 2


async def test_after_a_bad_day_the_way_on_leads_to_a_good_one(
    browser: Browser, sandbox: SandboxControl
) -> None:
    await sandbox.fault(EXCHANGE, status=503)
    answer = await browser.sign_in(next_path=NEXT)
    await sandbox.lift_faults()
    again = await browser.get(answer.page.way_on[1])
    assert (await browser.get(await browser.at_webex(again.location))).location.endswith(NEXT)


async def test_a_refused_code_names_the_usual_causes(browser: Browser) -> None:
    page = failure_page(
        await callback(browser, code="not-a-code"), 400, "Webex refused the authorization code"
    )
    assert page.way_on == START_AGAIN
    assert SANDBOX_ID.fullmatch(page.particulars["Webex tracking id"])
    assert any("REDIRECT_URI" in line for line in page.checks)
    assert any("CLIENT_SECRET" in line for line in page.checks)


async def test_a_wrong_secret_is_called_a_wrong_secret(
    browser: Browser, sandbox: SandboxControl
) -> None:
    await sandbox.fault(EXCHANGE, status=401)
    page = failure_page(
        await browser.sign_in(next_path=NEXT),
        500,
        "Webex does not accept this integration's secret",
    )
    assert page.way_on == START_AGAIN
    assert any("CLIENT_ID and CLIENT_SECRET" in line for line in page.checks)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (401, (401, "Webex does not accept this sign-in any more")),
        (403, (403, "Webex does not allow this")),
    ],
)
async def test_a_new_token_that_webex_does_not_take_has_a_page(
    browser: Browser, sandbox: SandboxControl, status: int, told: tuple[int, str]
) -> None:
    await sandbox.fault(PEOPLE_ME, status=status)
    page = failure_page(await browser.sign_in(next_path=NEXT), *told)
    assert page.way_on[1] == START_AGAIN[1]
    assert SANDBOX_ID.fullmatch(page.particulars["Webex tracking id"])


async def test_a_sign_in_without_the_scope_to_read_names_says_so(make_site: MakeSite) -> None:
    site = await make_site(SCOPES="spark:rooms_read")
    browser = await site.browser()
    page = failure_page(await browser.sign_in(), 403, "Webex does not allow this")
    assert any("SCOPES" in line for line in page.checks)


async def test_a_token_answer_with_only_an_access_token_is_enough(
    browser: Browser, sandbox: SandboxControl
) -> None:
    fields = ["expires_in", "refresh_token", "refresh_token_expires_in", "token_type", "scope"]
    await sandbox.policy(omit=fields)
    await browser.sign_in()
    assert (await browser.get("/api/me")).status == 200


async def test_a_webex_that_is_not_there_at_all_has_a_page(make_site: MakeSite) -> None:
    site = await make_site(
        CLIENT_ID="insecure-id", CLIENT_SECRET="insecure", WEBEX_API_URL="http://127.0.0.1:9/v1"
    )
    browser = await site.browser()
    page = failure_page(await callback(browser, code="c"), *UNREACHABLE)
    assert page.way_on == START_AGAIN


async def test_with_an_integration_the_same_steps_go_to_webex_itself(
    make_site: MakeSite, webex: aioresponses
) -> None:
    """No sandbox is involved: these are the addresses and shapes of Webex's documentation."""
    site = await make_site(CLIENT_ID="insecure-id", CLIENT_SECRET="insecure-secret")
    browser = await site.browser()
    webex.post(
        "https://webexapis.com/v1/access_token",
        payload={"access_token": "YQ_PF84_1eb65fdf", "expires_in": 64799, "token_type": "Bearer"},
    )
    person = {"id": "Y2lz", "displayName": "Ada", "emails": ["ada@example.com"], "type": "person"}
    webex.get("https://webexapis.com/v1/people/me", payload=person, repeat=True)
    revoke = "https://idbroker.webex.com/idb/oauth2/v1/revoke"
    webex.post(revoke, payload={})
    start = await browser.start()
    assert start.location.startswith("https://webexapis.com/v1/authorize?response_type=code&")
    await browser.get(f"/oauth?code=c&state={state_in(start)}")
    assert (await browser.get("/")).page.heading == "So happy to meet, Ada !"
    assert (await browser.post("/logout")).status == 303
    (request,) = webex.requests["POST", URL(revoke)]
    assert parse_qs(request.kwargs["data"].decode(), strict_parsing=True) == {
        "token": ["YQ_PF84_1eb65fdf"],
        "token_type_hint": ["access_token"],
    }
    basic = "Basic aW5zZWN1cmUtaWQ6aW5zZWN1cmUtc2VjcmV0"
    assert request.kwargs["headers"]["Authorization"] == basic
