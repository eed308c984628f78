"""The system's package managers, and how to install something through the one that is there."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


class NoWayToInstallError(Exception):
    """A person has to act; the text is the end of a sentence that says what to type."""


@dataclass(frozen=True)
class PackageManager:
    install: tuple[str, ...]
    refresh: tuple[str, ...] = ()
    needs_root: bool = True
    services: Mapping[str, str] = field(default_factory=dict)
    """The system service that a package starts as soon as it is installed."""


MANAGERS: Mapping[str, PackageManager] = {
    "apt-get": PackageManager(
        ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes", "--quiet=2"),
        refresh=("apt-get", "update", "--quiet=2"),
        services={
            "redis-server": "redis-server",
            "nginx": "nginx",
            "prometheus": "prometheus",
        },
    ),
    "dnf": PackageManager(("dnf", "install", "--assumeyes", "--quiet")),
    "zypper": PackageManager(("zypper", "--non-interactive", "--quiet", "install")),
    "pacman": PackageManager(
        ("pacman", "-S", "--needed", "--noconfirm"), refresh=("pacman", "-Sy")
    ),
    "apk": PackageManager(("apk", "add", "--quiet")),
    "brew": PackageManager(("brew", "install", "--quiet"), needs_root=False),
}


def install(wanted: Sequence[Mapping[str, Sequence[str]]]) -> None:
    """Install programs, each given as manager → packages of which any will do.

    Raises:
        NoWayToInstallError: no known package manager, or it needs root and root is out of reach.

    """
    name = next((name for name in MANAGERS if shutil.which(name)), None)
    if name is None:
        raise NoWayToInstallError(f"none of {', '.join(MANAGERS)} is here to install it with.")
    manager = MANAGERS[name]
    first_choices = [packages[name][0] for packages in wanted]
    prefix = _prefix_for_root() if manager.needs_root else ()
    if prefix is None:
        command = " ".join(["sudo", *manager.install, *first_choices])
        raise NoWayToInstallError(
            f"installing needs root: type `{command}`, then the same command again."
        )
    print(f"Installing {' and '.join(first_choices)} with {name} …", flush=True)
    if manager.refresh:
        _run(*prefix, *manager.refresh)
    for packages in wanted:
        _install_any(manager, packages[name], prefix)


def _install_any(manager: PackageManager, packages: Sequence[str], prefix: Sequence[str]) -> None:
    for package in packages:
        if _run(*prefix, *manager.install, package):
            if package in manager.services:
                _leave_service_off(manager.services[package], prefix)
            return


def _prefix_for_root() -> tuple[str, ...] | None:
    """What stands before a command that needs root; None if that would ask for a password."""
    if os.geteuid() == 0:
        return ()
    sudo = shutil.which("sudo")
    return (sudo, "-n") if sudo and _run(sudo, "-n", "true", quiet=True) else None


def _leave_service_off(service: str, prefix: Sequence[str]) -> None:
    """Only the program is wanted, not a server that starts with the machine."""
    if Path("/run/systemd/system").is_dir():
        _run(*prefix, "systemctl", "disable", "--now", "--quiet", service)


def _run(*command: str, quiet: bool = False) -> bool:
    """Whether it worked; what it writes is only of interest when it did not."""
    done = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode and not quiet:
        print(done.stdout, flush=True)
    return done.returncode == 0
