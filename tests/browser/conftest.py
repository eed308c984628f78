"""The whole stack behind nginx, a real Chromium, and people with windows in it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, expect, sync_playwright

from harness.stack import Stack
from local_stack import programs
from tests.browser.last_words import LastWords
from tests.browser.sandbox import Sandbox
from tests.browser.visitor import Visitor
from tests.browser.watch import Watch

DESKTOP = {"width": 1040, "height": 620}
# A container has no user namespaces for Chromium's own sandbox; the pages are ours. The others keep
# the browser from talking to its maker.
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
# A page waits for nothing longer than Redis (1 s) or a frozen Webex (10 s).
PATIENCE_MS = 15_000

NewWindow = Callable[..., BrowserContext]


class Shoot(Protocol):
    """Takes a picture of the whole page, or of what the window shows."""

    def __call__(self, visitor: Visitor, name: str, *, whole: bool = True) -> None: ...


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(LastWords())


def executable() -> str:
    """A Chromium or Chrome of this machine; Playwright's own would have to be downloaded."""
    return programs.provide(["chromium"])["chromium"]


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    # People in a hurry, all at one address: the limit for sign-ins has tests of its own.
    with Stack(SIGN_IN_RATE="1000r/s", SIGN_IN_BURST="1000") as stack:
        yield stack


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=executable(), args=[*ARGUMENTS])
    yield browser
    browser.close()


@pytest.fixture
def sandbox(stack: Stack) -> Iterator[Sandbox]:
    sandbox = Sandbox(stack.sandbox_url)
    sandbox.reset()
    yield sandbox
    sandbox.reset()
    sandbox.close()


@pytest.fixture
def new_window(stack: Stack, sandbox: Sandbox, chromium: Browser) -> Iterator[NewWindow]:
    """Open browser windows that share nothing; none of them may end with a complaint."""
    opened: list[tuple[BrowserContext, Watch]] = []
    known_origins = frozenset((stack.url, sandbox.url))

    def new(**options: Any) -> BrowserContext:
        settings = {"viewport": DESKTOP, "color_scheme": "light", "locale": "en-GB"} | options
        window = chromium.new_context(base_url=stack.url, **settings)
        window.set_default_timeout(PATIENCE_MS)
        opened.append((window, Watch(window, known_origins=known_origins)))
        return window

    yield new
    for window, _ in opened:
        window.close()
    assert [complaint for _, watch in opened for complaint in watch.complaints] == []


@pytest.fixture
def visitor(new_window: NewWindow) -> Visitor:
    return Visitor(new_window().new_page())


@pytest.fixture
def shoot() -> Shoot:
    """Keep a picture in the folder that SCREENSHOTS names; without it a test changes no file."""

    def take(visitor: Visitor, name: str, *, whole: bool = True) -> None:
        folder = os.environ.get("SCREENSHOTS")
        if folder:
            file = Path(folder) / f"{name}.png"
            visitor.page.screenshot(path=file, full_page=whole, animations="disabled")

    return take
