"""Server-sent events as bytes, pure (WHATWG HTML, section "Server-sent events").

An event's id is the instant of the newest change a browser has seen. Every replica understands it, so
a browser may come back to any of them.
"""

import json
from collections.abc import Iterable
from typing import Any

# An event, not a comment: a script hears it, and notices when it stays away.
HEARTBEAT = b"event: beat\ndata: 1\n\n"


def message(data: dict[str, Any], *, event_id: str | None) -> bytes:
    """A message that is new or was changed."""
    return _event("message", data, event_id)


def gone(message_id: str) -> bytes:
    """A message that was deleted."""
    return _event("gone", {"id": message_id})


def window(ids: Iterable[str], oldest: str | None) -> bytes:
    """Which messages there are after the instant `oldest` (None: there are no others)."""
    return _event("window", {"ids": list(ids), "oldest": oldest})


def people(data: dict[str, Any]) -> bytes:
    """Who is in the space, after that changed."""
    return _event("people", data)


def state(*, webex_answers: bool) -> bytes:
    """Whether news from Webex arrive at all."""
    return _event("state", {"webexAnswers": webex_answers})


def ended(reason: str, *, to: str | None = None) -> bytes:
    """The last event of a stream that must not be opened again as it is; `to`: a page to go to."""
    return _event("ended", {"reason": reason} | ({"to": to} if to else {}))


def retry(milliseconds: int) -> bytes:
    """How long a browser waits before it comes back."""
    return f"retry: {milliseconds}\n\n".encode()


def _event(name: str, data: dict[str, Any], event_id: str | None = None) -> bytes:
    # JSON holds no line breaks, so one data line is enough.
    identity = f"id: {event_id}\n" if event_id else ""
    body = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return f"{identity}event: {name}\ndata: {body}\n\n".encode(errors="replace")
