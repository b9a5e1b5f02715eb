"""What the answers put in the default's place. What a plain client sees of it is tested at the server."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from fake_qq_server.platform.replies import (
    FrameAsk,
    FrameReply,
    HttpAsk,
    HttpReply,
    OutAsk,
    OutReply,
    SeamReply,
)
from fake_qq_server.rules.language import parse_rules

TOKEN = HttpReply(200, {"access_token": "T", "expires_in": "7200"}, {"x": "1"})


def asked(
    endpoint: Literal["token", "gateway", "api", "ws"] = "token", default: HttpReply | None = TOKEN
) -> HttpAsk:
    def make() -> HttpReply:
        assert default is not None, "the default was worked out in vain"
        return default

    return HttpAsk("POST", "/app/getAppAccessToken", {}, b"", endpoint, make)


def answer(do: Any, ask: Any, event: str = "http.token") -> Any:
    (act,) = parse_rules([{"when": event, "do": do}])[0].do
    return act.row.act(act.args, ask)


def test_status_needs_no_default() -> None:
    reply = answer({"status": 503}, asked(default=None))
    assert reply == HttpReply(503, {"message": "Service Unavailable", "code": 503})
    assert answer({"status": 599}, asked(default=None)).payload["message"] == "Error"


@pytest.mark.parametrize("status", [204, 205, 304])
def test_status_204_205_and_304_have_no_body(status: int) -> None:
    assert answer({"status": status}, asked(default=None)) == HttpReply(status)


def test_a_mapping_is_laid_over_the_body_that_was_due() -> None:
    reply = answer({"body": {"expires_in": "90"}}, asked())
    assert reply == HttpReply(200, {"access_token": "T", "expires_in": "90"}, {"x": "1"})
    assert TOKEN.payload == {"access_token": "T", "expires_in": "7200"}


def test_a_mapping_over_no_mapping_stands_alone() -> None:
    assert answer({"body": {"a": 1}}, asked(default=HttpReply(201, "text"))) == HttpReply(201, {"a": 1})


def test_a_text_replaces_the_body() -> None:
    assert answer({"body": "<html>"}, asked()) == HttpReply(200, "<html>", {"x": "1"})


def test_the_token_endpoint_reports_errors_with_200() -> None:
    reply = answer({"error": 100016}, asked(default=None))
    assert (reply.status, reply.payload) == (200, {"code": 100016, "message": "invalid appid or secret"})
    assert answer({"error": 100016, "http": 403}, asked(default=None)).status == 403


def test_the_api_reports_errors_with_a_status() -> None:
    reply = answer({"error": 11244}, asked("api", None), "http.api")
    assert reply.status == 401
    assert reply.payload == {
        "message": "token not exist or expire", "code": 11244, "err_code": 11244, "trace_id": "0" * 32,
    }  # fmt: skip
    assert reply.headers == {"X-Tps-trace-ID": "0" * 32}
    assert answer({"error": 11298}, asked("gateway", None)).payload["err_code"] == 40023002
    assert answer({"error": 22009, "http": 500}, asked("api", None)).status == 500


def test_an_unlisted_error_is_a_failure() -> None:
    assert answer({"error": 77}, asked("api", None)).status == 500
    assert answer({"error": 77}, asked("token", None)).payload["code"] == 77


def test_an_upgrade_is_turned_down() -> None:
    reply = answer({"upgrade": 403}, asked("ws", None), "ws.connect")
    assert (reply.status, reply.delivery) == (403, "whole")


@pytest.mark.parametrize("event", ["http.api", "ws.connect"])
def test_noanswer_to_a_request_sends_nothing(event: str) -> None:
    assert answer("noanswer", asked(default=None), event).delivery == "none"


def test_noanswer_to_a_frame_writes_no_frame() -> None:
    def default() -> FrameReply:
        raise AssertionError("worked out in vain")

    assert answer("noanswer", FrameAsk("identify", default), "ws.in.identify") == FrameReply()


def test_a_mapping_inside_is_laid_over_the_one_there() -> None:
    due = HttpReply(200, {"limit": {"total": 5, "left": 1}, "list": [1]})
    reply = answer({"body": {"limit": {"left": 0}, "list": {"a": 1}}}, asked(default=due))
    assert reply.payload == {"limit": {"total": 5, "left": 0}, "list": {"a": 1}}
    assert due.payload == {"limit": {"total": 5, "left": 1}, "list": [1]}


HELLO = OutAsk("hello", '{"op":10,"d":{"heartbeat_interval":41250,"x":1}}')


@pytest.mark.parametrize(
    ("do", "reply"),
    [
        ("withhold", OutReply()),
        ({"delay": "5s"}, OutReply((HELLO.text,), delay_us=5_000_000)),
        ("duplicate", OutReply((HELLO.text, HELLO.text))),
        ("swap", OutReply((HELLO.text,), behind_next=True)),
        (
            {"body": {"d": {"heartbeat_interval": 1000}}},
            OutReply(('{"op":10,"d":{"heartbeat_interval":1000,"x":1}}',)),
        ),
        ({"body": {"d": None}}, OutReply(('{"op":10,"d":null}',))),
        ({"body": "<html>"}, OutReply(("<html>",))),
    ],
)
def test_what_is_written_in_a_frames_place(do: Any, reply: OutReply) -> None:
    assert answer(do, HELLO, "ws.out.hello") == reply


def test_a_mapping_over_a_frame_that_is_no_json_stands_alone() -> None:
    assert answer({"body": {"op": 7}}, OutAsk("other", "x"), "ws.out.any") == OutReply(('{"op":7}',))


def test_cut_and_drip_keep_what_was_due() -> None:
    cut = answer({"cut": 10}, asked())
    assert (cut.payload, cut.delivery, cut.cut_after) == (TOKEN.payload, "cut", 10)
    drip = answer({"drip": "250ms"}, asked())
    assert (drip.payload, drip.delivery, drip.drip_us) == (TOKEN.payload, "drip", 250_000)


def test_raise_gives_the_client_an_exception() -> None:
    assert answer({"raise": "OSError: [Errno 5]"}, None, "seam.receive") == SeamReply("OSError: [Errno 5]")
    held = answer({"raise": "httpx.ConnectError", "hold": "6s"}, None, "seam.gateway")
    assert held == SeamReply("httpx.ConnectError", hold_us=6_000_000)


def test_message_is_what_the_clients_receive_returns() -> None:
    message = {"type": "close", "code": 4008, "reason": "x"}
    assert answer({"message": message, "hold": "6s"}, None, "seam.receive") == SeamReply(
        None, message, 6_000_000
    )
    assert answer({"message": {"type": "closed"}}, None, "seam.receive") == SeamReply(
        None, {"type": "closed"}
    )
