"""Which Python `make` installs with, whatever `python3` is where it is typed."""

import ast
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from local_stack.layout import REPOSITORY

FILE = REPOSITORY / "local_stack" / "interpreter.py"
# (A shim of pyenv finds what is there only if a setting of it says so.)
FOLDERS = [each for each in os.environ["PATH"].split(os.pathsep) if not each.endswith("shims")]
# Of this machine, if it has any: on the PATH, or as pyenv keeps them.
OLD_PYTHONS = sorted(
    {
        *(file for folder in FOLDERS for file in Path(folder).glob("python[23].?")),
        *Path.home().glob(".pyenv/versions/*/bin/python[23].?"),
    }
)
# What came into the language after Python 2.7, as far as anybody would write it here.
NEW = (
    *(ast.AnnAssign, ast.AsyncFunctionDef, ast.Await, ast.JoinedStr, ast.Match, ast.NamedExpr),
    *(ast.Nonlocal, ast.Starred, ast.TryStar, ast.YieldFrom),
)


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The command lines that make's Python becomes."""
    seen: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, command: seen.append(command))
    monkeypatch.setattr(sys, "argv", ["interpreter", "requirements.txt"])
    return seen


def run() -> None:
    runpy.run_path(str(FILE), run_name="__main__")


def test_what_make_runs_first_can_be_read_by_a_python_of_any_age() -> None:
    nodes = list(ast.walk(ast.parse(FILE.read_bytes())))
    assert FILE.read_text(encoding="utf-8").isascii()
    assert [ast.unparse(node) for node in nodes if isinstance(node, NEW)] == []
    # A function would have to say its types, which 2.7 cannot read.
    assert not any(isinstance(node, ast.FunctionDef | ast.Lambda) for node in nodes)


def test_make_runs_first_what_any_python_can_read() -> None:
    first = [
        line for line in (REPOSITORY / "Makefile").read_text().splitlines() if "(PYTHON)" in line
    ]
    assert first
    assert all("$(PYTHON) -B -m local_stack.interpreter requirements" in line for line in first)
    assert (REPOSITORY / "local_stack" / "__init__.py").read_text(encoding="utf-8").isascii()


def test_a_python_that_is_too_old_is_told_so(
    monkeypatch: pytest.MonkeyPatch, became: list[list[str]]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 12))
    with pytest.raises(SystemExit, match=r"^Python 3\.11 or newer is needed, this is 3\.10\."):
        run()
    assert became == []


@pytest.mark.parametrize("python", OLD_PYTHONS, ids=lambda python: python.name)
def test_an_old_python_of_this_machine_gets_one_sentence(python: Path) -> None:
    command = [str(python), "-B", "-m", "local_stack.interpreter", "requirements.txt"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    [sentence] = done.stderr.splitlines()
    assert sentence.startswith("Python 3.11 or newer is needed, this is ")


def test_an_activated_environment_without_pip_gives_way_to_the_python_it_was_made_of(
    became: list[list[str]],
) -> None:
    """An editor activates .venv by itself; the Python that runs the tests is of such a one."""
    run()
    [[python, *rest]] = became
    assert rest == ["-m", "local_stack.venv", "requirements.txt"]
    assert not Path(python).is_relative_to(sys.prefix)


def test_an_environment_with_pip_is_used_as_it_is(
    monkeypatch: pytest.MonkeyPatch, became: list[list[str]]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    run()
    assert became[0][0] == sys.executable
