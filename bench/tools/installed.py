"""The peers' packages, and ours as they are in production.

Installed from hashed lists into .run/bench, and again when a list has changed.
"""

import functools
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from bench.peers.kinds import GENERATED, HERE, LUA_LIBRARIES, VENV, Kind
from bench.tools import programs
from local_stack.layout import REPOSITORY

SERVICES = GENERATED / "services"


@functools.cache
def problem(kind: Kind) -> str | None:
    """Install what a kind needs; return why that was not possible, or None."""
    if kind.lua and (reason := no_lua_libraries(os.environ.get("LUA_PEER", ""))):
        return reason
    for program in kind.programs:
        if reason := programs.missing(program):
            return reason
    if kind.npm:
        return _npm(kind.npm)
    return _python(HERE / "requirements.txt", VENV) if str(VENV) in kind.command else None


def no_lua_libraries(folder: str) -> str | None:
    """What to do if the folder has not all Lua libraries, or None if it has."""
    absent = [
        each for each in LUA_LIBRARIES if not (Path(folder) / each.partition("/")[2]).is_dir()
    ]
    if folder and not absent:
        return None
    return (
        f"LUA_PEER names no folder with clones of github.com/{', '.join(absent or LUA_LIBRARIES)}"
    )


def services_python() -> Path:
    """A Python with what the services need and no more; raise NotInstalled.

    Beside the packages of the tests they would take more memory: redis-py loads whatever it finds.
    """
    if reason := _python(REPOSITORY / "requirements.txt", SERVICES):
        raise NotInstalled(reason)
    return SERVICES / "bin" / "python"


class NotInstalled(Exception):
    """The text says why."""


@functools.cache
def _python(requirements: Path, folder: Path) -> str | None:
    if _is_done(requirements, folder):
        return None
    print(f"Installing {requirements.relative_to(REPOSITORY)} for the benchmark …", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    pip = (sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install")
    failed = _run(sys.executable, "-m", "venv", "--without-pip", str(folder)) or _run(
        *(_system_python(), *pip[1:]),
        *("--quiet", "--disable-pip-version-check", "--require-hashes"),
        *("--requirement", str(requirements)),
    )
    if failed is None:
        _mark_done(requirements, folder)
    return failed


@functools.cache
def _npm(peer: str) -> str | None:
    lock, folder = HERE / peer / "package-lock.json", GENERATED / peer
    if _is_done(lock, folder):
        return None
    print(f"Installing {peer} for the benchmark …", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(HERE / peer / name, folder / name)
    failed = _run("npm", "ci", "--prefix", str(folder), "--omit=dev", "--no-audit", "--no-fund")
    if failed is None:
        _mark_done(lock, folder)
    return failed


def _system_python() -> str:
    """Our environment has no pip; the Python that it was made from does."""
    return str(Path(sys.base_prefix) / "bin" / "python3")


def _is_done(wanted: Path, folder: Path) -> bool:
    stamp = folder / "installed"
    return stamp.exists() and stamp.read_text(encoding="ascii") == _hash(wanted)


def _mark_done(wanted: Path, folder: Path) -> None:
    (folder / "installed").write_text(_hash(wanted), encoding="ascii")


def _hash(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


def _run(*command: str) -> str | None:
    finished = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    if finished.returncode == 0:
        return None
    lines = (finished.stderr or finished.stdout).strip().splitlines()
    return f"{Path(command[0]).name} failed: {lines[-1] if lines else finished.returncode}"
