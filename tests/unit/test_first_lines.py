"""Whoever opens a file reads in its first lines what lives there."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# How a comment begins, by the ending of the file or, where it has none, by its name.
COMMENTS = {
    ".html": ("{#",),
    ".css": ("/*",),
    ".js": ("//", "/*"),
    ".lua": ("--",),
    **dict.fromkeys((".conf", ".template", ".toml", ".yaml", ".yml", ".sh"), ("#",)),
    **dict.fromkeys(("Dockerfile", "Makefile", "Procfile", ".env.example"), ("#",)),
    **dict.fromkeys((".dockerignore", ".gitignore"), ("#",)),
}
# Redis takes no comment in a file of users; a peer of the benchmark is measured as it came.
WITHOUT = ("redis/users.acl.template", "bench/peers/")


def top_level() -> Iterator[Path]:
    """Whatever is not generated: .gitignore says what is."""
    generated = {line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines()}
    return (path for path in ROOT.iterdir() if path.name not in {*generated, ".git"})


def files() -> Iterator[str]:
    for top in top_level():
        inside = top.rglob("*") if top.is_dir() else (top,)
        yield from (path.relative_to(ROOT).as_posix() for path in inside if path.is_file())


FILES = sorted(name for name in files() if "__pycache__" not in name)
MODULES = [name for name in FILES if name.endswith(".py") and not name.startswith("tests/")]


def marks(name: str) -> tuple[str, ...]:
    """How a comment in this file begins; nothing for a file that has none, or needs none."""
    if name.startswith(WITHOUT):
        return ()
    path = Path(name)
    return COMMENTS.get(path.suffix) or COMMENTS.get(path.name) or ()


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_lives_there(module: str) -> None:
    said = ast.get_docstring(ast.parse((ROOT / module).read_text(encoding="utf-8")))
    assert said, module
    assert said.splitlines()[0].endswith((".", ":", "?")), said


@pytest.mark.parametrize("name", [name for name in FILES if marks(name)])
def test_any_other_file_begins_with_a_comment(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    # A program's first line names its interpreter.
    first = lines[1] if lines[0].startswith("#!") else lines[0]
    assert first.startswith(marks(name)), first
