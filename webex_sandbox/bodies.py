"""The JSON object in a request's body, read field by field."""

import json
import math
from typing import Any

from aiohttp import web

from webex_sandbox.errors import WebexError


class JsonObject:
    """Gives fields of the type that is asked for.

    Every reader raises WebexError 400 for a value of another type, and returns the default for
    a field that is absent or null.
    """

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields
        self._read: set[str] = set()

    def text(self, name: str, default: str = "") -> str:
        value = self._value(name, default)
        if not isinstance(value, str):
            raise WebexError(400, f"{name} must be a string.")
        return value

    def needed_text(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise WebexError(400, f"{name} is required.")
        return value

    def number(self, name: str, default: float = 0) -> float:
        """Read a number that is not negative."""
        value = self._value(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise WebexError(400, f"{name} must be a number.")
        if not 0 <= value < math.inf:
            raise WebexError(400, f"{name} must not be negative.")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self._value(name, default)
        if not isinstance(value, bool):
            raise WebexError(400, f"{name} must be true or false.")
        return value

    def texts(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        values = self._value(name, list(default))
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise WebexError(400, f"{name} must be a list of strings.")
        return tuple(values)

    def text_map(self, name: str) -> dict[str, str]:
        values = self._value(name, {})
        if not isinstance(values, dict) or not all(isinstance(v, str) for v in values.values()):
            raise WebexError(400, f"{name} must be an object of strings.")
        return values

    def __contains__(self, name: str) -> bool:
        return self._fields.get(name) is not None

    def nothing_else(self) -> None:
        """Refuse a field that nobody has read: a misspelt switch must not be silently off."""
        unknown = sorted(set(self._fields) - self._read)
        if unknown:
            raise WebexError(400, f"Unknown fields: {', '.join(unknown)}.")

    def _value(self, name: str, default: Any) -> Any:
        self._read.add(name)
        value = self._fields.get(name)
        return default if value is None else value


async def json_object(request: web.Request) -> JsonObject:
    """Read the body.

    Raises:
        WebexError: 415 unless it is declared as JSON, which also keeps other sites' forms out;
            400 unless it is an object.

    """
    if request.content_type != "application/json":
        raise WebexError(415, "The content type must be application/json.")
    try:
        fields = json.loads(await request.read() or b"{}")
    except (ValueError, RecursionError):
        raise WebexError(400, "The body is not JSON.") from None
    if not isinstance(fields, dict):
        raise WebexError(400, "The body must be a JSON object.")
    return JsonObject(fields)
