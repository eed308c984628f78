"""Many starts from one address are answered by nginx: 429, with a time to wait."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from harness.browser_like import Browser
from harness.pages import PageText
from harness.stack import Stack
from local_stack.ports import HOST
from tests.system.played_service import ANSWER, PlayedService
from tests.system.raw_http import exchange, statuses


@pytest.fixture
def narrow_door() -> Iterator[Stack]:
    """Lets three requests in, then one a minute: no test waits for the next."""
    with Stack(only=["nginx"], SIGN_IN_RATE="1r/m", SIGN_IN_BURST="2") as running:
        yield running


@pytest.fixture
async def opened(narrow_door: Stack) -> AsyncIterator[Browser]:
    async with Browser(narrow_door.url, lambda _: narrow_door.url) as opened:
        yield opened


@pytest.mark.parametrize("path", ["/login", "/oauth?code=c&state=s"])
async def test_too_many_sign_ins_from_one_address_are_told_when_to_come_again(
    opened: Browser, path: str
) -> None:
    answers = [await opened.get(path) for _ in range(5)]
    # 502, because behind this door there is nobody.
    assert [answer.status for answer in answers] == [502, 502, 502, 429, 429]
    assert answers[-1].headers["Retry-After"] == "5"
    assert PageText.of(answers[-1].text).heading == "Too many requests"
    assert answers[-1].headers["X-Content-Type-Options"] == "nosniff"


async def test_the_limit_holds_for_both_steps_of_a_sign_in_together(opened: Browser) -> None:
    paths = ("/login", "/oauth", "/login", "/oauth")
    assert [(await opened.get(path)).status for path in paths] == [502, 502, 502, 429]


async def test_no_header_and_no_spelling_makes_another_address_of_the_same(
    opened: Browser,
) -> None:
    for _ in range(3):
        await opened.get("/login")
    for claim in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X_Forwarded_For", "True-Client-IP"):
        answer = await opened.send("GET", "/login", headers={claim: "192.0.2.9"})
        assert answer.status == 429
    for spelling in ("/login?x=1", "/%6cogin", "//login", "/x/../login", "/./login"):
        assert (await opened.get(spelling)).status == 429, spelling


async def test_other_pages_are_not_limited_with_the_sign_ins(opened: Browser) -> None:
    statuses = {(await opened.get(path)).status for path in ("/", "/logout", "/sessions") * 5}
    assert statuses == {502}


@pytest.fixture
def behind_a_balancer() -> Iterator[Stack]:
    """The same narrow door, which takes this machine for its load balancer."""
    with Stack(
        only=["nginx"], TRUSTED_PROXIES=HOST, SIGN_IN_RATE="1r/m", SIGN_IN_BURST="2"
    ) as running:
        yield running


async def sign_ins_from(door: Stack, *clients: str) -> list[int]:
    """Begin one sign-in from each; return what the door answers."""
    answers = []
    for client in clients:
        head = f"GET /login HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {client}\r\n"
        request = f"{head}Connection: close\r\n\r\n"
        answers += statuses(await exchange(door.ports.door, request.encode()))
    return answers


@pytest.mark.parametrize(
    "clients",
    [
        ("2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:a:b:c:d", "2001:db8:1:2:0:0:1:0"),
        ("2001:db8::1", "2001:db8:0:0:9:9:9:9", "2001:DB8::ffff:3", "2001:db8:0:0:1::"),
        # A byte of each is the end of a line.
        ("2001:db8:a0a:a::1", "2001:db8:a0a:a::a0a", "2001:db8:a0a:a:a::", "2001:db8:a0a:a::2"),
        ("198.51.100.1", "::ffff:198.51.100.1", "198.51.100.1", "::ffff:c633:6401"),
    ],
)
async def test_a_network_of_ipv6_has_the_limit_of_one_address_of_ipv4(
    behind_a_balancer: Stack, clients: tuple[str, ...]
) -> None:
    """Whoever has one address of a /64 has all of them."""
    assert await sign_ins_from(behind_a_balancer, *clients) == [502, 502, 502, 429]


async def test_two_networks_of_ipv6_and_two_addresses_of_ipv4_have_a_limit_each(
    behind_a_balancer: Stack,
) -> None:
    clients = (
        *("2001:db8:1:2::1", "2001:db8:1:3::1", "2001:db8::1", "2001:0:0:5::1", "2001:0:0:6::1"),
        *("198.51.100.1", "198.51.100.2", "::ffff:198.51.100.3", "::ffff:198.51.100.4", "::1"),
    )
    for client in clients:
        assert await sign_ins_from(behind_a_balancer, *[client] * 4) == [502, 502, 502, 429]


@pytest.mark.parametrize(
    ("trusted", "expected"), [("", 429), (HOST, 404)], ids=["an address", "a trusted proxy"]
)
async def test_requests_under_way_are_limited_for_an_address_but_not_for_a_trusted_proxy(
    trusted: str, expected: int
) -> None:
    under_way: asyncio.Queue[None] = asyncio.Queue()
    goes_on = asyncio.Event()

    async def act(writer: asyncio.StreamWriter) -> None:
        under_way.put_nowait(None)
        await goes_on.wait()
        writer.write(ANSWER)

    head = b"GET /x HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\nConnection: close\r\n\r\n"
    with Stack(only=["nginx"], TRUSTED_PROXIES=trusted, CONNECTIONS_PER_ADDRESS="2") as door:
        async with (
            PlayedService(door.ports.app_service[0], act),
            asyncio.TaskGroup() as group,
        ):
            port = door.ports.door
            held = [group.create_task(exchange(port, head, seconds=30)) for _ in range(2)]
            for _ in held:
                await under_way.get()
            one_more = await exchange(port, head.replace(b"/x", b"/static/x"))
            goes_on.set()
        assert statuses(one_more) == [expected]
        assert [statuses(task.result()) for task in held] == [[200], [200]]
        again = await exchange(port, head.replace(b"/x", b"/static/x"))
        assert statuses(again) == [404]
