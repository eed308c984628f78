"""Spans for a tracing backend: one trace through both services to Webex, and nothing secret in it."""

from collections.abc import AsyncIterator, Callable, Iterator
from urllib.parse import unquote_to_bytes

import pytest

from harness.browser_like import Browser
from harness.eventually import eventually
from harness.sandbox_control import EXCHANGE, PEOPLE_ME, SandboxControl
from harness.stack import Stack
from tests.otlp_collector import OtlpCollector, Sent

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
SPAN_ID = "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE_ID}-{SPAN_ID}-01"
# Between two batches; by itself the SDK waits for 5 s.
MILLISECONDS = "50"


@pytest.fixture(scope="module")
def collector() -> Iterator[OtlpCollector]:
    with OtlpCollector() as running:
        yield running


@pytest.fixture(scope="module")
def traced(collector: OtlpCollector) -> Iterator[Stack]:
    with Stack(
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_EXPORTER_OTLP_HEADERS="x-canary-key=insecure%20collector%20key",
        LOG_LEVEL="debug",
        SIGN_IN_RATE="500r/s",
        OTEL_BSP_SCHEDULE_DELAY=MILLISECONDS,
    ) as running:
        yield running


@pytest.fixture
async def visitor(traced: Stack) -> AsyncIterator[Browser]:
    async with Browser(traced.url, lambda _: traced.url) as opened:
        yield opened


async def refreshed(traced: Stack, visitor: Browser, **headers: str) -> None:
    """One request that asks both services and Webex."""
    await visitor.sign_in()
    sandbox = SandboxControl(traced.sandbox_url)
    await sandbox.policy(refresh_mode="rotating")
    await sandbox.expire_tokens(access=True)
    assert (await visitor.get("/api/me", **headers)).status == 200


def anything(_: Sent) -> bool:
    return True


def child_of(parent: Sent) -> Callable[[Sent], bool]:
    return lambda span: span.parent == parent.span_id


async def sent(
    collector: OtlpCollector, service: str, name: str, which: Callable[[Sent], bool] = anything
) -> Sent:
    """A span of this name, when it has come."""
    found: list[Sent] = []

    async def has_come() -> bool:
        found[:] = [
            span
            for span in collector.spans
            if (span.service, span.name) == (service, name) and which(span)
        ]
        return bool(found)

    await eventually(has_come)
    return found[-1]


async def test_a_trace_leads_through_both_services_to_webex(
    traced: Stack, visitor: Browser, collector: OtlpCollector
) -> None:
    await refreshed(traced, visitor, Traceparent=TRACEPARENT)
    page = await sent(collector, "app_service", "GET /api/me", lambda s: s.parent == SPAN_ID)
    refresh = await sent(collector, "auth_service", "POST /internal/refresh", child_of(page))
    for service, name, parent in (
        ("app_service", "GET people", page),
        ("auth_service", "POST access_token", refresh),
    ):
        call = await sent(collector, service, name, child_of(parent))
        assert call.trace_id == TRACE_ID
    assert {page.trace_id, refresh.trace_id} == {TRACE_ID}
    assert page.attributes["http.route"] == "/api/me"
    assert page.attributes["http.response.status_code"] == "200"


async def test_a_request_without_a_trace_begins_one_that_its_log_lines_name(
    traced: Stack, visitor: Browser, collector: OtlpCollector
) -> None:
    await visitor.get("/api/me")
    page = await sent(collector, "app_service", "GET /api/me", lambda s: s.parent == "")

    async def is_named() -> bool:
        return traced.logs("app_service").count(page.trace_id) == 2  # the failure, the request

    await eventually(is_named)


async def test_what_fails_at_webex_is_an_error_of_the_span(
    traced: Stack, visitor: Browser, collector: OtlpCollector
) -> None:
    await SandboxControl(traced.sandbox_url).fault(PEOPLE_ME, status=500)
    await visitor.sign_in()
    await SandboxControl(traced.sandbox_url).lift_faults()
    call = await sent(collector, "auth_service", "GET people", lambda s: s.is_error)
    assert call.attributes["error.type"] == "5xx"
    assert call.attributes["http.response.status_code"] == "500"


async def test_no_secret_and_no_address_is_in_a_span(
    traced: Stack, visitor: Browser, collector: OtlpCollector
) -> None:
    sandbox = SandboxControl(traced.sandbox_url)
    await visitor.sign_in(next_path="/spaces?canary=5d0c")
    await visitor.visit("/spaces?canary=5d0c")
    await visitor.get("/canary5d0c?canary=5d0c")
    await visitor.get("/oauth?code=canary5d0c&state=canary5d0c")
    await sandbox.fault(EXCHANGE, status=400)
    await visitor.sign_in()
    await sandbox.lift_faults()
    await refreshed(traced, visitor, Tracestate="canary=5d0c")
    cookies = set(visitor.cookies.values())
    await visitor.post("/logout")
    for service, name in (
        ("auth_service", "GET /oauth"),
        ("auth_service", "POST /logout"),
        ("app_service", "GET none"),
    ):
        await sent(collector, service, name)
    # At its end a service sends what it has left.
    for service in ("auth_service", "app_service"):
        traced.process(service).restart()
        traced.wait_for(service)
    known = await sandbox.confidential()
    secrets = {value for values in known.values() for value in values} | cookies
    secrets |= {traced.secret(name).strip() for name in ("session_keys", "auth_redis_password")}
    secrets |= {
        "canary",
        "5d0c",
        "ada@example.com",
        "insecure-sandbox-secret",
        "insecure collector",
    }
    assert len(secrets) > 20
    out = b"".join(collector.bodies)
    out += unquote_to_bytes(out)
    assert [secret[:6] for secret in secrets if secret and secret.encode() in out] == []
    assert "insecure collector" not in traced.logs()


async def test_health_checks_have_no_spans(visitor: Browser, collector: OtlpCollector) -> None:
    await visitor.get("/api/me")
    await sent(collector, "app_service", "GET /api/me")
    # Whoever waited for the stack has asked for its health by now.
    names = {span.name for span in collector.spans}
    assert not any("healthz" in name or "readyz" in name for name in names)


async def test_the_collector_is_told_the_key(visitor: Browser, collector: OtlpCollector) -> None:
    await visitor.get("/api/me")
    await sent(collector, "app_service", "GET /api/me")
    keys = {
        value
        for headers in collector.headers
        for name, value in headers.items()
        if name.lower() == "x-canary-key"
    }
    assert keys == {"insecure collector key"}


async def test_a_collector_that_is_away_costs_nobody_anything() -> None:
    # Port 9 discards what it gets, where anybody listens at all.
    with Stack(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", OTEL_BSP_SCHEDULE_DELAY=MILLISECONDS
    ) as stack:
        async with Browser(stack.url, lambda _: stack.url) as browser:
            await browser.sign_in()
            assert (await browser.get("/api/me")).status == 200
        stack.process("app_service").stop()
        assert '"unforeseen"' not in stack.logs()
