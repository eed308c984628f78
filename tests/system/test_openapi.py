"""The API's description at /api/openapi.json is what the API does: schemathesis asks and compares."""

from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from harness.browser_like import Browser
from harness.stack import Stack

CHECKS = (
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
# They end when the session does, and schemathesis waits for the end.
ENDLESS = {"/api/space/events", "/api/spaces/{space}/events"}
SCOPES = (
    "spark:rooms_read spark:memberships_read spark:messages_read spark:messages_write spark:kms"
)
EXAMPLES = settings(
    max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


async def described(browser: Browser) -> dict[str, Any]:
    answer = await browser.get("/api/openapi.json")
    assert answer.status == 200
    return dict(answer.json())


async def ask(browser: Browser, stack: Stack, document: dict[str, Any]) -> list[str]:
    """Ask every operation with what it may be asked; return those that were asked."""
    cookies = dict(browser.cookies)
    asked = []
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = cast("Any", found).ok()
        if operation.path in ENDLESS:
            continue
        asked.append(operation.label)

        @EXAMPLES
        @given(case=operation.as_strategy())
        def holds(case: Any) -> None:
            answer = case.call(base_url=stack.url, cookies=cookies)
            case.validate_response(answer, checks=CHECKS)

        holds()
    return asked


@pytest.mark.parametrize("signed_in", [False, True], ids=["a stranger", "somebody signed in"])
async def test_every_answer_is_one_that_the_description_promises(
    stack: Stack, browser: Browser, *, signed_in: bool
) -> None:
    if signed_in:
        await browser.sign_in(scope=SCOPES)
        # It adds people to the space.
        assert (await browser.visit("/widget")).status == 200
    document = await described(browser)
    asked = await ask(browser, stack, document)
    assert len(asked) == sum(
        len(each) for path, each in document["paths"].items() if path not in ENDLESS
    )


async def test_the_description_names_every_address_for_programs(browser: Browser) -> None:
    document = await described(browser)
    assert document["openapi"].startswith("3.1")
    assert {"/api/me", "/api/openapi.json", *ENDLESS, "/api/webhook"} <= set(document["paths"])
    operations = [each for path in document["paths"].values() for each in path.values()]
    assert all(each["summary"] and each["responses"] for each in operations)


@pytest.mark.parametrize("path", ["/nope", "/spaces", "/static/nope.css", "/login/nope"])
@pytest.mark.parametrize("accept", ["application/json", "application/problem+json, */*;q=0.1"])
async def test_whoever_asks_for_json_gets_every_error_as_a_problem(
    browser: Browser, path: str, accept: str
) -> None:
    answer = await browser.get(path, Accept=accept)
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.json()["status"] == answer.status
    assert answer.status in (401, 404)


@pytest.mark.parametrize("accept", ["text/html,application/json;q=0.9", "*/*", ""])
async def test_whoever_takes_a_page_gets_a_page(browser: Browser, accept: str) -> None:
    for path in ("/nope", "/static/nope.css"):
        answer = await browser.get(path, Accept=accept)
        assert answer.headers["Content-Type"].startswith("text/html")
