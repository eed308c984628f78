"""The log line of one request, put together as text: a struct takes three times as long."""

from functools import lru_cache

from common.telemetry.logs import ENCODER, milliseconds, moment
from common.telemetry.metrics import Answer
from common.telemetry.trace import Trace

LOGGER = "common.access"
BEGINNING = f'"level":"info","logger":"{LOGGER}","event":"request"'


def request_line(answer: Answer, *, at: float, seconds: float, trace: Trace) -> str:
    """JSON with its end of line; `at` is when it was answered, in Unix seconds."""
    return (
        f'{{"time":"{moment(at)}",{BEGINNING}{_ids(trace)},{_kind(answer)},'
        f'"ms":{milliseconds(seconds)}}}\n'
    )


def _ids(trace: Trace) -> str:
    """Both are hexadecimal (common.telemetry.trace)."""
    told = f',"request_id":"{trace.request_id}"' if trace.request_id else ""
    return f'{told},"trace_id":"{trace.trace_id}"' if trace.traceparent else told


@lru_cache(maxsize=256)
def _kind(answer: Answer) -> str:
    """What many lines have in common; a method may be any word that came from outside."""
    fields = dict(zip(("method", "route", "status"), answer, strict=True))
    return ENCODER.encode(fields).decode()[1:-1]
