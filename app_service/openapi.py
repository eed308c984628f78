"""OpenAPI 3.1 of the addresses for programs, made from what each handler declares about itself.

`@operation(…)` stands above a handler; its docstring's first line is the summary. Shapes are msgspec structs,
so that a type is written once. Source: https://spec.openapis.org/oas/v3.1.1.html
"""

import inspect
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

H = TypeVar("H", bound=Handler)
PREFIX = "/api/"
NAME = re.compile(r"\{(\w+)\}")
# What a docstring begins with here: the method, the address, and what goes along.
BEGINNING = re.compile(r"^[A-Z]+ /api/\S*(?: \{.*?\})?: ")
PROBLEM = "application/problem+json"
# Of what stands before every handler: Redis does not answer. (500 is a mistake, and no promise.)
ALWAYS = (503,)


class Problem(msgspec.Struct, omit_defaults=True):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    why: str | None = None
    reference: str | None = None
    trackingId: str | None = None  # noqa: N815 - as Webex spells it


@dataclass(frozen=True, kw_only=True)
class Operation:
    gives: Any = None
    """The type of the answer; None is 204 with nothing in it."""
    kind: str = "application/json"
    takes: Any = None
    takes_kind: str = "application/json"
    query: Collection[str] = ()
    headers: Collection[str] = ()
    fails: Sequence[int] = ()
    for_strangers: bool = False


OPERATIONS: dict[Callable[..., object], Operation] = {}


def operation(**told: Any) -> Callable[[H], H]:
    """Declare what a handler takes and gives; see Operation."""

    def declare(handler: H) -> H:
        OPERATIONS[handler] = Operation(**told)
        return handler

    return declare


def document(app: web.Application, *, title: str, cookie: str) -> dict[str, Any]:
    """Describe every route below /api/; raise KeyError for a handler that declares nothing."""
    found = [
        (route, OPERATIONS[inspect.unwrap(route.handler)])
        for route in app.router.routes()
        if route.method != "HEAD" and _path(route).startswith(PREFIX)
    ]
    types = [part for _, each in found for part in (each.gives, each.takes) if part is not None]
    _, components = msgspec.json.schema_components(
        [*types, Problem], ref_template="#/components/schemas/{name}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for route, told in found:
        paths.setdefault(_path(route), {})[route.method.lower()] = _described(route, told)
    return {
        "openapi": "3.1.1",
        "info": {"title": title, "version": "1"},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": cookie}},
        },
    }


def _path(route: web.AbstractRoute) -> str:
    return route.resource.canonical if route.resource else ""


def _described(route: web.AbstractRoute, told: Operation) -> dict[str, Any]:
    summary = (inspect.getdoc(route.handler) or "").partition("\n")[0]
    described: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "summary": BEGINNING.sub("", summary),
        "parameters": _parameters(_path(route), told),
        "responses": _responses(told),
        "security": [] if told.for_strangers else [{"session": []}],
    }
    if told.takes is not None:
        content = {told.takes_kind: {"schema": _schema(told.takes)}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _parameters(path: str, told: Operation) -> list[dict[str, Any]]:
    text = {"type": "string"}
    return [
        *(_parameter(name, "path", text, required=True) for name in NAME.findall(path)),
        *(_parameter(name, "query", text, required=False) for name in told.query),
        *(_parameter(name, "header", text, required=True) for name in told.headers),
    ]


def _parameter(
    name: str, place: str, schema: Mapping[str, object], *, required: bool
) -> dict[str, Any]:
    return {"name": name, "in": place, "schema": schema, "required": required}


def _responses(told: Operation) -> dict[str, Any]:
    problem = {PROBLEM: {"schema": _schema(Problem)}}
    stranger = () if told.for_strangers else (401, 403)
    failures = {*stranger, *ALWAYS, *told.fails}
    well = {"200": _answer(200, {told.kind: {"schema": _schema(told.gives)}})}
    if told.gives is None:
        well = {"204": _answer(204)}
    return well | {str(status): _answer(status, problem) for status in sorted(failures)}


def _answer(status: int, content: Mapping[str, object] | None = None) -> dict[str, Any]:
    words = {"description": HTTPStatus(status).phrase}
    return {**words, "content": content} if content else words


def _schema(kind: Any) -> dict[str, Any]:
    [schema], _ = msgspec.json.schema_components([kind], ref_template="#/components/schemas/{name}")
    return dict(schema)
