"""wrk: so many connections, each asking again as soon as it has an answer."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

HOST = "127.0.0.1"
SCRIPT = Path(__file__).with_name("cookies.lua")


@dataclass(frozen=True)
class PageLoad:
    """What one run of wrk came to; durations in milliseconds."""

    requests: int
    seconds: float
    median: float
    p99: float
    failures: dict[str, int]
    """By kind: connect, read, write, timeout, and status for answers of 400 and more."""

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    @property
    def failed(self) -> int:
        return sum(self.failures.values())


async def load(
    port: int, path: str, *, connections: int, seconds: float, cookies: Sequence[str] = ("",)
) -> PageLoad:
    """Ask for a page, with one cookie after the other. Raises RuntimeError if wrk cannot."""
    with TemporaryDirectory(prefix="bench-") as folder:
        file = Path(folder) / "cookies"
        file.write_text("\n".join(cookies) + "\n", encoding="ascii")
        command = [
            *("wrk", "--threads", "1", "--connections", str(connections)),
            *("--duration", f"{seconds:.0f}s", "--timeout", "10s", "--script", str(SCRIPT)),
            *(f"http://{HOST}:{port}{path}", "--", str(file)),
        ]
        running = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        try:
            output = (await running.communicate())[0].decode()
        finally:
            if running.returncode is None:
                running.kill()
    return _read(output)


def _read(output: str) -> PageLoad:
    _, found, text = output.partition("RESULT ")
    if not found:
        raise RuntimeError(f"wrk failed: {output.strip()}")
    told = json.loads(text.partition("\n")[0])
    return PageLoad(
        requests=told["requests"],
        seconds=told["microseconds"] / 1e6,
        median=told["p50"] / 1000,
        p99=told["p99"] / 1000,
        failures={kind: number for kind, number in told["errors"].items() if number},
    )
