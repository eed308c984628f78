"""Two replicas of a contender behind nginx, signed in at the sandbox."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from string import Template

import aiohttp
from yarl import URL

from bench.peers.kinds import HERE, Kind
from bench.tools.site import CLIENT_SECRET, Bench, environment
from harness.person import consent
from harness.sandbox_control import SandboxControl
from harness.stack import Stack, free_ports_in_a_row
from local_stack.child import Child

NGINX = HERE / "nginx_pair" / "nginx.conf"


@dataclass
class Pair:
    """One contender as two replicas; each of `restarts` restarts one process and waits until it answers."""

    label: str
    port: int
    login: str
    page: str
    refreshes_at: str | None
    why_no_refresh: str
    sandbox: SandboxControl
    restarts: Sequence[Callable[[], None]] = field(repr=False)

    async def sign_in(self, email: str) -> str:
        """Sign in as a browser; return the Cookie header. Raises AssertionError if it fails."""
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as http:
            address = URL(f"http://localhost:{self.port}{self.login}")
            accept = {"Accept": "text/html"}
            async with http.get(address, headers=accept, allow_redirects=False) as answer:
                start = answer.headers["Location"]
            async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as webex:
                back = await consent(webex, start, email)
            callback = URL(back, encoded=True)
            async with http.get(callback, headers=accept, allow_redirects=False) as answer:
                assert answer.status in (302, 303), answer.status
            cookies = jar.filter_cookies(address)
            return "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())


def our_pair(stack: Stack) -> Pair:
    def restart(name: str) -> Callable[[], None]:
        def run() -> None:
            stack.process(name).restart()
            stack.wait_for(name)

        return run

    names = ("auth_service", "auth_service.2", "app_service", "app_service.2")
    return Pair(
        label="this system",
        port=stack.ports.door,
        login="/login",
        page="/",
        refreshes_at="/api/me",
        why_no_refresh="",
        sandbox=SandboxControl(stack.sandbox_url),
        restarts=[restart(name) for name in names],
    )


async def peer_pair(bench: Bench, kind: Kind, stack: Stack) -> Pair:
    """Start two replicas and an nginx. Raises NotStarted."""
    door, first, second = free_ports_in_a_row(3)
    sandbox = SandboxControl(stack.sandbox_url)
    client_id = f"insecure-{kind.name}"
    await sandbox.register(
        client_id=client_id,
        client_secret=CLIENT_SECRET,
        redirect_uris=[f"http://localhost:{door}/oauth"],
    )
    starts = [
        _start(bench, kind, f"{kind.name}.{port}", port, door, stack, client_id)
        for port in (first, second)
    ]
    for start in starts:
        await asyncio.to_thread(start)
    _nginx(bench, kind, door, first, second)

    def restart(number: int) -> Callable[[], None]:
        def run() -> None:
            bench.running.child(f"{kind.name}.{(first, second)[number]}").stop()
            starts[number]()

        return run

    return Pair(
        label=kind.label,
        port=door,
        login=kind.login,
        page=kind.signed_in_page,
        refreshes_at=kind.refreshes_at,
        why_no_refresh=kind.why_no_refresh,
        sandbox=sandbox,
        restarts=[restart(0), restart(1)],
    )


def _start(  # noqa: PLR0913, PLR0917 - a replica is all of that
    bench: Bench, kind: Kind, name: str, port: int, door: int, stack: Stack, client_id: str
) -> Callable[[], None]:
    def run() -> None:
        webex = f"{stack.sandbox_url}/v1"
        bench.start_replica(kind, name, port, door_port=door, webex_url=webex, client_id=client_id)

    return run


def _nginx(bench: Bench, kind: Kind, door: int, first: int, second: int) -> None:
    folder = bench.running.folder / f"nginx.{door}"
    folder.mkdir()
    values = {"PORT": door, "FIRST": first, "SECOND": second, "RUN_FOLDER": folder}
    text = Template(NGINX.read_text(encoding="utf-8")).safe_substitute(values)
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    name = f"nginx of {kind.name}"
    command = f"exec nginx -e stderr -c {folder}/nginx.conf -g 'daemon off;'"
    bench.running.start(Child(name, command, environment()))
    bench.running.wait_for(name, door, kind.anonymous_page)
