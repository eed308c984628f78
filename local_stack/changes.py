"""Own changes are live: which files were saved, and which service has to start anew for them."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from local_stack.layout import REPOSITORY

SERVICES = ("auth_service", "app_service")
WATCHED = (*SERVICES, "common")
# Of a service; __pycache__ and what editors leave beside a file while they save it are not.
ENDINGS = (".py", ".html", ".css", ".js", ".svg", ".png", ".json", ".txt")
# Whatever else of common it has imported, a new worker reads anew (common/web/gunicorn.py).
OF_THE_MASTER = ("common/web/gunicorn.py", "common/web/serve.py", "common/web/worker.py")
# Of these nginx has a copy: static files, and the pages that it shows by itself.
FOR_THE_DOOR = ("common/static/", "common/templates/", "app_service/static/")

State = Mapping[Path, tuple[int, int]]


class Changes:
    """Asked again and again, it says what was saved since it was asked last."""

    def __init__(self, root: Path = REPOSITORY) -> None:
        self._root = root
        self._known = self._state()
        self._last = self._known

    @property
    def under_way(self) -> bool:
        """Whether something was seen to change that was not returned yet."""
        return self._last != self._known

    def saved(self) -> list[Path]:
        """Return the files, relative to the project, when nobody is writing any more."""
        now = self._state()
        is_settled, self._last = now == self._last, now
        if not is_settled:
            return []
        before, self._known = self._known, now
        return sorted(file for file in {*before, *now} if before.get(file) != now.get(file))

    def _state(self) -> State:
        return dict(_files(self._root))


def _files(root: Path) -> Iterator[tuple[Path, tuple[int, int]]]:
    folders = [root / name for name in WATCHED]
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except FileNotFoundError:
            continue
        for entry in entries:
            if entry.name.startswith((".", "__pycache__")):
                continue
            try:
                if entry.is_dir():
                    folders.append(Path(entry.path))
                elif entry.name.endswith(ENDINGS):
                    told = entry.stat()
                    yield Path(entry.path).relative_to(root), (told.st_mtime_ns, told.st_size)
            except FileNotFoundError:
                continue


def concerned(files: Iterable[Path]) -> list[str]:
    """Return the services that these files belong to; what is common belongs to both."""
    tops = {file.parts[0] for file in files}
    return [name for name in SERVICES if name in tops or "common" in tops]


def is_for_the_door(file: Path) -> bool:
    """Whether nginx has to get it, too."""
    return file.as_posix().startswith(FOR_THE_DOOR)


def needs_a_new_process(file: Path) -> bool:
    """Whether it makes the process that the workers of a service are forked from what it is."""
    return file.as_posix() in OF_THE_MASTER


def mistakes(files: Iterable[Path], root: Path = REPOSITORY) -> list[str]:
    """Return a sentence for each file that is no Python: file, line, what is wrong, the source line."""
    found = []
    for file in files:
        if file.suffix == ".py" and (root / file).exists():
            source = (root / file).read_bytes()
            try:
                compile(source, str(file), "exec", dont_inherit=True)
            except (SyntaxError, ValueError) as error:
                found.append(_sentence(file, source, error))
    return found


def _sentence(file: Path, source: bytes, error: SyntaxError | ValueError) -> str:
    if not isinstance(error, SyntaxError):  # a null byte, in Python 3.11
        return f"{file}: {error}"
    number = error.lineno or 0
    # What the error itself has of it is read from wherever this process stands.
    line = dict(enumerate(source.splitlines(), start=1)).get(number, b"")
    said = f"{file}:{number}: {type(error).__name__}: {error.msg}"
    return f"{said}\n  {line.decode(errors='replace').strip()}"
