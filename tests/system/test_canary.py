"""The canary run: a whole day of a site, at debug level, and no secret in anything that it put out.

What must not come out is collected where it is known: at the sandbox (states, verifiers, codes and
tokens), in the browser (cookies), and in the stack's own secrets.
"""

import base64
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

import aiohttp
import pytest

from app_service.settings import SANDBOX_BOT_TOKEN
from common.settings.webex import SANDBOX_CLIENT_ID, SANDBOX_CLIENT_SECRET
from harness.browser_like import Answer, Browser
from harness.sandbox_control import EXCHANGE, PEOPLE_ME, REVOKE, SandboxControl
from harness.stack import Stack

EMAILS = ("ada@example.com", "grace@example.com", "zoe@example.com")
# As revocation sends it (RFC 6749 section 2.3.1).
BASIC = base64.b64encode(f"{SANDBOX_CLIENT_ID}:{SANDBOX_CLIENT_SECRET}".encode()).decode()
FAULTS = (
    {"status": 400},
    {"status": 401},
    {"status": 500},
    {"status": 200, "body": "<html><script>alert(1)</script>", "content_type": "text/html"},
    {"size": 2_000_000},
    {"cut": "before"},
    {"cut": "inside"},
)
SERVICES = ("auth_service", "app_service")
# Where secrets and Redis' data lie on purpose: the first for their owner only, the second sealed.
NO_OUTPUT = ("secrets", "redis")


@dataclass
class Day:
    """What came out during the run, and what must not be in it."""

    answers: list[Answer] = field(default_factory=list)
    cookies: set[str] = field(default_factory=set)

    def saw(self, browser: Browser, answer: Answer) -> Answer:
        self.answers.append(answer)
        self.cookies.update(browser.cookies.values())
        return answer


@pytest.fixture
def watched() -> Iterator[Stack]:
    with Stack(
        auth_services=2,
        app_services=2,
        SIGN_IN_RATE="500r/s",
        SIGN_IN_BURST="500",
        LOG_LEVEL="debug",
        WEBEX_TIMEOUT_SECONDS="2",
    ) as running:
        yield running


@pytest.fixture
async def browser(watched: Stack) -> AsyncIterator[Browser]:
    async with Browser(watched.url, lambda _: watched.url) as opened:
        yield opened


async def sign_in(day: Day, browser: Browser, email: str, decision: str = "accept") -> str:
    """Walk the whole way; return the callback, which a test may load again."""
    start = day.saw(browser, await browser.start(next_path="/api/me"))
    back = await browser.at_webex(
        start.location, email, "accept" if decision == "accept" else "decline"
    )
    day.saw(browser, await browser.get(back))
    return back


async def live(day: Day, stack: Stack, browser: Browser, sandbox: SandboxControl) -> None:
    """Everything that goes well."""
    used = await sign_in(day, browser, EMAILS[0])
    for path in ("/", "/api/me", "/sessions", "/spaces", "/widget", used, "/nowhere?code=x"):
        day.saw(browser, await browser.get(path))
    await sandbox.policy(refresh_mode="rotating")
    await sandbox.expire_tokens(access=True)
    day.saw(browser, await browser.get("/spaces"))
    day.saw(browser, await browser.start(scope="spark:rooms_read"))
    await sign_in(day, browser, EMAILS[1])
    day.saw(browser, await browser.post("/logout"))
    await sign_in(day, browser, EMAILS[2], "decline")
    assert stack.answers("/")


async def fail(day: Day, stack: Stack, browser: Browser, sandbox: SandboxControl) -> None:
    """Everything that does not."""
    for route in (EXCHANGE, PEOPLE_ME, REVOKE):
        for fault in FAULTS:
            await sandbox.fault(route, **fault)
            await sign_in(day, browser, EMAILS[0])
            day.saw(browser, await browser.get("/"))
            day.saw(browser, await browser.post("/logout"))
            await sandbox.lift_faults()
    start = day.saw(browser, await browser.start())
    back = await browser.at_webex(start.location, EMAILS[0])
    stack.process("redis").pause()
    day.saw(browser, await browser.get(back))
    stack.process("redis").resume()
    stack.process("auth_service").kill()
    stack.process("auth_service.2").kill()
    day.saw(browser, await browser.get(back))


async def test_no_secret_comes_out_of_anything_at_debug_level(
    watched: Stack, browser: Browser
) -> None:
    day, sandbox = Day(), SandboxControl(watched.sandbox_url)
    await live(day, watched, browser, sandbox)
    await fail(day, watched, browser, sandbox)
    for name in ("auth_service", "auth_service.2"):
        watched.process(name).start()
        watched.wait_for(name)
    await live(day, watched, browser, sandbox)
    metrics = [await scraped(watched, name, n) for name in SERVICES for n in (1, 2)]
    known = await sandbox.confidential()
    webex = [value for values in known.values() for value in values]
    own = [file.read_text().strip() for file in (watched.folder / "secrets").iterdir()]
    assert len(own) >= 4
    secrets = {*webex, *own, *day.cookies, SANDBOX_CLIENT_SECRET, SANDBOX_BOT_TOKEN, BASIC} - {""}
    assert len(secrets) > 50
    written = written_by(watched)
    for name in watched.processes:
        assert f"{name}.log" in written
    for name in (*SERVICES, "auth_service.2", "app_service.2"):
        assert '"level":"debug"' in written[f"{name}.log"]
    for name, text in written.items():
        assert leaked({*secrets, *EMAILS}, text) == [], name
    assert leaked({*secrets, *EMAILS}, "".join(metrics)) == []
    assert leaked(secrets, "".join(answer.text for answer in day.answers)) == []
    assert leaked(secrets, "".join(shown_headers(answer) for answer in day.answers)) == []


def shown_headers(answer: Answer) -> str:
    """All headers but the two that carry a secret to whom it belongs: the cookie, and the way to Webex."""
    kept = {k: v for k, v in answer.headers.items() if k not in ("Set-Cookie", "Location")}
    location = answer.headers.get("Location", "")
    return f"{kept} {'' if '/v1/authorize?' in location else location}"


def written_by(stack: Stack) -> dict[str, str]:
    """Every file that the stack wrote, by its name: what its processes said, and whatever else."""
    files = (file for file in stack.folder.rglob("*") if file.is_file())
    named = ((file.relative_to(stack.folder), file) for file in files)
    return {
        str(name): file.read_text(errors="replace")
        for name, file in named
        if name.parts[0] not in NO_OUTPUT
    }


def leaked(secrets: set[str], text: str) -> list[str]:
    """The beginnings of those that are in the text, as they are or as a URL or base64 spells them."""
    return [f"{secret[:6]}…" for secret in secrets if any(s in text for s in spellings(secret))]


def spellings(secret: str) -> set[str]:
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    # The last characters depend on what follows.
    return {secret, quote(secret, safe=""), encoded[:-2]}


async def scraped(stack: Stack, name: str, number: int) -> str:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{stack.service_url(name, number)}/metrics") as answer,
    ):
        return await answer.text()
