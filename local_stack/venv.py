"""The virtual environment, from hashed requirements: `python3 -m local_stack.venv requirements.txt`.

Runs with the system's own Python, before anything is installed.
"""

import subprocess
import sys
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from local_stack import terminal

FOLDER = Path(".venv")
PYTHON = FOLDER / "bin" / "python"
OLDEST_PYTHON = (3, 11)


def main() -> int:
    terminal.forgive()
    if sys.version_info[:2] < OLDEST_PYTHON:
        found = ".".join(str(number) for number in sys.version_info[:2])
        print(
            f"Python 3.11 or newer is needed, this is {found}. Name one: make PYTHON=python3.13 …"
        )
        return 1
    if find_spec("pip") is None:
        print(
            f"{sys.executable} has no pip. Install it with the system's package manager (Debian and "
            "Ubuntu: sudo apt-get install python3-pip), then type the same command again."
        )
        return 1
    for requirements in sys.argv[1:]:
        _install(Path(requirements))
    return 0


def _install(requirements: Path) -> None:
    """Install what the file pins, unless exactly this was installed before."""
    wanted = sha256(requirements.read_bytes()).hexdigest()
    stamp = FOLDER / f"{requirements.name}.installed"
    if PYTHON.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    if not PYTHON.exists():
        print(f"Making a virtual environment in {FOLDER} …", flush=True)
        # Its Python is gone, most often with an update of the system: what was installed is, too.
        for stale in FOLDER.glob("*.installed"):
            stale.unlink()
        # Without pip in it, because Debian's Python comes without what would put it there.
        _run(sys.executable, "-m", "venv", "--without-pip", str(FOLDER))
    print(f"Installing {requirements} into {FOLDER} …", flush=True)
    _run(
        *(sys.executable, "-m", "pip", "--python", str(PYTHON)),
        *("install", "--quiet", "--disable-pip-version-check", "--require-hashes"),
        *("--requirement", str(requirements)),
    )
    stamp.write_text(wanted, encoding="utf-8")


def _run(*command: str) -> None:
    finished = subprocess.run(command, check=False)
    if finished.returncode:
        sys.exit(finished.returncode)


if __name__ == "__main__":
    sys.exit(main())
