"""Cisco's description of the messaging API, condensed to names and types.

`python -m tests.service.description FILE` says what differs in one of Cisco's, and ends with 1 if anything
does; with `--write` before FILE it takes it over. Prose and examples stay with Cisco: what is left are the
facts that the sandbox is held against.
"""

import argparse
import difflib
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).with_name("webex_messaging.json")
_METHODS = ("get", "post", "put", "delete", "patch")
_LONG = ("paths", "components")
_SCHEMA = ("type", "enum", "nullable", "required", "$ref", "items", "properties")


def condensed(raw: bytes) -> dict[str, Any]:
    """Keep the operations, their parameters, bodies and answers, by name and type."""
    document = json.loads(raw)
    paths = {
        path: {
            method: _operation(operations[method]) for method in _METHODS if method in operations
        }
        for path, operations in document["paths"].items()
    }
    return {
        "openapi": document["openapi"],
        "info": {"title": "Webex Messaging, condensed", "version": document["info"]["version"]},
        "x-source": "github.com/webex/webex-openapi-specs, public-spec (CC BY 4.0)",
        "x-sha256": hashlib.sha256(raw).hexdigest(),
        "paths": paths,
        "components": {"schemas": _reached(paths, document["components"]["schemas"])},
    }


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "parameters": [_parameter(one) for one in operation.get("parameters", [])],
        "responses": {
            status: _content(answer if status < "300" else {})
            for status, answer in operation["responses"].items()
        },
    }
    if "requestBody" in operation:
        kept["requestBody"] = _content(operation["requestBody"], asked=True)
    return kept


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {
        name: parameter[name] for name in ("name", "in", "required") if name in parameter
    }
    return {**kept, "schema": _schema(parameter.get("schema", {}))}


def _content(described: dict[str, Any], *, asked: bool = False) -> dict[str, Any]:
    content = {
        kind: {"schema": _schema(one.get("schema", {}), _fields(one.get("example")))}
        for kind, one in described.get("content", {}).items()
        if kind == "application/json"
    }
    kept: dict[str, Any] = {} if asked else {"description": ""}
    return {**kept, "content": content} if content else kept


def _fields(example: Any) -> list[str]:
    """Name what only an example shows, for instance a new message's html."""
    entry = example.get("items", [example])[0] if isinstance(example, dict) else {}
    return sorted(entry) if isinstance(entry, dict) else []


def _schema(schema: dict[str, Any], shown: list[str] | None = None) -> dict[str, Any]:
    kept: dict[str, Any] = {name: schema[name] for name in _SCHEMA if name in schema}
    if "items" in kept:
        kept["items"] = _schema(kept["items"])
    if "properties" in kept:
        kept["properties"] = {
            name: _schema(one) for name, one in sorted(kept["properties"].items())
        }
    if shown:
        kept["x-shown"] = shown
    return kept


def _reached(part: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """Keep the named schemas that an operation leads to."""
    found: dict[str, Any] = {}
    waiting = [part]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in found:
                found[name] = _schema(schemas[name])
                waiting.append(found[name])
    return dict(sorted(found.items()))


def _references(part: Any) -> set[str]:
    if isinstance(part, list):
        return set().union(*map(_references, part))
    if not isinstance(part, dict):
        return set()
    own = {part["$ref"].rpartition("/")[2]} if isinstance(part.get("$ref"), str) else set()
    return own.union(*map(_references, part.values()))


def written(document: dict[str, Any]) -> str:
    """Write an operation and a schema on a line each, so that a difference shows where it is."""
    parts = [f'"{name}": {_line(value)}' for name, value in document.items() if name not in _LONG]
    parts += [f'"paths": {{\n{_lines(document["paths"])}\n}}']
    schemas = _lines(document["components"]["schemas"])
    parts += [f'"components": {{"schemas": {{\n{schemas}\n}}}}']
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _lines(entries: dict[str, Any]) -> str:
    return ",\n".join(f"{_line(name)}: {_line(value)}" for name, value in entries.items())


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.service.description")
    parser.add_argument("file", type=Path, help="Cisco's description (make openapi-diff FILE=…)")
    parser.add_argument("--write", action="store_true", help="take it over")
    told = parser.parse_args()
    newer = written(condensed(told.file.read_bytes()))
    if told.write:
        HERE.write_text(newer, encoding="utf-8")
        return 0
    ours, name = HERE.read_text(encoding="utf-8"), str(told.file)
    lines = list(
        difflib.unified_diff(ours.splitlines(), newer.splitlines(), "ours", name, "", "", 2)
    )
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
