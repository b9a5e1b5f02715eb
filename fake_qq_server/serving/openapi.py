"""The control API's OpenAPI document, made from the table of its routes. Pure."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping
from typing import Any

from fake_qq_server.serving.control_routes import ROUTES, Parameter, Route

_PLAIN: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
}
_ERROR = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}


def document() -> dict[str, Any]:
    """The whole document, OpenAPI 3.1."""
    paths: dict[str, Any] = {}
    shapes: dict[str, Any] = {"Error": _ERROR}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, shapes)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Control API of the fake QQ platform", "version": "1"},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": shapes,
        },
    }


def _operation(route: Route, shapes: dict[str, Any]) -> dict[str, Any]:
    summary, _, rest = (route.call.__doc__ or "").strip().partition("\n\n")
    made: dict[str, Any] = {
        "operationId": route.call.__name__,
        "summary": " ".join(summary.split()),
        "responses": {
            "200": _json("What it answers", _schema(route.answers, shapes)),
            "default": _json("Why not", {"$ref": "#/components/schemas/Error"}),
        },
    }
    if rest:
        made["description"] = " ".join(rest.split())
    named = [_parameter(name, "path", Parameter(name, ("string",), True)) for name in _names(route.path)]
    named += [_parameter(name, "query", one) for name, one in route.query.items()]
    if named:
        made["parameters"] = named
    if route.body is not None:
        body = {
            "type": "object",
            "properties": {
                name: {**_kinds(one), "description": one.means} for name, one in route.body.items()
            },
            "required": [name for name, one in route.body.items() if one.required],
            "additionalProperties": route.more,
        }
        made["requestBody"] = {"required": True, **_json("", body)}
        del made["requestBody"]["description"]
    return made


def _names(path: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", path)


def _parameter(name: str, place: str, one: Parameter) -> dict[str, Any]:
    return {
        "name": name,
        "in": place,
        "required": one.required,
        "description": one.means,
        "schema": _kinds(one),
    }


def _kinds(one: Parameter) -> dict[str, Any]:
    if one.kinds == ("any",):
        return {}
    return {"type": one.kinds[0] if len(one.kinds) == 1 else list(one.kinds)}


def _json(what: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": what, "content": {"application/json": {"schema": schema}}}


def _schema(shape: Any, shapes: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of an annotation; a TypedDict's stands once among `shapes`."""
    if shape in _PLAIN:
        return _PLAIN[shape]
    origin, inner = typing.get_origin(shape), typing.get_args(shape)
    if origin is typing.Literal:
        return {"enum": list(inner)}
    if origin is list:
        return {"type": "array", "items": _schema(inner[0], shapes)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(inner[1], shapes)}
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_schema(one, shapes) for one in inner]}
    if shape.__name__ not in shapes:
        hints = typing.get_type_hints(shape)
        shapes[shape.__name__] = {
            "type": "object",
            "description": " ".join((shape.__doc__ or "").split()),
            "properties": {name: _schema(hint, shapes) for name, hint in hints.items()},
            "required": list(hints),
            "additionalProperties": False,
        }
    return {"$ref": f"#/components/schemas/{shape.__name__}"}
