"""What was measured: samples by work, case, contender and metric."""

import json
import statistics
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

Metrics = dict[str, list[float]]


@dataclass
class Results:
    """Every sample of one benchmark; a metric of a case is measured once per repeat."""

    samples: dict[str, dict[str, dict[str, Metrics]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(lambda: defaultdict(dict)))
    )
    words: dict[str, dict[str, dict[str, str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )
    """By work and contender: what is no number, by the name of its column."""
    absent: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """By work and contender: why it was not measured."""
    disturbed: int = 0
    """Runs during which other programs took a tenth of the contender's core."""

    def add(self, work: str, case: str, contender: str, **metrics: float) -> None:
        for name, value in metrics.items():
            self.samples[work][case][contender].setdefault(name, []).append(value)

    def say(self, work: str, contender: str, **words: str) -> None:
        self.words[work][contender].update(words)

    def not_measured(self, work: str, contender: str, why: str) -> None:
        self.absent[work][contender] = why

    def median(self, work: str, case: str, contender: str, metric: str) -> float | None:
        values = self.samples[work][case][contender].get(metric)
        return statistics.median(values) if values else None

    def save(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        whole = {"samples": self.samples, "words": self.words, "absent": self.absent}
        file.write_text(json.dumps(whole, indent=1), encoding="utf-8")
