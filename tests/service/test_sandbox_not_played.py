"""What the sandbox leaves out says so, and what an address answers is told."""

from collections.abc import AsyncIterator

import pytest

from tests.service.sandbox import Sandbox, assert_webex_error, running_sandbox
from webex_sandbox.not_played import FOLDERS, OPERATIONS


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


@pytest.mark.parametrize(
    ("what", "method", "path"),
    [
        (what, *operation.replace("{person_id:(?!me/?$)[^/]+}", "{id}").split())
        for what, operations in OPERATIONS.items()
        for operation in operations
    ],
)
async def test_what_is_not_played_says_so(
    sandbox: Sandbox, what: str, method: str, path: str
) -> None:
    answer = await sandbox.request(method, f"/v1{path.replace('{', 'x').replace('}', 'y')}")
    assert_webex_error(answer, 501)
    assert answer.data["message"] == f"The sandbox does not play {what}."


@pytest.mark.parametrize("folder", FOLDERS)
async def test_other_parts_of_webex_are_not_played_either(sandbox: Sandbox, folder: str) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("DELETE", "/x/y")):
        answer = await sandbox.request(method, f"/v1/{folder}{path}")
        assert_webex_error(answer, 501)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/v1/rooms", "GET, HEAD, POST"),
        ("GET", "/v1/access_token", "POST"),
        ("PUT", "/v1/people/me", "GET, HEAD"),
        ("POST", "/healthz", "GET, HEAD"),
        ("DELETE", "/v1/messages/", "GET, HEAD, POST"),
    ],
)
async def test_a_method_that_is_not_there_gets_405_with_those_that_are(
    sandbox: Sandbox, method: str, path: str, allowed: str
) -> None:
    """RFC 9110 section 15.5.6."""
    answer = await sandbox.request(method, path)
    assert (answer.status, answer.headers["Allow"]) == (405, allowed)
