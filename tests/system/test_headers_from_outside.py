"""Which headers of a request reach a service, and which are the door's own word."""

import re

from harness.stack import Stack
from tests.system.played_service import PlayedService, Received
from tests.system.raw_http import exchange, statuses

# What proxies, platforms and frameworks have believed at one time or another.
CLAIMS = """
X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-Forwarded-Port X-Forwarded-Prefix X-Forwarded-Path
X-Forwarded-Server X-Forwarded-Ssl X-Forwarded-Scheme X-Forwarded-Uri X-Forwarded-Method X-Forwarded-User
X-Forwarded-Email X-Forwarded-Groups X-Forwarded-Preferred-Username X-Forwarded-Access-Token X-Forwarded
X-Forwarded-By X-Forwarded-Anything Forwarded Forwarded-For X_Forwarded_For X_Forwarded_Host
X-Forwarded_Host HTTP_X_FORWARDED_FOR x-FORWARDED-for X-Real-IP X-Client-IP X-Cluster-Client-IP
True-Client-IP CF-Connecting-IP Fastly-Client-IP X-ProxyUser-IP X-Host X-Original-Host X-Original-URL
X-Rewrite-URL X-HTTP-Method-Override X-Method-Override X-Auth-Request-User X-Auth-Request-Email
X-Remote-User Remote-User X-Request-Id X-Correlation-Id Front-End-Https X-URL-Scheme X-Scheme Via
Authorization Proxy-Authorization Proxy Upgrade TE Trailer Keep-Alive Expect-CT X-Internal
""".split()  # noqa: SIM905 - so many names read better as text
USEFUL = {
    "Accept": "text/html",
    "Accept-Language": "de",
    "Cookie": "session=1",
    "If-None-Match": '"x"',
    "Last-Event-ID": "7",
    "Origin": "http://localhost",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Purpose": "prefetch;prerender",
    "Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "User-Agent": "tester",
    "X-Requested-With": "fetch",
    "X-Spark-Signature": "0123456789abcdef0123456789abcdef01234567",
    "X-Webex-Signature": "sha256=0123456789abcdef, sha512=0123456789abcdef",
}


async def received(door: Stack, app: PlayedService, *fields: str, path: str = "/") -> Received:
    head = "\r\n".join([f"GET {path} HTTP/1.1", "Host: localhost", *fields, "Connection: close"])
    answer = await exchange(door.ports.door, f"{head}\r\n\r\n".encode())
    assert statuses(answer) == [200], answer
    return app.received[-1]


async def test_no_claim_about_client_host_or_person_reaches_a_service(
    door: Stack, app: PlayedService
) -> None:
    without = await received(door, app)
    for claim in CLAIMS:
        claimed = await received(door, app, f"{claim}: evil.example")
        assert claimed.names == without.names, claim
        assert "evil" not in str(claimed), claim


async def test_the_door_says_itself_who_asked_and_how(door: Stack, app: PlayedService) -> None:
    request = await received(door, app, "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https")
    assert request.values("X-Forwarded-For") == ["127.0.0.1"]
    assert request.values("X-Forwarded-Proto") == ["http"]


async def test_every_request_gets_an_id_that_its_sender_cannot_choose(
    door: Stack, app: PlayedService
) -> None:
    chosen = "0" * 32
    first, second = [await received(door, app, f"X-Request-Id: {chosen}") for _ in range(2)]
    ids = [*first.values("X-Request-Id"), *second.values("X-Request-Id")]
    assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in ids)
    assert len({*ids, chosen}) == 3


async def test_the_host_that_a_service_sees_is_not_the_clients(
    door: Stack, app: PlayedService
) -> None:
    assert (await received(door, app)).values("Host") == ["app_service"]


async def test_what_pages_are_made_from_reaches_a_service(door: Stack, app: PlayedService) -> None:
    request = await received(door, app, *(f"{name}: {value}" for name, value in USEFUL.items()))
    assert {name: request.values(name) for name in USEFUL} == {k: [v] for k, v in USEFUL.items()}


async def test_a_stream_brings_a_service_only_what_it_needs(
    door: Stack, app: PlayedService
) -> None:
    """For what comes is held as long as the stream is open."""
    needed = {
        "Cookie": "session=1",
        "Last-Event-ID": "7",
        "Secure-Session-Skipped": "unreachable",
        "Traceparent": USEFUL["Traceparent"],
        "Tracestate": "of=somebody",
    }
    fields = [f"{name}: {value}" for name, value in {**USEFUL, **needed}.items()]
    claims = [f"{claim}: evil.example" for claim in CLAIMS]
    for path in ("/api/space/events", "/api/spaces/1/events", "/embed/api/spaces/1/events"):
        request = await received(door, app, *fields, *claims, path=path)
        assert {name: request.values(name) for name in needed} == {
            name: [value] for name, value in needed.items()
        }
        assert request.values("Host") == ["app_service"]
        assert re.fullmatch(r"[0-9a-f]{32}", request.values("X-Request-Id")[0])
        own = {"host", "x-request-id", "connection"}
        assert request.names <= {*map(str.lower, needed), *own}


async def test_a_client_cannot_have_a_header_dropped_on_the_way(
    door: Stack, app: PlayedService
) -> None:
    """RFC 9110 section 7.6.1: what Connection names is for the next hop only."""
    named = await received(door, app, "Cookie: session=1", "Connection: Cookie, X-Request-Id")
    assert named.values("Cookie") == ["session=1"]
    assert named.values("X-Request-Id")
