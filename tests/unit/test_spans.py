"""Where spans go is checked at the start, and Webex is not told which requests belong together."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer, make_mocked_request

from auth_service.settings import Settings
from common.settings.environment import SettingsError
from common.settings.otlp import OtlpAddress
from common.telemetry import spans, trace
from common.webex.http import WebexHttp, WebexRefusal

ROOT = Path(__file__).parents[2]
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SANDBOX = {"SANDBOX_URL": "http://localhost:8090", "SESSION_KEYS": "insecure-" + "k" * 32}
COLLECTOR = "http://collector.example:4318"


@dataclass
class Kept:
    """An export that keeps what it is told."""

    told: list[object] = field(default_factory=list)
    traceparent: str = TRACEPARENT

    def request(self, method: str, route: str, parent: str | None) -> "Kept":
        self.told.append((method, route, parent))
        return self

    def call(self, method: str, endpoint: str, parent: str | None) -> "Kept":
        self.told.append((method, endpoint, parent))
        return self

    def end(self, status: int | None, *, failure: str | None) -> None:
        self.told.append((status, failure))

    def close(self) -> None: ...


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    export = Kept()
    monkeypatch.setattr(spans, "_exports", [export])
    return export


def read(**changes: str) -> OtlpAddress:
    return Settings.read({**SANDBOX, **changes}).otlp


def test_nothing_is_exported_unless_somebody_says_where_to() -> None:
    assert read() == OtlpAddress(endpoint="", headers={})


def test_the_address_and_the_headers_are_read() -> None:
    address = read(
        OTEL_EXPORTER_OTLP_ENDPOINT=f"{COLLECTOR}/",
        OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer%20a%2Cb, x-team = us",
    )
    assert address.endpoint == COLLECTOR
    assert address.headers == {"Authorization": "Bearer a,b", "x-team": "us"}
    assert "Bearer" not in repr(address)


@pytest.mark.parametrize("headers", ["canary", "=canary", "a b=canary", "a=canary,", "a=\ncanary"])
def test_malformed_headers_stop_the_start_and_are_not_repeated(headers: str) -> None:
    with pytest.raises(SettingsError, match="OTEL_EXPORTER_OTLP_HEADERS") as caught:
        read(OTEL_EXPORTER_OTLP_ENDPOINT=COLLECTOR, OTEL_EXPORTER_OTLP_HEADERS=headers)
    assert "canary" not in str(caught.value)


def test_without_the_optional_packages_the_start_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("common.settings.otlp.find_spec", missing)
    with pytest.raises(SettingsError, match=r"requirements-otel\.txt"):
        read(OTEL_EXPORTER_OTLP_ENDPOINT=COLLECTOR)
    read()


def test_without_an_exporter_the_services_do_not_even_look_for_the_packages() -> None:
    code = (
        "import sys; sys.modules['opentelemetry'] = None; import app_service.app, auth_service.app"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


async def test_webex_is_asked_within_a_span_and_not_told_of_it(kept: Kept) -> None:
    seen: list[str] = []

    async def people(request: web.Request) -> web.Response:
        seen.extend(request.headers)
        return web.json_response({}, status=429)

    app = web.Application()
    app.router.add_get("/v1/people/{id}", people)
    trace.begin(make_mocked_request("GET", "/", headers={"Traceparent": TRACEPARENT}))
    async with TestServer(app) as server, ClientSession() as session:
        http = WebexHttp(session, timeout_seconds=5)
        with pytest.raises(WebexRefusal):
            await http.get(str(server.make_url("/v1/people/canary?max=1")), access_token="canary")
    assert kept.told == [("GET", "people", TRACEPARENT), (429, "429")]
    assert not {"traceparent", "tracestate", "baggage"} & {name.lower() for name in seen}
