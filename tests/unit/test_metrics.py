"""What becomes a label: words of the code, never of the world."""

import pytest
from prometheus_client import REGISTRY

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
    metrics.count_answers([(("CANARY", "/", 405), None)])
    assert _count("other") == before + 1
    assert _count("CANARY") is None


def _count(method: str) -> float | None:
    labels = {"method": method, "route": "/", "status": "405"}
    return REGISTRY.get_sample_value("http_requests_total", labels)
