"""HTTP on one connection alone: what is recorded, what the rules are asked, what is sent."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from fake_qq_server.events import HttpAnswer, HttpRequest, ListSink
from fake_qq_server.platform.replies import HttpReply
from fake_qq_server.rules.verbs.registry import Effect
from fake_qq_server.stage import Stage
from fake_qq_server.wire.http import BODY_LIMIT, STEPS_IN_A_TURN, HttpProtocol, body_of, effect_of, phrase
from fake_qq_server.wire.link import End
from tests.fake_qq_server.parts import Decider, Tcp, kinds, last, platform, turns
from tests.fake_qq_server.raw import request


class Http:
    """The protocol with stand-ins around it."""

    def __init__(self, **do: Any) -> None:
        self.sink, self.tcp, self.decider, self.answers = ListSink(), Tcp(), Decider(**do), 0
        tcp: Any = self.tcp
        self.stage, self.platform = Stage(self.sink), platform()
        self.protocol = HttpProtocol(
            self.stage, tcp, self.platform, self.decider, itertools.count(1), self._answered
        )

    def _answered(self) -> None:
        self.answers += 1

    def say(self, data: bytes) -> bytes:
        """What is sent at once in answer to these bytes."""
        self.protocol.received(data)
        return self.tcp.taken()


async def test_a_request_is_recorded_then_decided_on_then_answered() -> None:
    http = Http()
    assert http.say(request(path="/nowhere")).startswith(b"HTTP/1.1 404 ")
    assert kinds(http.sink) == ["http.request", "http.answer"]
    assert http.decider.asked == [("http.api", 1), ("http.answer.api", 2)]
    assert last(http.sink, "http.request")[0] == HttpRequest("api", "GET", "/nowhere", token="missing")
    assert last(http.sink, "http.answer")[1].cause == 1


async def test_requests_are_numbered_and_each_answer_is_told() -> None:
    http = Http()
    http.say(request() + request())
    assert [about.req for _, event, about in http.sink.events if event.KIND == "http.request"] == [1, 2]
    assert http.answers == 2


async def test_a_rules_answer_takes_the_defaults_place_and_is_reported() -> None:
    http = Http(http_gateway={"status": 500})
    assert http.say(request()).startswith(b"HTTP/1.1 500 ")
    event, about = last(http.sink, "http.answer")
    assert event == HttpAnswer("gateway", 500, "status", code=500) and about.rule == "r"
    ((verb, effect, cause),) = http.decider.acts
    assert (verb, cause) == ("status", 1) and effect.bytes > 0


SEND = request("POST", "/v2/users/U/messages", body=b'{"content":"hi","msg_type":0,"msg_id":"M","msg_seq":3}')


async def test_a_send_is_recorded_after_its_request_and_before_its_answer() -> None:
    http = Http()
    http.say(SEND)
    assert kinds(http.sink) == ["http.request", "http.send", "http.answer"]
    event, about = last(http.sink, "http.send")
    assert (event.scene, event.target, event.what, event.msg_seq) == ("c2c", "U", "message", 3)
    assert (about.conn, about.req, about.cause) == (1, 1, 1)


async def test_the_digest_of_a_content_is_that_of_its_normal_text() -> None:
    plain, normalised = Http(), Http()
    normalised.stage.normal = lambda text: text.replace("hi", "hello")
    for http in (plain, normalised):
        http.say(SEND)
    one, other = (last(http.sink, "http.send")[0] for http in (plain, normalised))
    assert (one.length, other.length) == (2, 5) and one.content != other.content


@pytest.mark.parametrize(
    ("rule", "status", "code", "accepted"),
    [
        ({}, 401, 11244, False),
        ({"status": 503}, 503, 503, None),
        ({"error": 40034024}, 400, 40034024, None),
        ({"error": 22009, "http": 200}, 200, 22009, None),
        ({"body": {"code": 7}}, 401, 7, False),
        ({"body": "<html>"}, 401, None, False),
        ("noanswer", None, None, None),
        ({"cut": 5}, 401, None, False),
        ({"drip": "1ms"}, 401, 11244, False),
    ],
)
async def test_an_answer_is_recorded_with_the_code_that_is_written_and_what_the_platform_did(
    rule: Any, status: int | None, code: int | None, accepted: bool | None
) -> None:
    http = Http(**({"http_api": rule} if rule else {}))
    http.say(SEND)
    answer = last(http.sink, "http.answer")[0]
    assert (answer.status, answer.code, answer.accepted) == (status, code, accepted)


@pytest.mark.parametrize(
    ("rule", "code", "accepted"),
    [({}, None, True), ({"body": {"code": 22009}}, 22009, True), ({"body": "{}"}, None, True)],
)
async def test_what_the_platform_did_is_recorded_whatever_a_rule_makes_of_its_answer(
    rule: Any, code: int | None, accepted: bool
) -> None:
    http = Http(**({"http_gateway": rule} if rule else {}))
    token = http.platform.token(http.platform.bots[0], 0).text
    http.say(b"GET /gateway HTTP/1.1\r\nHost: x\r\nAuthorization: QQBot %s\r\n\r\n" % token.encode())
    answer = last(http.sink, "http.answer")[0]
    assert (answer.status, answer.code, answer.accepted) == (200, code, accepted)


async def test_an_answer_never_given_keeps_the_connection_open() -> None:
    http = Http(http_gateway="noanswer")
    assert http.say(request()) == b"" and http.tcp.open
    assert last(http.sink, "http.answer")[0].status is None
    assert not http.protocol.idle


async def test_a_cut_answer_ends_with_its_rule_as_the_reason() -> None:
    http = Http(http_gateway={"cut": 2})
    body = http.say(request()).partition(b"\r\n\r\n")[2]
    assert len(body) == 2 and http.tcp.ends == [(End.FIN, 2, "r")]


async def test_a_pipelined_request_waits_until_a_dripped_answer_is_complete() -> None:
    http = Http(http_gateway={"drip": "1ms"})
    sent = http.say(request() + request(path="/nowhere"))
    assert kinds(http.sink) == ["http.request", "http.answer"] and not http.protocol.idle
    while b"HTTP/1.1 404 " not in sent:
        await turns()
        sent += http.tcp.taken()
    assert http.protocol.idle


@pytest.mark.parametrize(
    ("noise", "status"),
    [(b"no request\r\n\r\n", 400), (request(body=b"x" * (BODY_LIMIT + 1)), 413)],
    ids=["noise", "body too large"],
)
async def test_what_is_no_request_is_refused_and_ends_the_connection(noise: bytes, status: int) -> None:
    http = Http()
    assert http.say(noise).startswith(b"HTTP/1.1 %d " % status)
    assert http.tcp.ends == [(End.FIN, None, None)] and http.decider.asked == []
    assert kinds(http.sink) == ["http.answer"]


async def test_the_end_of_the_connection_stops_a_drip() -> None:
    http = Http(http_gateway={"drip": "1ms"})
    http.say(request())
    http.tcp.finish()
    await turns()
    assert http.tcp.taken() == b""


@pytest.mark.parametrize(
    ("status", "method", "empty"),
    [(200, "GET", False), (200, "HEAD", True), (204, "GET", True), (205, "GET", True), (304, "GET", True)],
)
def test_some_answers_have_no_body(status: int, method: str, empty: bool) -> None:
    assert (body_of(HttpReply(status, {"a": 1}), method) == b"") is empty


def test_a_status_that_nobody_named_has_no_phrase() -> None:
    assert (phrase(404), phrase(299)) == ("Not Found", "")


@pytest.mark.parametrize(
    ("reply", "effect"),
    [
        (HttpReply(200), Effect(bytes=5)),
        (HttpReply(200, delivery="cut", cut_after=2), Effect(bytes=3)),
        (HttpReply(200, delivery="cut", cut_after=5), None),
        (HttpReply(200, delivery="drip", drip_us=10), Effect(bytes=5, us=50)),
        (HttpReply(200, delivery="none"), Effect()),
    ],
)
def test_an_effect_says_how_much_was_changed(reply: HttpReply, effect: Effect | None) -> None:
    assert effect_of(reply, b"12345") == effect


async def test_many_requests_at_once_are_answered_in_turns_and_all_of_them() -> None:
    http = Http()
    http.say(request() * STEPS_IN_A_TURN)
    assert 0 < http.answers < STEPS_IN_A_TURN and http.tcp.paused
    async with asyncio.timeout(5):
        while http.tcp.paused:
            await asyncio.sleep(0)
    assert http.answers == STEPS_IN_A_TURN
