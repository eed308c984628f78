"""Cisco's own description, condensed by `tests.service.description`, as a judge of the sandbox."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft4Validator

from tests.service.description import HERE

# Cisco's description has a link to a file where its guide, and every client, has a card.
_CARDS = {
    "type": "object",
    "properties": {"contentType": {"type": "string"}, "content": {"type": "object"}},
}
# The description says 202, all SDKs expect 200.
_ACCEPTED = {("post", "/attachment/actions"): "202"}


def assert_valid(answer: Any, method: str, path: str) -> None:
    """Hold a 200 answer against the schema of the operation.

    The schemas require nothing and allow everything, so a field that they do not name counts as
    wrong here too.
    """
    operation = document()["paths"][path][method.lower()]
    status = _ACCEPTED.get((method.lower(), path), "200")
    content = operation["responses"][status]["content"]["application/json"]
    schema = {**content["schema"], "components": document()["components"]}
    problems = [error.message for error in Draft4Validator(schema).iter_errors(answer)]
    # Some fields appear only in Cisco's examples, for example a new message's html.
    unknown = _fields(answer) - _named(content["schema"]) - _shown(content["schema"])
    assert problems == []
    assert unknown == set()


@cache
def document() -> dict[str, Any]:
    """Give the description as JSON Schema knows it, with cards where Cisco's guide has them."""
    described: dict[str, Any] = _as_json_schema(json.loads(HERE.read_text(encoding="utf-8")))
    schemas = described["components"]["schemas"]
    schemas["Attachment"] = _CARDS
    # It names the inputs of one card as if all cards had them.
    schemas["AttachmentActivity"]["properties"]["inputs"] = {"type": "object"}
    return described


def _as_json_schema(part: Any) -> Any:
    """Turn OpenAPI 3.0's `nullable` into a type that JSON Schema knows."""
    if isinstance(part, list):
        return [_as_json_schema(entry) for entry in part]
    if not isinstance(part, dict):
        return part
    changed = {name: _as_json_schema(entry) for name, entry in part.items()}
    if changed.get("nullable") is True and isinstance(changed.get("type"), str):
        changed["type"] = [changed["type"], "null"]
        if isinstance(changed.get("enum"), list):
            changed["enum"] = [*changed["enum"], None]
    return changed


def _fields(data: Any) -> set[str]:
    """Name all fields, also those of the objects inside."""
    if isinstance(data, list):
        return set().union(*(_fields(entry) for entry in data))
    if isinstance(data, dict):
        # What stands in a card, and what people enter there, is nobody's answer.
        inside = (entry for name, entry in data.items() if name not in {"content", "inputs"})
        return set(data).union(*map(_fields, inside))
    return set()


def _shown(schema: dict[str, Any]) -> set[str]:
    return set(schema.get("x-shown", ()))


def _named(schema: dict[str, Any]) -> set[str]:
    if "$ref" in schema:
        return _named(document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    properties = schema.get("properties", {})
    inner = [*properties.values(), *([schema["items"]] if "items" in schema else [])]
    return set(properties).union(*(_named(part) for part in inner))
