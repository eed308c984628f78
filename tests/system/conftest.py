"""The stacks that system tests look at. A test that breaks something starts one of its own."""

from collections.abc import AsyncIterator, Iterator

import pytest

from harness.browser_like import Browser
from harness.stack import Stack
from tests.system.played_service import PlayedService


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Two replicas of each service, and room for tests that sign in one after the other."""
    with Stack(
        auth_services=2, app_services=2, SIGN_IN_RATE="500r/s", SIGN_IN_BURST="500"
    ) as running:
        yield running


@pytest.fixture
async def browser(stack: Stack) -> AsyncIterator[Browser]:
    """A browser whose every request goes through nginx."""
    async with Browser(stack.url, lambda _: stack.url) as opened:
        yield opened


@pytest.fixture(scope="session")
def door() -> Iterator[Stack]:
    """Nginx alone, in front of places where a test may put a service of its own."""
    with Stack(only=["nginx"], app_services=2) as running:
        yield running


@pytest.fixture
async def app(door: Stack) -> AsyncIterator[PlayedService]:
    """A played app_service behind the door; its second replica is down."""
    async with PlayedService(door.ports.app_service[0]) as service:
        yield service
