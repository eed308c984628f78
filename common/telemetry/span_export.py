"""OpenTelemetry's SDK, which sends spans to a collector by OTLP over HTTP. Needs requirements-otel.txt.

The SDK's own variables hold for the rest: OTEL_TRACES_SAMPLER, OTEL_RESOURCE_ATTRIBUTES, OTEL_BSP_… and
OTEL_EXPORTER_OTLP_CERTIFICATE. Sending is a thread's work; what does not fit into its queue is dropped.
Names of spans and attributes: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
"""

from dataclasses import dataclass
from threading import Thread

from opentelemetry import trace as otel
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from common.settings.otlp import OtlpAddress

SEND_SECONDS = 5
# What a collector that is away may cost the end of a service.
LAST_WORDS_SECONDS = 3


@dataclass(frozen=True, slots=True)
class SentSpan:
    """A span that is sent when it has ended."""

    span: otel.Span

    @property
    def traceparent(self) -> str:
        """Source: https://www.w3.org/TR/trace-context/#traceparent-header."""
        context = self.span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def end(self, status: int | None, *, failure: str | None) -> None:
        if status is not None:
            self.span.set_attribute("http.response.status_code", status)
        if failure is not None:
            self.span.set_attribute("error.type", failure)
            self.span.set_status(otel.StatusCode.ERROR)
        self.span.end()


class SpanExport:
    """Begins spans; the ended ones are sent in batches."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("webex-oauth-pair")

    def request(self, method: str, route: str, parent: str | None) -> SentSpan:
        return self._begin(
            f"{method} {route}",
            parent,
            otel.SpanKind.SERVER,
            {"http.request.method": method, "http.route": route},
        )

    def call(self, method: str, endpoint: str, parent: str | None) -> SentSpan:
        return self._begin(
            f"{method} {endpoint}",
            parent,
            otel.SpanKind.CLIENT,
            {"http.request.method": method, "url.template": endpoint, "peer.service": "webex"},
        )

    def close(self) -> None:
        """Send what is left, but do not wait for a collector that does not answer."""
        last_words = Thread(target=self._provider.shutdown, daemon=True)
        last_words.start()
        last_words.join(LAST_WORDS_SECONDS)

    def _begin(
        self, name: str, parent: str | None, kind: otel.SpanKind, attributes: dict[str, str]
    ) -> SentSpan:
        # Without a parent the empty context, so that nothing else in the process is taken for one.
        context = _context(parent) if parent else Context()
        return SentSpan(
            self._tracer.start_span(name, context=context, kind=kind, attributes=attributes)
        )


def open_export(address: OtlpAddress, *, service: str) -> SpanExport:
    """Begin to send to the collector at this address."""
    exporter = OTLPSpanExporter(
        endpoint=f"{address.endpoint}/v1/traces",
        headers=address.headers,
        timeout=SEND_SECONDS,
    )
    provider = TracerProvider(
        resource=Resource.create({SERVICE_NAME: service}), shutdown_on_exit=False
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return SpanExport(provider)


def _context(traceparent: str) -> Context:
    _, trace_id, span_id, flags = traceparent.split("-")
    parent = otel.SpanContext(
        int(trace_id, 16),
        int(span_id, 16),
        is_remote=True,
        trace_flags=otel.TraceFlags(int(flags, 16)),
    )
    return otel.set_span_in_context(otel.NonRecordingSpan(parent), Context())
