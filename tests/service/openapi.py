"""Cisco's own description of its answers, as a judge of the sandbox's.

The file is no part of the project: WEBEX_OPENAPI names it or its folder, else it is looked for
beside the repository.
"""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

_FILE = "webex-messaging.json"
_BESIDE = Path(__file__).parents[3] / "shared" / "webex-openapi"


def assert_valid(answer: Any, method: str, path: str) -> None:
    """Hold a 200 answer against the schema of the operation.

    The schemas require nothing and allow everything, so a field that they do not name counts as
    wrong here too.
    """
    operation = _document()["paths"][path][method.lower()]
    content = operation["responses"]["200"]["content"]["application/json"]
    schema = {**content["schema"], "components": _document()["components"]}
    problems = [error.message for error in Draft4Validator(schema).iter_errors(answer)]
    # Some fields appear only in the examples, for example a new message's html.
    unknown = _fields(answer) - _named(content["schema"]) - _fields(content.get("example"))
    assert not problems
    assert not unknown


@cache
def _document() -> dict[str, Any]:
    place = Path(os.environ.get("WEBEX_OPENAPI") or _BESIDE)
    file = place / _FILE if place.is_dir() else place
    if not file.is_file():
        pytest.skip("Cisco's OpenAPI file is absent; WEBEX_OPENAPI can say where it is")
    document: dict[str, Any] = _as_json_schema(json.loads(file.read_text()))
    return document


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
        return set(data).union(*(_fields(entry) for entry in data.values()))
    return set()


def _named(schema: dict[str, Any]) -> set[str]:
    if "$ref" in schema:
        return _named(_document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    properties = schema.get("properties", {})
    inner = [*properties.values(), *([schema["items"]] if "items" in schema else [])]
    return set(properties).union(*(_named(part) for part in inner))
