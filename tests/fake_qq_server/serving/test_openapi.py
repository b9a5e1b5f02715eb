"""The OpenAPI document: complete, and true of what is answered."""

from __future__ import annotations

from typing import Any

import jsonschema  # type: ignore[import-untyped]

from fake_qq_server.client import calls
from fake_qq_server.serving.control_routes import ROUTES
from fake_qq_server.serving.openapi import document
from tests.fake_qq_server.serving.served import served


def schema_of(path: str, method: str) -> dict[str, Any]:
    said = document()
    answer = said["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
    return {**answer, "components": said["components"]}


def test_every_route_is_in_the_document_and_nothing_else() -> None:
    paths = document()["paths"]
    assert {(method.upper(), path) for path, rows in paths.items() for method in rows} == {
        (route.method, route.path) for route in ROUTES
    }


def test_every_route_says_what_it_does_and_what_it_answers() -> None:
    for rows in document()["paths"].values():
        for row in rows.values():
            assert row["summary"] and row["responses"]["200"]["content"], row


def test_every_route_has_a_call_of_its_name_in_the_clients() -> None:
    assert [route.call.__name__ for route in ROUTES if not hasattr(calls, route.call.__name__)] == []


async def test_what_is_answered_is_what_the_document_says() -> None:
    async with served() as qq:
        await qq.bot.ready()
        async with qq.bot.post("/v2/users/U/messages", {"content": "hi", "msg_type": 0}) as answer:
            assert answer.status == 200
        answers = {
            ("/state", "get"): await qq.control.state(),
            ("/bots", "get"): await qq.control.bots(),
            ("/connections", "get"): await qq.control.connections(),
            ("/sessions", "get"): await qq.control.sessions(),
            ("/records", "get"): await qq.control.records(),
            ("/requests", "get"): await qq.control.requests(),
            ("/sends", "get"): await qq.control.sends(),
            ("/frames", "get"): await qq.control.frames(),
            ("/rules", "get"): await qq.control.rules(),
            ("/wait", "post"): await qq.control.wait("session"),
            ("/push", "post"): await qq.control.push({"frame": {"op": 7}}),
            ("/dispatch", "post"): await qq.control.dispatch("C2C_MESSAGE_CREATE"),
        }
        for (path, method), answer in answers.items():
            assert answer, path
            jsonschema.validate(answer, schema_of(path, method))
