"""A document that is followed to the letter, in a copy of the project."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
# A line that names a file, an empty line, and the block that belongs to it.
STEP = re.compile(
    r"^(?:New file|In) `(?P<file>[^`\n]+)`[^\n]*:\n\n```(?P<kind>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
NOT_COPIED = (".git", ".run", ".venv", ".*_cache", "__pycache__", "img", "node_modules")
LONGEST_SECONDS = 300


class Step(NamedTuple):
    """A file, and what to do with it: `diff` changes it, any other kind is the whole of it."""

    file: str
    kind: str
    text: str


def steps(document: str, chapter: str) -> list[Step]:
    """The steps of one chapter, in the order of the document."""
    _, found, rest = document.partition(f"\n## {chapter}\n")
    assert found, chapter
    return [Step(*match) for match in STEP.findall(rest.partition("\n## ")[0])]


class Copy:
    """The project at another place, where a reader may type."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ignored = shutil.ignore_patterns(*NOT_COPIED)
        shutil.copytree(ROOT, folder, ignore=ignored, dirs_exist_ok=True)

    def follow(self, step: Step) -> None:
        file = self.folder / step.file
        if step.kind != "diff":
            assert not file.exists(), f"{step.file} is no new file"
            file.write_text(step.text, encoding="utf-8")
            return
        changed = file.read_text(encoding="utf-8")
        for hunk in step.text.split("@@\n"):
            changed = _applied(hunk, changed, step.file)
        file.write_text(changed, encoding="utf-8")

    def run(self, *command: str) -> None:
        """Run a program of this environment there; what it says is the failure."""
        program, *arguments = command
        done = subprocess.run(
            [Path(sys.executable).parent / program, *arguments],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def _applied(hunk: str, text: str, file: str) -> str:
    """Put the lines with + for those with -; the place has to be there once."""
    lines = [(line[:1] or " ", line[1:]) for line in hunk.splitlines()]
    before = "".join(f"{line}\n" for mark, line in lines if mark in " -")
    after = "".join(f"{line}\n" for mark, line in lines if mark in " +")
    assert text.count(before) == 1, f"{file} has this {text.count(before)} times:\n{before}"
    return text.replace(before, after)
