"""The matrix of docs/threat-model.md is whole, and every test that it names exists."""

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "threat-model.md"
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def numbered(prefix: str, counts: dict[int, int]) -> list[str]:
    return [f"{prefix}.{part}.{n}" for part, count in counts.items() for n in range(1, count + 1)]


# What each document asks for, by its own identifiers: whole chapters, no choice.
ASKED = {
    "OWASP ASVS 5.0, V7": numbered("7", {1: 3, 2: 4, 3: 2, 4: 5, 5: 3, 6: 2}),
    "OWASP ASVS 5.0, V10": numbered("10", {1: 2, 2: 3, 3: 5, 4: 16, 5: 5, 6: 2, 7: 3}),
    "RFC 9700": [
        *("2.1", "2.1.1", "2.1.2", "2.2.1", "2.2.2", "2.3", "2.4", "2.5", "2.6"),
        *(f"4.{n}" for n in range(1, 18)),
    ],
    "OAuth 2.0 for browser-based applications": [
        *(f"6.1.2.{n}" for n in range(1, 6)),
        *(f"6.1.3.{n}" for n in range(1, 8)),
        "6.1.4",
    ],
}


class Row(NamedTuple):
    identifier: str
    cells: list[str]

    @property
    def left_out(self) -> bool:
        return len(self.cells) == 2


@cache
def rows(part: str) -> list[Row]:
    """The rows of the part whose heading begins so."""
    _, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(f"### {part}")
    lines = [line for line in rest.partition("\n### ")[0].splitlines() if line.startswith("| ")]
    split = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [
        Row(cells[0].partition(" ")[0], cells) for cells in split if cells[0] not in ("Id", "---")
    ]


@pytest.mark.parametrize("part", ASKED)
def test_every_requirement_is_held_or_left_out_with_a_reason(part: str) -> None:
    assert Counter(row.identifier for row in rows(part)) == Counter(ASKED[part])


@pytest.mark.parametrize("part", ASKED)
def test_no_cell_is_empty(part: str) -> None:
    assert [row for row in rows(part) if not all(row.cells) or len(row.cells) not in (2, 4)] == []


@pytest.mark.parametrize("part", ASKED)
def test_every_row_that_promises_something_names_tests_that_exist(part: str) -> None:
    for row in rows(part):
        if row.left_out:
            continue
        named = TEST.findall(row.cells[3])
        assert len(named) == row.cells[3].count("`") // 2 > 0, row
        for file, test in named:
            source = (ROOT / file).read_text(encoding="utf-8")
            assert re.search(rf"^(async )?def {test}\(", source, re.MULTILINE), (file, test)
