"""Programs that are not Python packages: found, or installed through the system's package manager.

`python -m local_stack.programs redis nginx chromium` installs what is missing of these.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from local_stack import package_managers
from local_stack.package_managers import MANAGERS, NoWayToInstallError

# Where package managers put programs that a person's PATH may not list.
MORE_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/bin", "/usr/local/bin")


class ProgramMissingError(Exception):
    """A program is missing or too old, and a person has to act; the text says what to do."""


@dataclass(frozen=True)
class Program:
    """Executables of which any will do, and for each package manager the packages that bring one."""

    executables: tuple[str, ...]
    packages: Mapping[str, tuple[str, ...]]
    version: tuple[str, str] = ("--version", "")
    """The option that makes it tell its version, and the pattern that finds major and minor."""
    oldest: tuple[int, int] = (0, 0)


PROGRAMS: Mapping[str, Program] = {
    "redis": Program(
        ("redis-server", "valkey-server"),
        {
            "apt-get": ("redis-server",),
            "dnf": ("valkey", "redis"),
            "zypper": ("redis", "valkey"),
            "pacman": ("valkey",),
            "apk": ("redis", "valkey"),
            "brew": ("redis",),
        },
        version=("--version", r"v=(\d+)\.(\d+)"),
        oldest=(7, 0),  # brought the read-only key permissions of redis/users.acl.template
    ),
    "nginx": Program(
        ("nginx",),
        dict.fromkeys(MANAGERS, ("nginx",)),
        version=("-v", r"nginx/(\d+)\.(\d+)"),
        oldest=(1, 21),  # refuses the malformed requests that smuggling needs
    ),
    "prometheus": Program(("prometheus",), dict.fromkeys(MANAGERS, ("prometheus",))),
    "chromium": Program(
        (
            *("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"),
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        ),
        {**dict.fromkeys(MANAGERS, ("chromium",)), "brew": ("google-chrome",)},
    ),
}


def find(name: str) -> str | None:
    """Return the path of one of PROGRAMS, or None."""
    folders = os.pathsep.join((os.environ.get("PATH", os.defpath), *MORE_FOLDERS))
    paths = (shutil.which(name, path=folders) for name in PROGRAMS[name].executables)
    return next(filter(None, paths), None)


def provide(names: Iterable[str]) -> dict[str, str]:
    """Return the path of each program, installed if need be; raise ProgramMissingError."""
    names = tuple(names)
    missing = [name for name in names if find(name) is None]
    if missing:
        _install(missing)
    found = {name: find(name) for name in names}
    if absent := [name for name, path in found.items() if path is None]:
        raise ProgramMissingError(f"Not installed: {', '.join(absent)}; see above.")
    paths = {name: path for name, path in found.items() if path}
    for name, path in paths.items():
        _check_age(name, path)
    return paths


def _install(names: list[str]) -> None:
    try:
        package_managers.install([PROGRAMS[name].packages for name in names])
    except NoWayToInstallError as reason:
        raise ProgramMissingError(f"Missing: {', '.join(names)}. {reason}") from None


def _check_age(name: str, path: str) -> None:
    option, pattern = PROGRAMS[name].version
    told = subprocess.run([path, option], check=False, capture_output=True, text=True)
    found = re.search(pattern, told.stdout + told.stderr) if pattern else None
    oldest = PROGRAMS[name].oldest
    if found and (int(found[1]), int(found[2])) < oldest:
        raise ProgramMissingError(
            f"{path} is {name} {found[1]}.{found[2]}, but {oldest[0]}.{oldest[1]} or newer is "
            "needed. `docker compose up` brings its own."
        )


def main() -> int:
    try:
        provide(sys.argv[1:])
    except ProgramMissingError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
