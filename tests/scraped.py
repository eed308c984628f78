"""The text of /metrics, read by the parser that prometheus-client brings."""

from dataclasses import dataclass

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Scraped:
    samples: dict[tuple[str, Labels], float]
    text: str

    @classmethod
    def parse(cls, text: str) -> "Scraped":
        samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        return cls(samples, text)

    def value(self, name: str, **labels: str) -> float:
        """The sum of all samples of this name that have these labels."""
        wanted = set(labels.items())
        return sum(
            value
            for (sample, own), value in self.samples.items()
            if sample == name and wanted <= own
        )

    def labels(self, label: str) -> set[str]:
        """Every value that a label has anywhere."""
        return {value for _, own in self.samples for key, value in own if key == label}


async def scrape(service_url: str) -> Scraped:
    """GET /metrics of one replica."""
    async with aiohttp.ClientSession() as http, http.get(f"{service_url}/metrics") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        return Scraped.parse(await answer.text())
