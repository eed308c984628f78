"""What is said of one kind of failure is written once (common/failures.py): two places drift apart."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = ("common", "auth_service", "app_service")
KINDS = ("Failure", "Refused", "SignInAgain", "Misconfigured", "TryLater")
FIELDS = ("title", "what_happened", "what_to_check", "status", "slug")


def modules() -> Iterator[tuple[str, ast.Module]]:
    for service in SERVICES:
        for file in sorted((ROOT / service).rglob("*.py")):
            yield file.relative_to(ROOT).as_posix(), ast.parse(file.read_text(encoding="utf-8"))


def parameters(module: ast.Module) -> dict[str, tuple[str, ...]]:
    """What is given by position to each function that takes a slug, and to each kind of failure."""
    found: dict[str, tuple[str, ...]] = dict.fromkeys(KINDS, FIELDS)
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = tuple(each.arg for each in (*node.args.posonlyargs, *node.args.args))
            if "slug" in names:
                found[node.name] = names
    return found


def slugs(call: ast.Call, known: dict[str, tuple[str, ...]]) -> Iterator[ast.expr]:
    """What stands where the slug stands, by its name or by its place."""
    yield from (keyword.value for keyword in call.keywords if keyword.arg == "slug")
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    for parameter, given in zip(known.get(name, ()), call.args, strict=False):
        if parameter == "slug":
            yield given


def constructed(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Each slug that a call names, and the line."""
    known = parameters(module)
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            for slug in slugs(node, known):
                if isinstance(slug, ast.Constant) and isinstance(slug.value, str):
                    yield slug.value, slug.lineno


def test_no_slug_has_two_constructors() -> None:
    places = [
        (slug, f"{name}:{line}") for name, module in modules() for slug, line in constructed(module)
    ]
    assert len(places) > 50
    counts = Counter(slug for slug, _ in places)
    assert [place for place in places if counts[place[0]] > 1] == []


def test_a_slug_counts_by_its_name_and_by_its_place() -> None:
    source = (
        "def later(status, slug): return TryLater(title='', what_happened='', slug=slug)\n"
        "later(502, 'one')\n"
        "Failure('', '', (), 500, 'two')\n"
        "Refused(title='', what_happened='', slug='three')\n"
    )
    found = list(constructed(ast.parse(source)))
    assert found == [("one", 2), ("two", 3), ("three", 4)]


def test_every_failure_names_its_slug() -> None:
    unnamed = [
        f"{name}:{node.lineno}"
        for name, module in modules()
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in KINDS
        and not list(slugs(node, parameters(module)))
    ]
    assert unnamed == []
