"""What is said of one kind of failure is written once (common.failures): two places drift apart."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = ("common", "auth_service", "app_service")


def constructed() -> Iterator[tuple[str, str]]:
    """Each slug that a call names, and where."""
    for service in SERVICES:
        for file in (ROOT / service).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.keyword) and node.arg == "slug":
                    value = node.value
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        yield value.value, f"{file.relative_to(ROOT)}:{value.lineno}"


def test_no_slug_has_two_constructors() -> None:
    places = list(constructed())
    assert len(places) > 40
    counts = Counter(slug for slug, _ in places)
    assert [place for place in places if counts[place[0]] > 1] == []
