"""docs/take-this-as-a-start.md, followed to the letter in a copy of the project."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.walkthrough import Copy, steps

DOCUMENT = (Path(__file__).parents[2] / "docs" / "take-this-as-a-start.md").read_text("utf-8")
RENAME, ONLY_THE_SIGN_IN = "Rename", "Only the sign-in"
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(chapter: str) -> list[str]:
    """What a chapter tells to type."""
    return SHELL.findall(DOCUMENT.partition(f"\n## {chapter}\n")[2].partition("\n## ")[0])


def type_in(copy: Copy, block: str) -> None:
    """Type a block, line by line, in the copy, with the programs of this environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-ec", block],
        cwd=copy.folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_a_copy_gets_its_own_name(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    [rename] = blocks(RENAME)
    type_in(copy, rename)
    files = [file for file in copy.folder.rglob("*") if file.is_file()]
    assert [file for file in files if b"webex-oauth-pair" in file.read_bytes()] == []
    assert 'name = "my-integration"' in (copy.folder / "pyproject.toml").read_text("utf-8")
    copy.run("ruff", "check", "--no-cache")
    copy.run("ruff", "format", "--check", "--no-cache")


def test_a_copy_with_the_sign_in_only_passes_its_checks_and_signs_people_in(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    delete, check = blocks(ONLY_THE_SIGN_IN)
    type_in(copy, delete)
    for step in steps(DOCUMENT, ONLY_THE_SIGN_IN):
        copy.follow(step)
    type_in(copy, check)
    left = (file.read_text("utf-8") for file in (copy.folder / "app_service").rglob("*.py"))
    assert not any(
        re.search(r"^from app_service\.(space|live)\b", text, re.MULTILINE) for text in left
    )
