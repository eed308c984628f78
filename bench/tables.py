"""Markdown tables from the samples: median, and in brackets the least and the most of the repeats."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.plot import number
from bench.results import Metrics, Results


@dataclass(frozen=True)
class Column:
    """One metric, or one word of Results.words if `word` is set."""

    title: str
    metric: str = ""
    word: str = ""
    spread: bool = False
    decimals: int | None = None


def table(
    results: Results, work: str, case: str, columns: Sequence[Column], *, first: str = "contender"
) -> str:
    """The table of one case; who was not measured stands at its end, with the reason."""
    samples = results.samples[work][case]
    heads = [first, *(column.title for column in columns)]
    lines = [_line(heads), _line(["---", *("---:" if each.metric else "---" for each in columns)])]
    for label, metrics in samples.items():
        words = results.words[work].get(label, {})
        lines.append(_line([_name(label), *(_cell(each, metrics, words) for each in columns)]))
    for label, why in results.absent[work].items():
        lines.append(_line([label, f"not measured: {why}", *[""] * (len(columns) - 1)]))
    return "\n".join(lines)


def _name(label: str) -> str:
    return f"**{label}**" if label.startswith("this system") else label


def _cell(column: Column, metrics: Metrics, words: Mapping[str, str]) -> str:
    if column.word:
        return words.get(column.word, "")
    values = metrics.get(column.metric, [])
    if not values:
        return ""
    middle = _written(statistics.median(values), column)
    if not column.spread or len(values) == 1:
        return middle
    return f"{middle} ({_written(min(values), column)} to {_written(max(values), column)})"


def _written(value: float, column: Column) -> str:
    return number(value) if column.decimals is None else f"{value:.{column.decimals}f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
