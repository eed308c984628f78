"""What nginx does with browsers' requests about a bound session's key (nginx/binding.conf)."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from harness.stack import Stack
from local_stack.ports import HOST
from tests.system.played_service import PlayedService
from tests.system.raw_http import exchange, statuses

PATHS = ("/binding", "/binding/renewal")
PROTOCOL = {"Secure-Session-Response": "a.b.c", "Sec-Secure-Session-Id": "AAAA"}
REASON = {"Secure-Session-Skipped": 'server_error;session_identifier="AAAA"'}


@pytest.fixture
async def auth(door: Stack) -> AsyncIterator[PlayedService]:
    async with PlayedService(door.ports.auth_service[0]) as service:
        yield service


def post(path: str, **headers: str) -> bytes:
    fields = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n{fields}"
        "Connection: close\r\n\r\n"
    ).encode()


@pytest.mark.parametrize("path", PATHS)
async def test_the_protocols_headers_reach_auth_service_on_its_own_paths(
    door: Stack, auth: PlayedService, path: str
) -> None:
    answer = await exchange(door.ports.door, post(path, Cookie="a=b", X_Internal="x", **PROTOCOL))
    assert statuses(answer) == [200]
    [request] = auth.received
    assert request.line.startswith(f"POST {path} ")
    assert {name: request.values(name) for name in PROTOCOL} == {
        name: [value] for name, value in PROTOCOL.items()
    }
    assert request.values("Cookie") == ["a=b"]
    assert request.values("X-Internal") == []


async def test_on_every_other_path_they_end_at_the_door(
    door: Stack, app: PlayedService, auth: PlayedService
) -> None:
    for path in ("/", "/api/me", "/sessions", "/logout", "/login", "/binding/more", "/bindings"):
        assert statuses(await exchange(door.ports.door, post(path, **PROTOCOL, **REASON))) == [200]
    reached = [*app.received, *auth.received]
    assert len(reached) == 7
    for request in reached:
        assert not {name.lower() for name in PROTOCOL} & request.names
        # Why a browser has no proof to bring goes everywhere: it is told to try again, and gets nothing.
        assert request.values("Secure-Session-Skipped") == list(REASON.values())


@pytest.mark.parametrize("path", PATHS)
async def test_a_service_that_is_down_costs_nobody_their_key(door: Stack, path: str) -> None:
    answer = await exchange(door.ports.door, post(path, **PROTOCOL))
    assert statuses(answer) == [503]
    assert b"Retry-After: " in answer


@pytest.mark.parametrize("status", [404, 502, 503, 504])
async def test_a_replica_that_does_not_know_the_path_yet_costs_nobody_their_key(
    door: Stack, status: int
) -> None:
    """A browser forgets its key for good by a 404."""

    async def answers(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())

    async with PlayedService(door.ports.auth_service[0], answers):
        answer = await exchange(door.ports.door, post("/binding/renewal", **PROTOCOL))
    assert statuses(answer) == [503]


@pytest.mark.parametrize("status", [200, 400, 403])
async def test_what_the_protocol_means_is_passed_on_as_it_is(door: Stack, status: int) -> None:
    async def answers(writer: asyncio.StreamWriter) -> None:
        said = 'Secure-Session-Challenge: "c";id="AAAA"\r\nContent-Length: 2\r\n\r\n{}'
        writer.write(f"HTTP/1.1 {status} Said\r\n{said}".encode())

    async with PlayedService(door.ports.auth_service[0], answers):
        answer = await exchange(door.ports.door, post("/binding/renewal", **PROTOCOL))
    assert statuses(answer) == [status]
    assert b'Secure-Session-Challenge: "c";id="AAAA"' in answer
    assert answer.endswith(b"{}")


@pytest.fixture
def crowded() -> Iterator[Stack]:
    """One request at a time from an address, and one sign-in a minute."""
    with Stack(
        only=["nginx"], CONNECTIONS_PER_ADDRESS="1", SIGN_IN_RATE="1r/m", SIGN_IN_BURST="1"
    ) as running:
        yield running


async def test_too_many_requests_of_an_address_are_no_429_for_a_renewal(crowded: Stack) -> None:
    waiting, go = asyncio.Event(), asyncio.Event()

    async def holds(_: asyncio.StreamWriter) -> None:
        waiting.set()
        await go.wait()

    port = crowded.ports.door
    async with PlayedService(crowded.ports.app_service[0], holds):
        _, held = await asyncio.open_connection(HOST, port)
        held.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await waiting.wait()
        assert statuses(await exchange(port, post("/sessions"))) == [429]
        for path in PATHS:
            assert statuses(await exchange(port, post(path, **PROTOCOL))) == [503]
        go.set()
        held.close()


async def test_renewals_are_not_counted_with_the_sign_ins(crowded: Stack) -> None:
    async with PlayedService(crowded.ports.auth_service[0]) as auth:
        for _ in range(5):
            answer = await exchange(crowded.ports.door, post("/binding/renewal", **PROTOCOL))
            assert statuses(answer) == [200]
        assert len(auth.received) == 5
