"""What was measured, as Markdown: a column for each size, or a line for each figure."""

from collections.abc import Mapping


def by_size(results: Mapping[int, Mapping[str, Mapping[str, float]]]) -> str:
    """Figures of steps, by size."""
    columns = {size: _flat(steps) for size, steps in sorted(results.items()) if steps}
    names = dict.fromkeys(name for found in columns.values() for name in found)
    lines = ["| sessions | " + " | ".join(f"{size:,}" for size in columns) + " |"]
    lines.append("| --- |" + " ---: |" * len(columns))
    for name in names:
        cells = " | ".join(
            number(found[name]) if name in found else "" for found in columns.values()
        )
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


def in_lines(found: Mapping[str, float]) -> str:
    lines = ["| what | |", "| --- | ---: |"]
    return "\n".join([*lines, *(f"| {name} | {number(each)} |" for name, each in found.items())])


def number(value: float) -> str:
    """Three digits that count, and no more behind the point."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _flat(steps: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {name: value for found in steps.values() for name, value in found.items()}
