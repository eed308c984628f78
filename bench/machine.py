"""What a table stands on: the machine, the versions, the day."""

import json
import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.peers.kinds import HERE
from bench.tools.process import version_of

# More than that, and somebody else is at work.
BUSY_LOAD = 0.7
OUR_PACKAGES = ("aiohttp", "cryptography", "gunicorn", "redis", "uvloop")
PEER_PACKAGES = (
    "aiohttp",
    "aiohttp-session",
    "authlib",
    "gunicorn",
    "httptools",
    "httpx2",
    "redis",
    "starlette",
    "starsessions",
    "uvicorn",
    "uvloop",
)
NODE_PACKAGES = {
    "express": (
        *("connect-redis", "express", "express-session", "passport", "passport-oauth2", "redis"),
    ),
    "fastify": ("@fastify/oauth2", "@fastify/session", "fastify"),
}


def beginning() -> dict[str, str]:
    """Lines of a table, what and which, as it is before a run."""
    return {
        "Day": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "Commit": _commit(),
        "Machine": f"{_cpu()}, {os.cpu_count()} cores, {_memory()} GB",
        "System": f"{platform.system()} {platform.release()}",
        "Load average before": _load(),
    }


def versions() -> dict[str, str]:
    """More lines of it, after a run: the run installs what is missing."""
    return {
        "Python": platform.python_version(),
        "This system": ", ".join(f"{name} {version(name)}" for name in OUR_PACKAGES),
        "Redis, nginx, wrk": ", ".join(
            (
                _number(version_of("redis-server", "--version"), r"v=([\d.]+)"),
                _number(version_of("nginx", "-v"), r"/([\d.]+)"),
                _number(version_of("wrk", "-v"), r"wrk (?:debian/)?([\d.]+)"),
            )
        ),
        "Node": _optional("node", "--version"),
        "Node peers": ", ".join(f"{name} {number}" for name, number in _node_packages().items()),
        "Python peers": ", ".join(f"{name} {number}" for name, number in _pinned().items()),
        "Apache": _optional("apache2", "-v").removeprefix("Server version: "),
        "mod_auth_openidc": _debian_package("libapache2-mod-auth-openidc"),
    }


def unsuitable() -> str | None:
    """Why the benchmark cannot run here, or None; say so if others keep the machine busy."""
    if platform.system() != "Linux" or (os.cpu_count() or 1) < 2:
        return "The benchmark needs Linux and two cores: one for who is measured, one for the rest."
    if os.getloadavg()[0] > BUSY_LOAD:
        print(f"Others are busy on this machine (load average {_load()}): numbers will be worse.")
    return None


def _load() -> str:
    return " ".join(f"{each:.2f}" for each in os.getloadavg())


def _commit() -> str:
    told = version_of("git", "rev-parse", "--short", "HEAD")
    changed = version_of("git", "status", "--porcelain", "--untracked-files=no")
    return f"{told}, with changes that are not committed" if changed else told


def _cpu() -> str:
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    found = re.search(r"model name\s*: (.*)", text)
    return found[1] if found else platform.machine()


def _memory() -> str:
    text = Path("/proc/meminfo").read_text(encoding="ascii")
    found = re.search(r"MemTotal:\s*(\d+)", text)
    return f"{int(found[1]) / 1024**2:.0f}" if found else "?"


def _number(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else text


def _optional(*command: str) -> str:
    try:
        return version_of(*command)
    except OSError:
        return "not installed"


def _debian_package(name: str) -> str:
    try:
        told = subprocess.run(  # noqa: S603
            ["dpkg-query", "--show", "--showformat", "${Version}", name],  # noqa: S607
            check=False,
            capture_output=True,
            text=True,
        )
    except OSError:
        return "not from a Debian package"
    return told.stdout or "not installed"


def _node_packages() -> dict[str, str]:
    found: dict[str, str] = {}
    for peer, names in NODE_PACKAGES.items():
        lock = json.loads((HERE / peer / "package-lock.json").read_text(encoding="utf-8"))
        found |= {name: lock["packages"][f"node_modules/{name}"]["version"] for name in names}
    return found


def _pinned() -> dict[str, str]:
    text = (HERE / "requirements.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([\w-]+)==(\S+)", text, re.MULTILINE))
    return {name: pins[name] for name in PEER_PACKAGES}
