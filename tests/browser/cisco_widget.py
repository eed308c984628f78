"""The real files of Cisco's Space widget, out of its npm package; never part of this repository."""

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from app_service.space.official_widget import FOLDER, VERSION

PACKAGE = f"@webex/widget-space@{VERSION}"


class CiscoWidget:
    """Answers for Cisco's server, and remembers what was asked of all the others."""

    def __init__(self, folder: Path) -> None:
        self._files = folder / "package" / "dist"

    @classmethod
    def fetch(cls, folder: Path) -> "CiscoWidget":
        """Fetch the package with npm; skip the test where that cannot be done."""
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("npm is not installed")
        command = [npm, "pack", PACKAGE, "--silent"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip("npm cannot fetch Cisco's widget here")
        with tarfile.open(folder / done.stdout.strip().splitlines()[-1]) as package:
            package.extractall(folder, filter="data")
        return cls(folder)

    def file(self, url: str) -> Path | None:
        """The file behind an address at Cisco's server."""
        if not url.startswith(f"{FOLDER}/"):
            return None
        file = self._files / url.removeprefix(f"{FOLDER}/").partition("?")[0]
        return file if file.is_file() else None
