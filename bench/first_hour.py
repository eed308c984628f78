"""`python -m bench.first_hour [FOLDER …]`: what somebody waits for who builds on this, in seconds.

For this checkout and others of this project, in turn and each in a copy: `make run` from the command to its
*Ready* (warm: everything is installed and compiled), app_service from the start of its process to its first
page, and from saving a file to the first new answer through nginx. A checkout whose `make run` does not look
for saved files is ended and started again.
"""

import argparse
import contextlib
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.tools.working_copy import Answer, WorkingCopy
from local_stack.layout import REPOSITORY

REPEATS = 5
WRAPPED = """

_{handler}_{number} = {handler}


async def {handler}(request: web.Request) -> web.Response:
    answer = await _{handler}_{number}(request)
    answer.headers["X-Saved"] = "{number}"
    return answer
"""
NOT_FOUND = "There is no such page"
SHEET = re.compile(r'/static/site\.[^"]+')


class Save(NamedTuple):
    """A kind of file, what is typed into it, and how one sees that it is there."""

    label: str
    files: tuple[str, ...]
    """The first of them that has a place for it: files have moved."""
    change: Callable[[str, int], str]
    path: str
    is_new: Callable[[WorkingCopy, Answer, int], bool]


def _wrap(handler: str) -> Callable[[str, int], str]:
    return lambda text, number: text + WRAPPED.format(handler=handler, number=number)


def _has_header(_: WorkingCopy, answer: Answer, number: int) -> bool:
    return answer.headers.get("X-Saved") == str(number)


def _says(_: WorkingCopy, answer: Answer, number: int) -> bool:
    return f"saved {number}." in answer.text


def _is_styled(copy: WorkingCopy, answer: Answer, number: int) -> bool:
    sheet = SHEET.search(answer.text)
    return sheet is not None and f"saved {number}." in copy.ask(sheet[0]).text


SAVES = (
    Save("a handler", ("app_service/handlers.py",), _wrap("home"), "/", _has_header),
    Save(
        "a template",
        ("app_service/templates/home.html",),
        lambda text, number: text.replace(
            "{% block content %}", f"{{% block content %}}saved {number}."
        ),
        "/",
        _says,
    ),
    Save(
        "a static file",
        ("common/static/site.css",),
        lambda text, number: f"{text}\n/* saved {number}. */\n",
        "/",
        _is_styled,
    ),
    Save(
        "auth_service",
        ("auth_service/sessions_page.py",),
        _wrap("sessions"),
        "/sessions",
        _has_header,
    ),
    Save(
        "common, Python",
        ("common/failures.py", "common/failure_pages.py"),
        lambda text, number: text.replace(NOT_FOUND, f"{NOT_FOUND} (saved {number}.)"),
        "/nowhere",
        _says,
    ),
)


class Figures:
    """Seconds by label and checkout, and answers that were 5xx meanwhile."""

    def __init__(self) -> None:
        self.seconds: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        self.failed: defaultdict[str, int] = defaultdict(int)

    def add(self, label: str, checkout: str, seconds: float) -> None:
        self.seconds[label, checkout].append(seconds)
        print(f"  {checkout:30} {label:30} {seconds:.2f} s", flush=True)

    def lines(self, checkouts: Sequence[str]) -> list[str]:
        """A table: one line a label, median (least to most) of each checkout."""
        labels = dict.fromkeys(label for label, _ in self.seconds)
        head = ["| seconds, median (least to most) | " + " | ".join(checkouts) + " |"]
        rows = [
            f"| {label} | " + " | ".join(self._cell(label, each) for each in checkouts) + " |"
            for label in labels
        ]
        failed = " | ".join(str(self.failed[each]) for each in checkouts)
        rule = "| --- |" + " ---: |" * len(checkouts)
        return [*head, rule, *rows, f"| answers that were 5xx after a save | {failed} |"]

    def _cell(self, label: str, checkout: str) -> str:
        values = self.seconds[label, checkout]
        return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


class Contender:
    """One checkout, in a copy that keeps what was saved."""

    def __init__(self, checkout: Path, folder: Path, figures: Figures) -> None:
        self.label = _commit(checkout)
        self._copy = WorkingCopy(checkout, folder)
        self._figures = figures

    def warm_up(self) -> None:
        """Have everything compiled that a start reads."""
        with self._copy.running():
            pass

    def measure(self, number: int) -> None:
        """Start it, and save one file of each kind."""
        with contextlib.ExitStack() as running:
            self._took("`make run`, ready", running.enter_context(self._copy.running()))
            self._took("app_service, its first page", self._copy.seconds_of_app_service())
            for save in SAVES:
                self._save(save, number, running)

    def _save(self, save: Save, number: int, running: contextlib.ExitStack) -> None:
        began = time.perf_counter()
        self._copy.save(save.files, lambda text: save.change(text, number))
        if not self._copy.takes_over:
            running.close()
            running.enter_context(self._copy.running())
        failed = self._copy.until(save.path, lambda answer: save.is_new(self._copy, answer, number))
        self._took(f"saved: {save.label}", time.perf_counter() - began)
        self._figures.failed[self.label] += failed

    def _took(self, what: str, seconds: float) -> None:
        self._figures.add(what, self.label, seconds)


def _commit(checkout: Path) -> str:
    """Its name in the tables."""
    told = subprocess.run(  # noqa: S603
        ["git", "-C", str(checkout), "describe", "--always", "--dirty"],  # noqa: S607
        check=True,
        capture_output=True,
        text=True,
    )
    return told.stdout.strip()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.first_hour")
    parser.add_argument("folder", nargs="*", type=Path, help="another checkout of this project")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    told = parser.parse_args(arguments)
    figures = Figures()
    with tempfile.TemporaryDirectory(prefix="first-hour-") as place:
        checkouts = [each.resolve() for each in (*told.folder, REPOSITORY)]
        contenders = [
            Contender(checkout, Path(place) / str(number), figures)
            for number, checkout in enumerate(checkouts)
        ]
        for contender in contenders:
            contender.warm_up()
        for number in range(told.repeats):
            for contender in contenders:
                contender.measure(number)
    print(f"Load average: {' '.join(f'{each:.1f}' for each in os.getloadavg())}")
    print("\n".join(figures.lines([each.label for each in contenders])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
