"""An environment for each client, kept below .run/clients until its pins change."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.clients.catalogue import Client

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".run" / "clients"
_INSTALL_SECONDS = 570
# Debian's servers and modules, by the package that brings them.
_INSTALLED_FILES = {
    "apache2": "/usr/sbin/apache2",
    "libapache2-mod-auth-openidc": "/usr/lib/apache2/modules/mod_auth_openidc.so",
    "prometheus-alertmanager": "/usr/bin/prometheus-alertmanager",
}


class NotToBeHadError(Exception):
    """The client cannot be installed here; the text says why and what was tried."""


def command(client: Client) -> tuple[list[str], Path]:
    """Install the client if need be; give the command that runs its program, and where.

    Raises:
        NotToBeHadError: the client cannot be installed here.

    """
    if client.kind == "apt":
        return [sys.executable, *_needs_files(client)], HERE / "programs"
    interpreter, folder = environment(client)
    for program in (HERE / "programs").iterdir():
        # Node looks for packages beside the file that imports them.
        if program.is_file():
            shutil.copy(program, folder)
    return [interpreter, client.program, *client.arguments], folder


def environment(client: Client) -> tuple[str, Path]:
    """Install what pip or npm has; give the interpreter, and the folder to run in.

    Raises:
        NotToBeHadError: the client cannot be installed here.

    """
    # Clients with the same pins share one environment.
    pins = hashlib.sha256(" ".join(client.packages).encode()).hexdigest()[:12]
    folder = CACHE / f"{client.kind}-{pins}"
    ready = folder / "ready"
    if not ready.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (_install_pip if client.kind == "pip" else _install_npm)(client, folder)
        ready.touch()
    python = str(folder / "venv" / "bin" / "python")
    return (python if client.kind == "pip" else "node"), folder


def _needs_files(client: Client) -> list[str]:
    missing = [name for name in client.packages if not Path(_INSTALLED_FILES[name]).exists()]
    if missing:
        raise NotToBeHadError(f"apt-get install {' '.join(missing)}")
    return [client.program, *client.arguments]


def _install_pip(client: Client, folder: Path) -> None:
    uv = [sys.executable, "-m", "uv"]
    python = folder / "venv" / "bin" / "python"
    _run([*uv, "venv", "--quiet", "--python", sys.executable, str(folder / "venv")], folder)
    _run([*uv, "pip", "install", "--quiet", "--python", str(python), *client.packages], folder)


def _install_npm(client: Client, folder: Path) -> None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise NotToBeHadError("there is no node or no npm on this machine")
    (folder / "package.json").write_text('{"private": true}\n')
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--save-exact"]
    _run(["npm", "install", *options, *client.packages], folder)


def _run(arguments: list[str], folder: Path) -> None:
    # The project's own virtual environment and Python path are none of the client's business.
    kept = {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    done = subprocess.run(
        arguments,
        cwd=folder,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
        timeout=_INSTALL_SECONDS,
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise NotToBeHadError(f"{' '.join(arguments[:3])} failed: {' / '.join(last)}")
