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
PACKAGES = ("app_service", "auth_service", "bench", "common", "local_stack", "webex_sandbox")
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


def imports_ours(module: ast.Module) -> bool:
    named = [node.module or "" for node in ast.walk(module) if isinstance(node, ast.ImportFrom)]
    named += [
        each.name
        for node in ast.walk(module)
        if isinstance(node, ast.Import)
        for each in node.names
    ]
    return any(name.split(".")[0] in PACKAGES for name in named)


def says_where(name: str) -> bool:
    """Whether the test is called after the end of a file's path, or names a file in its first lines.

    So test_webex_http.py and test_http.py are both of common/webex/http.py.
    """
    wanted = Path(name).stem.removeprefix("test_")
    tested = [path for path in FILES if not path.startswith("tests/")]
    paths = [path.removesuffix(".py").replace("/", "_") for path in tested]
    if any(f"_{path}".endswith(f"_{wanted}") for path in (*paths, *PACKAGES)):
        return True
    said = ast.get_docstring(ast.parse((ROOT / name).read_text(encoding="utf-8"))) or ""
    return any(
        word.strip("`()").rstrip("`).,:;").removesuffix("'s") in tested for word in said.split()
    )


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("tests/unit/test_")])
def test_a_unit_test_says_what_it_tests(name: str) -> None:
    module = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    assert says_where(name) or not imports_ours(module), name
