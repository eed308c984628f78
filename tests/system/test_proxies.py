"""Behind another proxy, as docs/proxies.md sets it up, live messages arrive and people can sign in."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from harness.browser_like import Browser
from harness.eventually import eventually
from harness.stack import Stack, free_ports_in_a_row
from tests.member import EVENTS, MESSAGES, OURS, WIDGET_SCOPES
from tests.system.played_service import ANSWER, PlayedService

DOCUMENT = Path(__file__).parents[2] / "docs" / "proxies.md"
BLOCK = re.compile(r"^```(nginx|haproxy|caddy|apache)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# What stands around an example when it runs by itself, in the foreground, in a folder of its own.
FRAMES = {
    "nginx": (
        "daemon off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
        "http {{\naccess_log off;\n{paths}{block}\n}}\n"
    ),
    "haproxy": "{block}",
    "caddy": "{{\n\tadmin off\n\tauto_https off\n\tstorage file_system {folder}\n}}\n{block}",
    "apache": (
        "ServerRoot {folder}\nPidFile {folder}/pid\nDefaultRuntimeDir {folder}\n"
        "ErrorLog /dev/stderr\nServerName localhost\n{modules}{block}"
    ),
}
COMMANDS = {
    "nginx": ("nginx", "-e", "stderr", "-p", "{folder}", "-c", "{file}"),
    "haproxy": ("haproxy", "-db", "-f", "{file}"),
    "caddy": ("caddy", "run", "--adapter", "caddyfile", "--config", "{file}"),
    "apache": ("apache2", "-X", "-f", "{file}"),
}
PROGRAMS = "/usr/sbin:/usr/bin:/usr/local/bin:/sbin:/bin"
APACHE_MODULES = Path("/usr/lib/apache2/modules")
MODULES = ("mpm_event", "authz_core", "proxy", "proxy_http")
CALLBACK = "/oauth?code=insecure"


def examples() -> dict[str, str]:
    return dict(BLOCK.findall(DOCUMENT.read_text(encoding="utf-8")))


def test_there_is_an_example_for_each_of_them() -> None:
    assert set(examples()) == set(COMMANDS)


@dataclass(frozen=True)
class Proxied:
    """The site behind a proxy; `url` is the proxy's, and so the address in the browser."""

    stack: Stack
    url: str


@pytest.fixture(scope="module", params=COMMANDS)
def proxied(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxied]:
    kind: str = request.param
    _needs(kind)
    [port] = free_ports_in_a_row(1)
    url = f"http://localhost:{port}"
    with (
        Stack(PUBLIC_URL=url, TRUSTED_PROXIES="127.0.0.1") as stack,
        _proxy(kind, port, stack.ports.nginx[0], tmp_path_factory.mktemp(kind)),
    ):
        yield Proxied(stack, url)


def _needs(kind: str) -> None:
    if shutil.which(COMMANDS[kind][0], path=PROGRAMS) is None:
        pytest.skip(f"{COMMANDS[kind][0]} is not installed")


@contextlib.contextmanager
def _proxy(kind: str, port: int, door: int, folder: Path) -> Iterator[None]:
    """The example of the document, between these two ports."""
    block = examples()[kind].replace(":8000", f":{port}").replace(":8080", f":{door}")
    proxy = _start(kind, block, folder)
    try:
        yield
    finally:
        # With its workers.
        os.killpg(proxy.pid, signal.SIGKILL)
        proxy.wait()


def _start(kind: str, block: str, folder: Path) -> "subprocess.Popen[bytes]":
    names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{name}_temp_path {folder}/{name};\n" for name in names)
    loaded = "".join(
        f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so\n" for name in MODULES
    )
    file = folder / "proxy.conf"
    frame = FRAMES[kind].format(folder=folder, paths=paths, modules=loaded, block=block)
    file.write_text(frame, encoding="utf-8")
    command = [part.format(folder=folder, file=file) for part in COMMANDS[kind]]
    environment = {"PATH": PROGRAMS, "HOME": str(folder)}
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, start_new_session=True
        )


@pytest.fixture
async def browser(proxied: Proxied) -> AsyncIterator[Browser]:
    async with Browser(proxied.url, lambda _: proxied.url) as opened:

        async def answers() -> bool:
            try:
                return (await opened.get("/healthz")).status == 200
            except aiohttp.ClientError:
                return False

        await eventually(answers)
        yield opened


async def test_people_sign_in_at_the_proxys_address(browser: Browser) -> None:
    assert (await browser.sign_in()).status == 303
    assert (await browser.get("/api/me")).json()["displayName"] == "Ada Lovelace"


async def test_a_live_message_arrives_while_the_stream_is_open(browser: Browser) -> None:
    await browser.sign_in(scope=WIDGET_SCOPES)
    assert (await browser.get("/widget")).status == 200
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(sock_read=30)) as http,
        http.get(f"{browser.public_url}{EVENTS}", headers={"Cookie": cookies}) as stream,
    ):
        assert stream.status == 200
        await _until(stream, b"event: window")
        body = json.dumps({"markdown": "Through the proxy"}).encode()
        headers = {**OURS, "Content_Type": "application/json"}
        answer = await browser.send("POST", MESSAGES, headers=headers, data=body)
        assert answer.status == 200
        await _until(stream, b"Through the proxy")
        # A small event too: some proxies hand on what fills a packet, and keep the rest.
        message = f"{MESSAGES}/{answer.json()['id']}"
        assert (await browser.send("DELETE", message, headers=OURS)).status == 204
        await _until(stream, b"event: gone")


async def _until(stream: aiohttp.ClientResponse, wanted: bytes) -> None:
    """Read lines until one has it; a stream that is held back ends the test by its silence."""
    while wanted not in await stream.content.readline():
        assert not stream.content.at_eof()


@pytest.mark.parametrize("kind", COMMANDS)
async def test_a_request_that_was_heard_is_not_sent_again(kind: str, tmp_path: Path) -> None:
    """A code is good once, whatever becomes of the replica that had it."""
    _needs(kind)
    port, door = free_ports_in_a_row(2)

    async def fall_at_a_callback(writer: asyncio.StreamWriter) -> None:
        """Keep the connection; end it where the answer to a callback would be."""
        if CALLBACK in site.received[-1].line:
            writer.close()
        else:
            writer.write(ANSWER)

    async with PlayedService(door, fall_at_a_callback) as site:
        with _proxy(kind, port, door, tmp_path):
            await _a_callback_after_another_request(port)
        assert sum(CALLBACK in each.line for each in site.received) == 1


async def _a_callback_after_another_request(port: int) -> None:
    # A connection for each: over a kept one a client too may send again what ended unanswered.
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=connector) as http:

        async def answers() -> bool:
            with contextlib.suppress(aiohttp.ClientError):
                async with http.get("/") as answer:
                    return answer.status == 200
            return False

        await eventually(answers)
        async with http.get(CALLBACK) as answer:
            assert answer.status in (502, 503)
