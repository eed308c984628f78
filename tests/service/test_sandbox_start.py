"""How the sandbox starts, refuses to start, and what it writes in its log."""

import asyncio
import json
import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp.test_utils import unused_port

from tests.service.sandbox import STATE, VERIFIER, Sandbox, running_sandbox
from webex_sandbox.app import create_app
from webex_sandbox.bodies import Switch
from webex_sandbox.control.manual import addresses, switches
from webex_sandbox.logs import hide_raw_requests
from webex_sandbox.settings import RealWebexConfigured, Settings, SettingsError
from webex_sandbox.sign_in.integrations import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from webex_sandbox.space.bot import DEMO_BOT_TOKEN
from webex_sandbox.space.demo import DEMO_SPACE_ID

ROOT = Path(__file__).parents[2]


def test_the_usual_ports_are_registered_beside_the_configured_address() -> None:
    settings = Settings.from_environ({"PUBLIC_URL": "http://localhost:7000/"})
    assert settings.redirect_uris == (
        "http://localhost:7000/oauth",
        "http://localhost:8080/oauth",
        "http://localhost:9090/oauth",
    )


@pytest.mark.parametrize(
    ("environ", "redirect_uri"),
    [
        ({}, "http://localhost:8080/oauth"),
        ({"PORT": "9090"}, "http://localhost:9090/oauth"),
        ({"PUBLIC_URL": "http://LocalHost:7000"}, "http://localhost:7000/oauth"),
        ({"PUBLIC_URL": " http://localhost:7000/ "}, "http://localhost:7000/oauth"),
        ({"PUBLIC_URL": " ", "PORT": " 9090 "}, "http://localhost:9090/oauth"),
        ({"CLIENT_ID": " ", "REDIRECT_URI": " "}, "http://localhost:8080/oauth"),
        ({"PORT": "7000", "REDIRECT_URI": "http://me.example/back"}, "http://me.example/back"),
    ],
)
def test_the_redirect_uri_follows_the_settings_of_the_services(
    environ: dict[str, str], redirect_uri: str
) -> None:
    assert Settings.from_environ(environ).redirect_uris[0] == redirect_uri


def test_services_may_reach_it_under_another_address() -> None:
    environ = {
        "SANDBOX_BIND": "0.0.0.0:8090",
        "SANDBOX_URL": "http://localhost:8090/",
        "SANDBOX_INTERNAL_URL": "http://webex_sandbox:8090",
    }
    settings = Settings.from_environ(environ)
    assert (settings.host, settings.port) == ("0.0.0.0", 8090)
    assert settings.url == "http://localhost:8090"
    assert settings.internal_url == "http://webex_sandbox:8090"


@pytest.mark.parametrize("public_url", ["https://app.example", "HTTPS://APP.EXAMPLE"])
def test_it_never_stands_behind_https(public_url: str) -> None:
    with pytest.raises(SettingsError, match="PUBLIC_URL is an https address"):
        Settings.from_environ({"PUBLIC_URL": public_url})


@pytest.mark.parametrize("name", ["CLIENT_ID", "CLIENT_ID_FILE"])
def test_it_steps_aside_when_real_webex_is_configured(name: str) -> None:
    with pytest.raises(RealWebexConfigured):
        Settings.from_environ({name: "C123", "PUBLIC_URL": "https://app.example"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SANDBOX_BIND", "8090"),
        ("SANDBOX_BIND", "localhost:http"),
        ("SANDBOX_BIND", "localhost:65536"),
        ("SANDBOX_BIND", f"localhost:{'9' * 5000}"),
        ("SANDBOX_URL", "localhost:8090"),
        ("SANDBOX_INTERNAL_URL", "ftp://x"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environ({name: value})


@pytest.mark.parametrize(
    ("environ", "level"),
    [
        ({}, "INFO"),
        ({"DEBUG": "oauth*"}, "DEBUG"),
        ({"LOG_LEVEL": "warning"}, "WARNING"),
        ({"LOG_LEVEL": "error", "DEBUG": "oauth*"}, "ERROR"),
    ],
)
def test_the_log_level_is_read_as_the_services_read_it(environ: dict[str, str], level: str) -> None:
    assert Settings.from_environ(environ).log_level == level


@pytest.mark.parametrize(
    ("environ", "code", "words"),
    [
        ({"PUBLIC_URL": "https://app.example"}, 2, "webex_sandbox: PUBLIC_URL is an https"),
        ({"CLIENT_ID": "C123"}, 0, "webex_sandbox: CLIENT_ID is set"),
    ],
)
def test_the_process_ends_with_one_sentence(environ: dict[str, str], code: int, words: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "webex_sandbox"],
        cwd=ROOT,
        env={**_bare_environ(), **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == code
    assert said.startswith(words)
    assert said.count("\n") == 1


async def test_the_process_answers_and_ends_when_it_is_told_to() -> None:
    port = unused_port()
    environ = {
        "SANDBOX_BIND": f"127.0.0.1:{port}",
        "SANDBOX_URL": f"http://127.0.0.1:{port}",
        "PYTHONUNBUFFERED": "1",
    }
    process = subprocess.Popen(  # noqa: ASYNC220 - it starts in the background
        [sys.executable, "-m", "webex_sandbox"],
        cwd=ROOT,
        env={**_bare_environ(), **environ},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        line = process.stdout.readline()
        while "Listening" not in line:
            assert line, "The sandbox ended before it was listening."
            line = process.stdout.readline()
        async with aiohttp.ClientSession() as http:
            answer = await Sandbox(f"http://127.0.0.1:{port}", http).request("GET", "/healthz")
        assert (answer.status, answer.text) == (200, "ok")
        process.send_signal(signal.SIGTERM)
        process.communicate()
        assert process.returncode == 0
    finally:
        process.kill()


async def test_the_home_page_describes_every_switch_and_constant() -> None:
    async with running_sandbox() as sandbox:
        page = unescape((await sandbox.request("GET", "/")).text)
    routes = create_app(Settings()).router.routes()
    switches = {
        f"{route.method} {route.resource.canonical}"
        for route in routes
        if route.resource and route.resource.canonical.startswith(("/_sandbox", "/v1/", "/idb/"))
    }
    names = {name for name in switches if not name.startswith("HEAD ") and not name.endswith("/")}
    constants = (DEMO_BOT_TOKEN, DEMO_SPACE_ID, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET)
    for words in (*names, *_fields(Switch), *constants):
        assert words in page


async def test_every_address_says_what_it_is_for() -> None:
    app = create_app(Settings())
    assert [name for name, said in (*addresses(app), *switches(app)) if not said] == []


async def test_no_log_line_holds_a_code_token_state_or_address_of_a_person(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with running_sandbox() as sandbox:
        tokens = await sandbox.sign_in("grace@example.com")
        await sandbox.request("GET", "/v1/people/me", token=tokens["access_token"])
        await sandbox.refresh(tokens["refresh_token"])
        await sandbox.revoke(tokens["access_token"])
        await sandbox.request("GET", f"/v1/nowhere/{tokens['access_token']}?state={STATE}")
        secret = (await sandbox.control("GET", "/confidential")).values()
    lines = [record.getMessage() for record in caplog.records]
    assert any(re.fullmatch(r"GET /v1/people/me 200 \d+\.\d ms", line) for line in lines)
    assert any(re.fullmatch(r"GET \(unknown\) 404 \d+\.\d ms", line) for line in lines)
    written = json.dumps(lines, ensure_ascii=False)
    for value in (STATE, VERIFIER, "grace@example.com", "grace%40", *chain.from_iterable(secret)):
        assert value not in written


@pytest.mark.parametrize(
    "first_line",
    [
        f"GET /oauth?code=SECRET&x={'x' * 9_000} HTTP/1.1",
        "GE\x00T /oauth?code=SECRET HTTP/1.1",
        "GET /oauth?code=SECRET HTTP/9",
    ],
)
async def test_a_request_that_cannot_be_parsed_is_not_quoted_in_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, first_line: str
) -> None:
    caplog.set_level(logging.DEBUG)
    # The filter goes with the test: it would change what the services' own filter sees.
    monkeypatch.setattr(logging.getLogger("aiohttp.server"), "filters", [])
    hide_raw_requests()
    async with running_sandbox() as sandbox:
        address = urlsplit(sandbox.url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(f"{first_line}\r\n\r\n".encode())
        status_line = await reader.readline()
        writer.close()
    assert status_line.startswith(b"HTTP/1.0 400")
    assert "could not be parsed" in caplog.text
    assert "Traceback" not in caplog.text
    assert "SECRET" not in caplog.text


def _fields(body: type[Switch]) -> Iterator[str]:
    yield from body.__struct_fields__
    for kind in body.__subclasses__():
        yield from _fields(kind)


def _bare_environ() -> dict[str, str]:
    return {"PATH": os.environ["PATH"]}
