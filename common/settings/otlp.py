"""Where spans are sent, if anywhere: a collector that speaks OTLP over HTTP."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from urllib.parse import unquote

from common.settings.environment import Environment

HEADER = re.compile(
    r"[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*([\x21-\x7e]+(?: [\x21-\x7e]+)*)[ \t]*"
)


@dataclass(frozen=True)
class OtlpAddress:
    """Without an endpoint nothing is exported. The headers let us in at the collector."""

    endpoint: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_otlp_address(env: Environment) -> OtlpAddress:
    """Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/."""
    endpoint = env.url("OTEL_EXPORTER_OTLP_ENDPOINT", "", ("http://", "https://"))
    headers = env.optional("OTEL_EXPORTER_OTLP_HEADERS")
    if endpoint and not can_export():
        env.refuse(
            "OTEL_EXPORTER_OTLP_ENDPOINT needs what requirements-otel.txt lists, "
            "and that is not installed"
        )
    return OtlpAddress(endpoint, _headers(env, headers) if headers else {})


def can_export() -> bool:
    """Whether the optional packages are installed."""
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:
        return False


def _headers(env: Environment, text: str) -> dict[str, str]:
    """Read `name=value,name=value`, where values may be percent-encoded."""
    matches = [HEADER.fullmatch(part) for part in text.split(",")]
    if not all(matches):
        env.refuse("OTEL_EXPORTER_OTLP_HEADERS must be name=value, with commas between")
    return {match[1]: unquote(match[2]) for match in matches if match}
