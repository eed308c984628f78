"""Behind a load balancer the real client's address counts; everybody else is who they are."""

import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from harness.eventually import eventually
from harness.stack import Stack
from local_stack.ports import HOST
from tests.system.played_service import PlayedService
from tests.system.raw_http import exchange

CLIENT = "203.0.113.7"
SCRIPT = Path(__file__).parents[2] / "nginx" / "entrypoint.d" / "30-trusted-proxies.sh"


@pytest.fixture(scope="module")
def behind() -> Iterator[Stack]:
    """A door that takes this machine for its load balancer."""
    with Stack(only=["nginx"], TRUSTED_PROXIES=f"{HOST}, 2001:db8::/32") as running:
        yield running


@pytest.fixture
async def app(behind: Stack) -> AsyncIterator[PlayedService]:
    async with PlayedService(behind.ports.app_service[0]) as service:
        yield service


async def seen(behind: Stack, app: PlayedService, forwarded_for: str) -> list[str]:
    request = f"GET /api/me HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {forwarded_for}\r\n"
    await exchange(behind.ports.door, f"{request}Connection: close\r\n\r\n".encode())
    return app.received[-1].values("X-Forwarded-For")


async def test_the_client_is_who_the_load_balancer_says(behind: Stack, app: PlayedService) -> None:
    assert await seen(behind, app, CLIENT) == [CLIENT]

    async def is_logged() -> bool:
        lines = [line for line in behind.logs("nginx").splitlines() if line.startswith("{")]
        return any(json.loads(line)["client"] == CLIENT for line in lines)

    await eventually(is_logged)


async def test_what_the_client_claims_before_the_load_balancer_does_not_count(
    behind: Stack, app: PlayedService
) -> None:
    assert await seen(behind, app, f"198.51.100.1, {CLIENT}") == [CLIENT]
    assert await seen(behind, app, f"198.51.100.1, {CLIENT}, {HOST}") == [CLIENT]


@pytest.mark.parametrize(
    "wrong",
    [
        *("0.0.0.0/0", "::/0", "0.0.0.0/00", "::/00", "::/000", "10.0.0.1,0.0.0.0/00"),
        *("10.0.0.0/8;", "load-balancer", "10.0.0.1 $x"),
    ],
)
def test_whom_to_trust_is_named_or_the_door_does_not_start(wrong: str, tmp_path: Path) -> None:
    target = tmp_path / "trusted_proxies.conf"
    done = subprocess.run(
        ["/bin/sh", SCRIPT, target],
        env={"TRUSTED_PROXIES": wrong, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "TRUSTED_PROXIES" in done.stderr
    assert wrong not in done.stderr
