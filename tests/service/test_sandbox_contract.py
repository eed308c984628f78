"""Every operation of Cisco's description, asked at random: bounded, and the same in each run.

Half of the requests are what the description allows, half are not. Each is sent as it was made and again
with ids that exist, so that more than a 404 is seen.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from queue import Queue
from threading import Thread
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from tests.service.description import HERE
from tests.service.openapi import assert_valid
from tests.service.sandbox import running_sandbox
from webex_sandbox import description
from webex_sandbox.not_played import OPERATIONS

EXAMPLES = 8
DESCRIBED = json.loads(HERE.read_text(encoding="utf-8"))
# Cisco's description has parameters of these paths under other names than ours.
NOT_PLAYED = {
    operation.replace("{person_id:(?!me/?$)[^/]+}", "{}")
    for operations in OPERATIONS.values()
    for operation in operations
}


def _bare(path: str) -> str:
    parts = (("{}" if part.startswith("{") else part) for part in path.split("/"))
    return "/".join(parts)


def _is_played(method: str, path: str) -> bool:
    return f"{method} {_bare(path)}" not in {
        f"{one.partition(' ')[0]} {_bare(one.partition(' ')[2])}" for one in NOT_PLAYED
    }


@dataclass
class Running:
    """A sandbox in a process of its own, and Grace, who may do everything."""

    url: str
    http: requests.Session = field(default_factory=requests.Session)
    ids: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        """Make everything new, and learn ids that exist."""
        self.ids = {}
        self._send("POST", "/_sandbox/reset", {})
        scopes = {"email": "grace@example.com", "scopes": ["spark:all"]}
        token = self._send("POST", "/_sandbox/tokens", scopes)["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"
        room = self._send("POST", "/v1/rooms", {"title": "a room"})["id"]
        message = self._send("POST", "/v1/messages", {"roomId": room, "text": "x"})["id"]
        [member] = self._send("GET", f"/v1/memberships?roomId={room}")["items"]
        team = self._send("POST", "/v1/teams", {"name": "a team"})["id"]
        [mate] = self._send("GET", f"/v1/team/memberships?teamId={team}")["items"]
        hook = {"name": "x", "targetUrl": "http://x", "resource": "rooms", "event": "created"}
        webhook = self._send("POST", "/v1/webhooks", hook)["id"]
        card = {"type": "AdaptiveCard", "version": "1.3", "body": []}
        kind = "application/vnd.microsoft.card.adaptive"
        with_card = {"roomId": room, "attachments": [{"contentType": kind, "content": card}]}
        card_id = self._send("POST", "/v1/messages", with_card)["id"]
        action = {"type": "submit", "messageId": card_id, "inputs": {}}
        action_id = self._send("POST", "/v1/attachment/actions", action)["id"]
        self.ids = {
            "roomId": room,
            "messageId": message,
            "teamId": team,
            "webhookId": webhook,
            "personId": member["personId"],
            "membershipId": member["id"],
            "team membershipId": mate["id"],
            "card messageId": card_id,
            "id": action_id,
        }

    def known(self, path: str, names: dict[str, Any] | None) -> dict[str, Any]:
        """Put ids that exist where an operation has ids."""
        kind = {"team": "team ", "attachment": "card "}.get(path.split("/")[1], "")
        found = names or {}
        return {
            name: self.ids.get(f"{kind}{name}", self.ids.get(name, value))
            for name, value in found.items()
        }

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, self.url + path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Serve in a thread: schemathesis asks without asyncio."""
    served: Queue[str] = Queue()
    loop, enough = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with running_sandbox() as sandbox:
            served.put(sandbox.url)
            await enough.wait()

    thread = Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    with requests.Session() as http:
        yield Running(served.get(), http)
    loop.call_soon_threadsafe(enough.set)
    thread.join()
    loop.close()


def _asked() -> Iterator[Any]:
    schema = schemathesis.openapi.from_dict(DESCRIBED)
    results: list[Any] = list(schema.get_all_operations())
    for operation in (result.ok() for result in results):
        yield pytest.param(operation, GenerationMode.POSITIVE, id=f"{operation.label} right")
        described = DESCRIBED["paths"][operation.path][operation.method]
        in_query = any(one["in"] == "query" for one in described["parameters"])
        # Any text at all is an id: there is no wrong one.
        if in_query or "requestBody" in described:
            yield pytest.param(operation, GenerationMode.NEGATIVE, id=f"{operation.label} wrong")


@pytest.mark.parametrize(("operation", "mode"), list(_asked()))
def test_every_operation_answers_as_described(
    running: Running, operation: Any, mode: GenerationMode
) -> None:
    running.begin()

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        _check(case, _sent(running, case))
        case.path_parameters = running.known(operation.path, case.path_parameters)
        case.query = running.known(operation.path, case.query)
        if isinstance(case.body, dict):
            case.body = running.known(operation.path, case.body)
        _check(case, _sent(running, case))

    ask()


def _sent(running: Running, case: Any) -> Any:
    return case.call(base_url=f"{running.url}/v1", session=running.http)


def _check(case: Any, answer: Any) -> None:
    method, path = case.operation.method.upper(), case.operation.path
    if not _is_played(method, path):
        # A path that was made without its id is another address.
        assert answer.status_code in {501, 404, 405}, answer.text
        return
    assert answer.status_code < 500, answer.text
    if answer.status_code == 405:
        assert answer.headers["Allow"]
    if answer.status_code >= 400:
        assert set(answer.json()) == {"message", "errors", "trackingId"}
    elif answer.status_code == 200 and method != "DELETE" and answer.content:
        assert_valid(answer.json(), method, path)
    else:
        assert answer.status_code == 204


@pytest.mark.parametrize("path", list(DESCRIBED["paths"]))
def test_a_method_that_is_not_described_is_not_allowed(running: Running, path: str) -> None:
    running.begin()
    address = path.replace("{", "x").replace("}", "y")
    for method in {"get", "post", "put", "delete", "patch"} - DESCRIBED["paths"][path].keys():
        answer = running.http.request(method, f"{running.url}/v1{address}")
        assert answer.status_code == 405, (method, answer.text)
        allowed = set(answer.headers["Allow"].lower().split(", "))
        assert allowed - {"head"} == DESCRIBED["paths"][path].keys(), method


def test_what_is_not_played_is_described_by_cisco_and_by_nobody_else() -> None:
    described = {
        f"{method.upper()} {_bare(path)}"
        for path, methods in DESCRIBED["paths"].items()
        for method in methods
    }
    assert {f"{one.split()[0]} {_bare(one.split()[1])}" for one in NOT_PLAYED} <= described


def test_the_sandbox_says_which_description_it_is_held_against() -> None:
    assert DESCRIBED["x-sha256"] == description.SHA256
