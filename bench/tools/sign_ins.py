"""Whole sign-ins, as a browser does them: to the site, to Webex, back to the site."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bench.tools.raw_http import Cookies, Wire

REDIRECTS = (302, 303)
# Where this system's callback leads over.
LANDING = "/landing"
LAND_AT_ONCE = 16


@dataclass(frozen=True)
class Door:
    """Where one contender signs people in, and the pages it has for them."""

    sign_in_port: int
    page_port: int
    webex_port: int
    login: str = "/login"
    signed_in_page: str = "/"
    anonymous_page: str = "/"


class SignInFailed(Exception):
    """A step was answered with another status than a redirect; the text says which."""


@dataclass
class Browser:
    """One browser after the other, all on the same two connections."""

    door: Door
    lands: bool = True
    _site: Wire = field(init=False)
    _webex: Wire = field(init=False)

    def __post_init__(self) -> None:
        self._site, self._webex = Wire(self.door.sign_in_port), Wire(self.door.webex_port)

    async def sign_in(self) -> Cookies:
        """Walk authorize and callback with no cookie at first; return those of the session."""
        cookies = Cookies()
        to_webex = await self._step(self._site, self.door.login, cookies)
        back = await self._step(self._webex, _target(to_webex), Cookies())
        on = await self._step(self._site, _target(back), cookies)
        if self.lands and urlsplit(on).path == LANDING:
            await self._step(self._site, _target(on), cookies)
        return cookies

    def close(self) -> None:
        self._site.close()
        self._webex.close()

    @staticmethod
    async def _step(wire: Wire, target: str, cookies: Cookies) -> str:
        answer = await wire.get(target, cookies.header())
        cookies.take(answer)
        if answer.status not in REDIRECTS:
            path = urlsplit(target).path
            raise SignInFailed(f"{path} was answered with {answer.status}")
        return answer.header("location")


@dataclass
class SignInRun:
    """What a load of sign-ins came to."""

    seconds: float = 0.0
    durations: list[float] = field(default_factory=list)
    """Seconds that each whole sign-in took."""
    failures: Counter[str] = field(default_factory=Counter)
    cookies: list[str] = field(default_factory=list)
    """The Cookie header of each session."""


async def sign_in_for(
    door: Door,
    *,
    at_once: int,
    seconds: float = 60.0,
    most: int | None = None,
    lands: bool = True,
) -> SignInRun:
    """Sign people in, so many at once, until the time is over or there are enough of them."""
    run, began = SignInRun(), time.perf_counter()
    deadline = began + seconds

    async def one_after_the_other() -> None:
        browser = Browser(door, lands)
        while time.perf_counter() < deadline and (most is None or len(run.cookies) < most):
            start = time.perf_counter()
            try:
                async with asyncio.timeout(30):
                    cookies = await browser.sign_in()
            except (SignInFailed, OSError, EOFError, TimeoutError) as error:
                run.failures[str(error) or type(error).__name__] += 1
                await asyncio.sleep(0.01)
            else:
                run.durations.append(time.perf_counter() - start)
                run.cookies.append(cookies.header())
        browser.close()

    await asyncio.gather(*(one_after_the_other() for _ in range(at_once)))
    run.seconds = time.perf_counter() - began
    return run


async def land_all(door: Door, run: SignInRun) -> None:
    """Show the sessions of a run that did not land, so that none is ended as one that nobody holds."""

    async def some(cookies: Sequence[str]) -> None:
        async with Wire(door.sign_in_port) as wire:
            for each in cookies:
                await wire.get(LANDING, each)

    await asyncio.gather(*(some(run.cookies[n::LAND_AT_ONCE]) for n in range(LAND_AT_ONCE)))


def _target(location: str) -> str:
    parts = urlsplit(location)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
