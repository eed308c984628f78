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

from local_stack import embedded_store, package_managers
from local_stack.package_managers import MANAGERS, NoWayToInstallError

# Where package managers put programs that a person's PATH may not list.
MORE_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/bin", "/usr/local/bin")
CANNOT_RUN = (0, 0)


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


def provide(names: Iterable[str], *, embedded: bool = True) -> dict[str, str]:
    """Return the path of each program, installed if need be; raise ProgramMissingError.

    Without `embedded`, a Valkey that came as a Python package will not do: tests call others by name.
    """
    names = tuple(names)
    found = {name: _found(name, embedded=embedded) for name in names}
    if missing := [name for name in names if not found[name]]:
        _install(missing)
        found |= {name: _found(name, embedded=embedded) for name in missing}
    return {name: _new_enough(name, found[name]) for name in names}


def is_there(name: str) -> bool:
    """Whether the machine has one of PROGRAMS that is new enough."""
    try:
        return bool(_new_enough(name, _found(name, embedded=False)))
    except ProgramMissingError:
        return False


def _found(name: str, *, embedded: bool) -> list[str]:
    """Return the paths of a program, the machine's own first."""
    folders = os.pathsep.join((os.environ.get("PATH", os.defpath), *MORE_FOLDERS))
    paths = [shutil.which(each, path=folders) for each in PROGRAMS[name].executables]
    if embedded and name == "redis":
        paths.append(embedded_store.program())
    return [path for path in paths if path]


def _install(names: list[str]) -> None:
    try:
        package_managers.install([PROGRAMS[name].packages for name in names])
    except NoWayToInstallError as reason:
        verb = "is" if len(names) == 1 else "are"
        raise ProgramMissingError(
            f"{' and '.join(names)} {verb} missing, and {reason}{_another_way(names)}"
        ) from None


def _new_enough(name: str, paths: Iterable[str]) -> str:
    complaint = f"{name} could not be installed, see above"
    oldest = PROGRAMS[name].oldest
    for path in paths:
        version = _version(name, path)
        if version is None or version >= oldest:
            return path
        complaint = f"{path} does not run on this machine"
        if version != CANNOT_RUN:
            found, wanted = (".".join(map(str, each)) for each in (version, oldest))
            complaint = f"{path} is {name} {found}, but {wanted} or newer is needed"
    raise ProgramMissingError(f"{complaint}.{_another_way([name])}")


def _another_way(names: list[str]) -> str:
    in_containers = set(names) <= {"redis", "nginx"}
    return " `docker compose up` brings its own." if in_containers else ""


def _version(name: str, path: str) -> tuple[int, int] | None:
    """What it says of itself; nothing if it says nothing, or CANNOT_RUN."""
    option, pattern = PROGRAMS[name].version
    if not pattern:
        return None
    try:
        told = subprocess.run([path, option], check=False, capture_output=True, text=True)
    except OSError:
        return CANNOT_RUN
    found = re.search(pattern, told.stdout + told.stderr)
    return (int(found[1]), int(found[2])) if found else None


def main() -> int:
    try:
        provide(sys.argv[1:], embedded=False)
    except ProgramMissingError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
