"""One client against one fresh sandbox: the person at the pages, and the steps it reports.

A program of ours in `programs/` speaks in lines on its standard output:
`@step {"name", "ok", "detail"}` reports, `@person URL` asks a person to sign in there and
reads the address of the callback as a line on its standard input. All other output is the
client's own, and is kept for whoever asks.
"""

import asyncio
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp.test_utils import unused_port

from harness.person import SandboxRefusedError, consent
from tests.clients.catalogue import Client
from tests.clients.snippets import Snippet
from webex_sandbox.space.bot import DEMO_BOT_TOKEN
from webex_sandbox.space.demo import DEMO_SPACE_ID

_PROGRAM_SECONDS = 90
_START_SECONDS = 20
_KEPT_LINES = 40


@dataclass(slots=True)
class Step:
    name: str
    ok: bool
    detail: str = ""


@dataclass(slots=True)
class Report:
    client: Client
    steps: list[Step] = field(default_factory=list)
    output: list[str] = field(default_factory=list)
    skipped: str = ""
    seconds: float = 0.0

    def result(self, name: str) -> str:
        found = [step for step in self.steps if step.name == name]
        if not found:
            return "-"
        return "ok" if all(step.ok for step in found) else "FAILS"


async def drive(client: Client, arguments: list[str], folder: Path, checkout: Path) -> Report:
    """Run the client's program against a new sandbox of this checkout."""
    report = Report(client)
    async with _sandbox(checkout) as url, _browser() as http:
        environment = await _integration(client, url, http)
        process = await asyncio.create_subprocess_exec(
            *arguments,
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=1 << 20,
        )
        try:
            async with asyncio.timeout(_PROGRAM_SECONDS):
                await _listen(process, http, report)
                code = await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            report.steps.append(Step("ends", ok=False, detail=f"not in {_PROGRAM_SECONDS} s"))
        else:
            if code:
                reason = report.output[-1] if report.output else ""
                report.steps.append(Step("ends", ok=False, detail=f"exit {code}: {reason}"))
    return report


async def run_snippet(snippet: Snippet, interpreter: str, folder: Path, checkout: Path) -> str:
    """Run a piece of the documentation; give what it printed until it said what it should."""
    async with _sandbox(checkout) as url, _browser() as http:
        script = folder / f"snippet-{snippet.client.name}{snippet.suffix}"
        script.write_text(snippet.code.replace("http://localhost:8090", url))
        process = await asyncio.create_subprocess_exec(
            interpreter,
            script.name,
            cwd=folder,
            env=_plain(os.environ),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert process.stdout
        assert process.stdin
        printed = ""
        try:
            async with asyncio.timeout(_PROGRAM_SECONDS):
                async for raw in process.stdout:
                    line = raw.decode(errors="replace")
                    printed += line
                    if line.startswith(f"{url}/v1/authorize?"):
                        answer = await _at_the_pages(http, line.strip())
                        process.stdin.write(f"{answer}\n".encode())
                    elif snippet.prints in line:
                        break
        finally:
            # A bot would go on for ever.
            if process.returncode is None:
                process.kill()
            await process.wait()
        return printed


async def _listen(
    process: asyncio.subprocess.Process, http: aiohttp.ClientSession, report: Report
) -> None:
    assert process.stdout
    assert process.stdin
    async for raw in process.stdout:
        line = raw.decode(errors="replace").rstrip()
        if line.startswith("@step "):
            report.steps.append(Step(**json.loads(line.removeprefix("@step "))))
        elif line.startswith("@person "):
            answer = await _at_the_pages(http, line.removeprefix("@person "))
            process.stdin.write(f"{answer}\n".encode())
            await process.stdin.drain()
        else:
            report.output = [*report.output[-_KEPT_LINES:], line]


async def _at_the_pages(http: aiohttp.ClientSession, url: str) -> str:
    try:
        return await consent(http, url)
    except aiohttp.ClientError as error:
        return f"refused: {type(error).__name__} {url[:200]}"
    except SandboxRefusedError as refusal:
        words = " ".join(refusal.page.split())
        return f"refused: {refusal.status} {words[:400]}"


async def _integration(client: Client, url: str, http: aiohttp.ClientSession) -> dict[str, str]:
    """Register an integration for this client; give what its program finds in the environment."""
    port = unused_port()
    told = {
        "SANDBOX": url,
        "CLIENT_ID": f"C{secrets.token_hex(32)}",
        "CLIENT_SECRET": secrets.token_hex(32),
        "OWN_PORT": str(port),
        "REDIRECT_URI": f"http://localhost:{port}{client.redirect_path}",
        "BOT_TOKEN": DEMO_BOT_TOKEN,
        "SPACE_ID": DEMO_SPACE_ID,
        "CLIENT_NAME": client.name,
    }
    registration = {
        "client_id": told["CLIENT_ID"],
        "client_secret": told["CLIENT_SECRET"],
        "redirect_uris": [told["REDIRECT_URI"]],
    }
    async with http.post(f"{url}/_sandbox/integrations", json=registration) as answer:
        answer.raise_for_status()
    return {**_plain(os.environ), **told}


def _plain(environ: Mapping[str, str]) -> dict[str, str]:
    """Keep what a program needs to run; no token or proxy of whoever starts this."""
    return {name: environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in environ}


@asynccontextmanager
async def _browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield http


@asynccontextmanager
async def _sandbox(checkout: Path) -> AsyncIterator[str]:
    """Start the checkout's sandbox on a loopback port of its own."""
    port = unused_port()
    url = f"http://localhost:{port}"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "webex_sandbox",
        cwd=checkout,
        env={**_plain(os.environ), "SANDBOX_BIND": f"127.0.0.1:{port}", "SANDBOX_URL": url},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_START_SECONDS):
            await _until_it_answers(url)
        yield url
    finally:
        process.terminate()
        await process.wait()


async def _until_it_answers(url: str) -> None:
    async with aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(f"{url}/healthz"):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)
