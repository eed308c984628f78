"""docs/your-own-logic.md, followed to the letter in a copy of the project, which is then tried."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.walkthrough import Copy, steps

DOCUMENT = (Path(__file__).parents[2] / "docs" / "your-own-logic.md").read_text(encoding="utf-8")
# They build on each other.
PAGE = ("A page", "A call of Webex's API", "A scope", "A setting")
PROVIDER = "Another OAuth provider"
TESTS = ("pytest", "-q", "-p", "no:cacheprovider")


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def follow(copy: Copy, *chapters: str) -> None:
    for chapter in chapters:
        for step in steps(DOCUMENT, chapter):
            copy.follow(step)


@pytest.mark.parametrize("last", ["A page", "A scope"])
def test_the_page_works_after_each_chapter_that_ends_with_a_working_page(
    copy: Copy, last: str
) -> None:
    follow(copy, *PAGE[: PAGE.index(last) + 1])
    copy.run(*TESTS, "tests/service/test_newest.py")


def test_the_commands_after_a_page_work_as_they_are_typed_in_a_fresh_clone(
    copy: Copy, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Nothing is installed there yet. `make run` is tried by tests of its own."""
    follow(copy, "A page")
    chapter = DOCUMENT.partition("\n## A page\n")[2].partition("\n## ")[0]
    [block] = re.findall(r"^```sh\n(.*?)^```$", chapter, re.MULTILINE | re.DOTALL)
    *commands, last = block.splitlines()
    assert last == "make run"
    environment = {**os.environ, "PYTHON": str(installing_python(tmp_path_factory.mktemp("bin")))}
    for command in commands:
        done = subprocess.run(
            command.split(),
            cwd=copy.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def installing_python(folder: Path) -> Path:
    """What `make` calls to install: at once, from the packages that are here, in place of the network."""
    install = "from tests.system.bare_machine import install_the_packages as install; "
    script = f'#!/bin/sh\nexec "{sys.executable}" -c "{install}import pathlib; install(pathlib.Path())"\n'
    (folder / "python3").write_text(script)
    (folder / "python3").chmod(0o755)
    return folder / "python3"


def test_after_the_last_chapter_page_and_setting_are_what_a_change_has_to_be(copy: Copy) -> None:
    follow(copy, *PAGE)
    copy.run(*TESTS, "tests/service/test_newest.py", "tests/unit/test_settings_table.py")
    copy.run(*TESTS, "tests/unit/test_first_lines.py")
    copy.run("ruff", "check", "--no-cache")
    copy.run("ruff", "format", "--check", "--no-cache")
    copy.run("mypy", "app_service", "tests/service/test_newest.py")
    copy.run("lint-imports")


def test_a_call_without_its_scope_is_explained_as_the_document_says(copy: Copy) -> None:
    follow(copy, *PAGE[:2])
    copy.run(*TESTS, "tests/service/newest_without_scope.py")


def test_people_sign_in_at_another_provider(copy: Copy) -> None:
    follow(copy, PROVIDER)
    copy.run(*TESTS, "tests/service/another_provider.py")
    copy.run("ruff", "check", "--no-cache")
    copy.run("mypy", "app_service", "auth_service")


def test_every_block_that_shows_code_belongs_to_a_file() -> None:
    shown = sum(DOCUMENT.count(f"```{kind}\n") for kind in ("python", "html", "diff"))
    assert len([step for name in (*PAGE, PROVIDER) for step in steps(DOCUMENT, name)]) == shown
