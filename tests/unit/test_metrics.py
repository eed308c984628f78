"""What becomes a label: words of the code, never of the world."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import REGISTRY, CollectorRegistry, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

from common.telemetry import metrics
from common.webex.watch import ENDPOINTS, endpoint, outcome_of


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://webexapis.com/v1/people/me", "people"),
        ("https://webexapis.com/v1/rooms/Y2lzY29zcGFyazovL3VzL1JPT00v", "rooms"),
        ("https://webexapis.com/v1/messages?roomId=rooms", "messages"),
        ("https://idbroker.webex.com/idb/oauth2/v1/revoke", "revoke"),
        ("https://webexapis.com/v1/people/rooms/messages", "people"),
        ("https://webexapis.com/v1/canary", "other"),
        ("https://webexapis.com", "other"),
    ],
)
def test_an_endpoint_is_one_of_few_words(url: str, expected: str) -> None:
    assert endpoint(url) == expected
    assert expected in (*ENDPOINTS, "other")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *((200, "2xx"), (204, "2xx"), (302, "3xx"), (401, "401"), (403, "403")),
        *((404, "4xx"), (429, "429"), (500, "5xx"), (503, "5xx")),
    ],
)
def test_an_outcome_is_one_of_few_words(status: int, expected: str) -> None:
    assert outcome_of(status) == expected


def test_a_method_that_nobody_knows_is_another() -> None:
    before = _count("other") or 0
    metrics.count_answers({("CANARY", "/", 405): [None]})
    assert _count("other") == before + 1
    assert _count("CANARY") is None


def test_durations_of_a_moment_count_like_those_that_are_taken_one_by_one() -> None:
    at_once, one_by_one = CollectorRegistry(), CollectorRegistry()
    seconds = (0.0, 0.05, 0.1, 0.1000001, 1.0, 7.0)
    durations = metrics.Durations("taken", "", buckets=(0.1, 1.0), registry=at_once)
    durations.observe_all(seconds)
    durations.observe_all(seconds)
    expected = Histogram("taken", "", buckets=(0.1, 1.0), registry=one_by_one)
    for each in seconds * 2:
        expected.observe(each)
    assert _samples(at_once) == pytest.approx(_samples(one_by_one))
    assert _samples(at_once)["taken_bucket", "0.1"] == 6


def test_reads_of_sessions_are_told_with_the_next_answers() -> None:
    metrics.count_answers({})
    before = [_reads("found"), _reads("absent")]
    for found in (True, False, True):
        metrics.count_session_read(found=found)
    for _ in range(2):
        metrics.count_answers({})
        assert [_reads("found"), _reads("absent")] == [before[0] + 2, before[1] + 1]


def _reads(result: str) -> float:
    return REGISTRY.get_sample_value("session_reads_total", {"result": result}) or 0


def _samples(registry: CollectorRegistry) -> dict[tuple[str, str], float]:
    """By name and bucket; not when they began."""
    return {
        (sample.name, sample.labels.get("le", "")): sample.value
        for family in registry.collect()
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def _count(method: str) -> float | None:
    labels = {"method": method, "route": "/", "status": "405"}
    return REGISTRY.get_sample_value("http_requests_total", labels)


LAST_WORDS = """
from common.telemetry.metrics import count_session_read, observe_redis
observe_redis(0.1)
count_session_read(found=True)
"""


def test_what_a_worker_has_noted_at_its_end_is_counted(tmp_path: Path) -> None:
    together = CollectorRegistry()
    MultiProcessCollector(together, path=str(tmp_path))  # type: ignore[no-untyped-call]
    ended = subprocess.run(
        [sys.executable, "-c", LAST_WORDS],
        env=os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
        check=False,
    )
    assert ended.returncode == 0
    assert together.get_sample_value("redis_command_seconds_count") == 1
    assert together.get_sample_value("session_reads_total", {"result": "found"}) == 1
