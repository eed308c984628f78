"""Bar charts as SVG: one bar for the median of each contender, and a line from the least to the most."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LABELS, BAR, GAP, TOP = 760, 250, 18, 10, 46
RIGHT = 110
OURS, PEER, FLOOR, INK, WHISKER = "#0b6bcb", "#8a94a6", "#d5dae2", "#1f2937", "#111827"
FONT = 'font-family="system-ui, sans-serif"'


@dataclass(frozen=True)
class Bar:
    label: str
    values: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def colour(self) -> str:
        if self.label.startswith("this system"):
            return OURS
        return FLOOR if self.label.startswith("floor") else PEER


def chart(title: str, better: str, bars: Sequence[Bar]) -> str:
    """Draw it. `better` says which direction is good."""
    most = max((max(bar.values) for bar in bars), default=1) or 1
    height = TOP + len(bars) * (BAR + GAP) + GAP
    rows = [_row(bar, TOP + n * (BAR + GAP), most) for n, bar in enumerate(bars)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" aria-label="{escape(title)}">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n'
        f'<text x="12" y="20" {FONT} font-size="15" font-weight="600" fill="{INK}">'
        f"{escape(title)}</text>\n"
        f'<text x="12" y="37" {FONT} font-size="12" fill="{INK}">{escape(better)}</text>\n'
        + "".join(rows)
        + "</svg>\n"
    )


def _row(bar: Bar, top: float, most: float) -> str:
    scale = (WIDTH - LABELS - RIGHT) / most
    least, greatest = (LABELS + value * scale for value in (min(bar.values), max(bar.values)))
    end, middle = LABELS + bar.median * scale, top + BAR / 2
    return (
        f'<text x="{LABELS - 8}" y="{middle + 4:.0f}" text-anchor="end" {FONT} font-size="12" '
        f'fill="{INK}">{escape(bar.label)}</text>\n'
        f'<rect x="{LABELS}" y="{top}" width="{end - LABELS:.1f}" height="{BAR}" fill="{bar.colour}"/>\n'
        f'<path d="M{least:.1f} {middle}H{greatest:.1f}M{least:.1f} {middle - 4}v8'
        f'M{greatest:.1f} {middle - 4}v8" stroke="{WHISKER}" fill="none"/>\n'
        f'<text x="{max(end, greatest) + 8:.1f}" y="{middle + 4:.0f}" {FONT} font-size="12" '
        f'fill="{INK}">{number(bar.median)}</text>\n'
    )


def number(value: float) -> str:
    """Three digits that count, with thin groups of thousands."""
    if value >= 100:
        return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return (
        f"{value:.0f}" if value == int(value) else f"{value:.1f}" if value >= 1 else f"{value:.2g}"
    )
