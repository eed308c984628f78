"""Markdown tables from the samples: median, and in brackets the least and the most of the repeats."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.plot import number
from bench.results import Metrics, Results

# Less than that is within what repeats differ by.
LEVEL = 1.03
Better = Literal["more", "less", ""]


@dataclass(frozen=True)
class Column:
    """One metric, or one word of Results.words if `word` is set; `better` is empty if neither is."""

    title: str
    metric: str = ""
    word: str = ""
    spread: bool = False
    decimals: int | None = None
    better: Better = "less"


def table(
    results: Results, work: str, case: str, columns: Sequence[Column], *, first: str = "contender"
) -> str:
    """The table of one case; who was not measured stands at its end, with the reason.

    Its first line says of each metric who is ahead: this system, or the best peer.
    """
    samples = results.samples[work][case]
    heads = [first, *(column.title for column in columns)]
    lines = [_line(heads), _line(["---", *("---:" if each.metric else "---" for each in columns)])]
    if first == "contender" and (ahead := _ahead(samples, columns)):
        lines.append(_line(["*ahead*", *ahead]))
    for label, metrics in samples.items():
        words = results.words[work].get(label, {})
        lines.append(_line([_name(label), *(_cell(each, metrics, words) for each in columns)]))
    for label, why in results.absent[work].items():
        lines.append(_line([label, f"not measured: {why}", *[""] * (len(columns) - 1)]))
    return "\n".join(lines)


def _ahead(samples: Mapping[str, Metrics], columns: Sequence[Column]) -> list[str]:
    """For each column who is best, and how many times better; nothing without a peer."""
    ours = {label: each for label, each in samples.items() if is_ours(label)}
    # What nginx adds or spares is no property of a contender.
    ours = {label: each for label, each in ours.items() if label.endswith("alone")} or ours
    peers = {label: each for label, each in samples.items() if is_peer(label)}
    if not ours or not peers:
        return []
    return [_ahead_in(column, ours, peers) if column.better else "" for column in columns]


def _ahead_in(column: Column, ours: Mapping[str, Metrics], peers: Mapping[str, Metrics]) -> str:
    (_, own), (label, best) = _best(column, ours), _best(column, peers)
    if own is None or best is None:
        return ""
    low, high = sorted((own, best))
    if high <= LEVEL * low or _written(low, column) == _written(high, column):
        return "level"
    who = "this system" if (own > best) == (column.better == "more") else f"**{label}**"
    return f"{who}, {high / low:.2f} times" if low else who


def _best(column: Column, samples: Mapping[str, Metrics]) -> tuple[str, float | None]:
    medians = [
        (statistics.median(values), label)
        for label, metrics in samples.items()
        if (values := metrics.get(column.metric))
    ]
    if not medians:
        return "", None
    value, label = max(medians) if (column.better == "more") else min(medians)
    return label, value


def is_ours(label: str) -> bool:
    return label.startswith("this system")


def is_peer(label: str) -> bool:
    return not is_ours(label) and not label.startswith("floor")


def _name(label: str) -> str:
    return f"**{label}**" if is_ours(label) else label


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
