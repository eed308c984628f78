"""Webex on a bad day for somebody who is signed in: told what happened, and still signed in after."""

import re
from typing import Any

import pytest

from harness.browser_like import Browser
from harness.sandbox_control import PEOPLE_ME, SandboxControl
from tests.conftest import MakeSite
from tests.failure_answers import failure_page, problem

SANDBOX_ID = re.compile(r"SANDBOX_[0-9A-F-]{36}")
HOSTILE = "<script>alert(1)</script>"
# fault, status, title, code of the problem details
BAD_DAYS: list[tuple[dict[str, Any], int, str, str]] = [
    ({"status": 500}, 502, "Webex had a problem", "webex_failed"),
    ({"status": 503, "body": HOSTILE}, 502, "Webex had a problem", "webex_failed"),
    ({"status": 403}, 403, "Webex does not allow this", "webex_403"),
    ({"status": 429}, 503, "Webex asks for patience", "webex_busy"),
    ({"status": 423}, 503, "Webex asks for patience", "webex_busy"),
    ({"cut": "before"}, 502, "Webex cannot be reached", "webex_unreachable"),
    ({"cut": "inside"}, 502, "Webex cannot be reached", "webex_unreachable"),
    ({"delay": 5}, 504, "Webex takes too long", "webex_slow"),
    ({"endless": "drip"}, 504, "Webex takes too long", "webex_slow"),
    ({"status": 200, "body": HOSTILE}, 502, "Webex gave an unreadable answer", "webex_malformed"),
    ({"status": 200, "body": "{}"}, 502, "Webex gave an unreadable answer", "webex_malformed"),
    ({"size": 10_000_000}, 502, "Webex gave an unreadable answer", "webex_malformed"),
    ({"endless": "flood"}, 502, "Webex gave an unreadable answer", "webex_malformed"),
]


@pytest.mark.parametrize(("fault", "status", "title", "code"), BAD_DAYS, ids=str)
async def test_whatever_webex_does_a_signed_in_person_gets_a_page_and_a_program_a_problem(
    make_site: MakeSite, fault: dict[str, Any], status: int, title: str, code: str
) -> None:
    site = await make_site(WEBEX_TIMEOUT_SECONDS="1")
    browser = await site.browser()
    await browser.sign_in()
    await site.sandbox.fault(PEOPLE_ME, **fault)
    answer = await browser.get("/?a=b")
    page = failure_page(answer, status, title)
    assert page.way_on == ("Try again", "/")
    assert "alert(" not in answer.text
    members = problem(await browser.get("/api/me"), status, code)
    if "status" in fault or "size" in fault:
        assert SANDBOX_ID.fullmatch(page.particulars["Webex tracking id"])
        assert SANDBOX_ID.fullmatch(members["trackingId"])
    await site.sandbox.lift_faults()
    assert (await browser.get("/")).page.heading == "So happy to meet, Ada Lovelace !"


async def test_a_webex_that_asks_for_patience_is_quoted_within_limits(
    browser: Browser, sandbox: SandboxControl
) -> None:
    await browser.sign_in()
    for header, passed_on in (("17", "17"), ("99999", "300"), ("rand(30),add(30)", "5")):
        await sandbox.fault(PEOPLE_ME, status=429, headers={"Retry-After": header}, times=1)
        assert (await browser.get("/")).headers["Retry-After"] == passed_on


async def test_a_token_that_webex_takes_no_more_leads_to_a_new_sign_in(
    browser: Browser, sandbox: SandboxControl
) -> None:
    await browser.sign_in()
    await sandbox.expire_tokens(access=True, refresh=True)
    page = failure_page(await browser.get("/"), 401, "Your sign-in has ended")
    assert page.way_on[1] == "/login"
    await browser.sign_in()
    assert (await browser.get("/api/me")).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        r'"displayName": "Ada \ud800"',
        r'"displayName": "\u202eecalevoL adA\u0000"',
        r'"displayName": "", "nickName": null, "emails": []',
        r'"displayName": 5, "nickName": [], "emails": {"a": 1}, "avatar": false',
        r'"displayName": "<script>alert(1)</script>", "avatar": "javascript:alert(1)"',
        r'"displayName": "a", "avatar": "https://evil.example/a.png\" onerror=\"alert(1)"',
        r'"displayName": "' + "W" * 100_000 + '"',
    ],
    ids=lambda text: text[:30],
)
async def test_whatever_stands_in_a_name_there_is_a_greeting(
    browser: Browser, sandbox: SandboxControl, changes: str
) -> None:
    await browser.sign_in()
    await sandbox.fault(PEOPLE_ME, status=200, body=f'{{"id": "a", {changes}}}')
    for _ in range(2):  # from Webex, then as it was kept
        answer = await browser.get("/")
        assert answer.status == 200
        assert answer.page.heading.startswith("So happy to meet, ")
        assert "<script>alert" not in answer.text
        assert 'onerror="' not in answer.text
        assert len(answer.text) < 20_000
        assert not any("evil" in image or "javascript" in image for image in answer.page.images)
