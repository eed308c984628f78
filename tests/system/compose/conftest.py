"""The containers that most tests look at: scaled, on the second port of the tutorial."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from harness.browser_like import Browser
from tests.system.compose.project import Project, has_engine, project

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Pytest hands over the items of the whole run, not of this folder only.
    here = [item for item in items if item.path.is_relative_to(HERE)]
    if here and not has_engine():
        for item in here:
            item.add_marker(pytest.mark.skip(reason="no Docker engine answers"))


@pytest.fixture(scope="session")
def scaled() -> Iterator[Project]:
    with project(PORT="9090", SIGN_IN_RATE="1000r/s") as running:
        running.up("--build", "--scale", "app_service=3", "--scale", "auth_service=2")
        yield running


@pytest.fixture
async def browser(scaled: Project) -> AsyncIterator[Browser]:
    async with Browser(scaled.url, lambda _: scaled.url) as opened:
        yield opened
