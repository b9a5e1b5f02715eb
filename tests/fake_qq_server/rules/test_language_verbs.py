"""Triggers and verbs: how they are written, and which fit together."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.platform.units import MINUTE, SECOND
from fake_qq_server.rules.language_verbs import At, Link, When
from fake_qq_server.rules.moments import Moment
from tests.fake_qq_server.rules.rule_parsing import refused, rule


def test_a_trigger_is_when_at_or_link() -> None:
    assert rule(when="ws.out.ready", do="fin").trigger == When("ws.out.ready")
    assert rule(at="3m", every="65s", do="rst").trigger == At(Moment(None, 1, 3 * MINUTE), 65 * SECOND)
    assert rule(link="any", do="stall").trigger == Link("any")
    assert rule(link="ws.up", do="stall").trigger == Link("ws", "up")
    assert rule(link="api.down", do="stall").trigger == Link("api", "down")


@pytest.mark.parametrize(
    ("item", "path", "hint"),
    [
        ({"do": "fin"}, (), "exactly one of when, at and link; this has none"),
        ({"when": "ws.connect", "at": "3m", "do": "fin"}, (), "this has when and at"),
        ({"when": "ws.connect"}, (), "does nothing"),
        ({"when": "http.gatway", "do": "fin"}, ("when",), "did you mean gateway"),
        ({"when": "ws.in.ready", "do": "fin"}, ("when",), "never receives ready: did you mean ws.out.ready"),
        ({"when": "ws.out.identify", "do": "fin"}, ("when",), "never sends identify"),
        ({"when": "ws.conect", "do": "fin"}, ("when",), "did you mean ws.connect"),
        ({"when": 5, "do": "fin"}, ("when",), "no event"),
        ({"when": "ws.connect", "every": "5s", "do": "fin"}, ("every",), "which: every 3"),
        ({"link": "ws", "every": "5s", "do": "stall"}, ("every",), "every belongs to at"),
        ({"at": "3m", "every": "0s", "do": "fin"}, ("every",), "at least 1ms"),
        ({"at": "3m", "every": "5", "do": "fin"}, ("every",), "not a duration"),
        ({"link": "wss", "do": "stall"}, ("link",), "token, api, ws or any"),
        ({"link": "ws.", "do": "stall"}, ("link",), "token, api, ws or any"),
        ({"link": "ws.left", "do": "stall"}, ("link",), "token, api, ws or any"),
        ({"link": None, "do": "stall"}, ("link",), "token, api, ws or any"),
        ({"link": "ws", "which": 2, "do": "stall"}, ("which",), "where: {conn: 2..}"),
        ({"whem": "ws.connect", "do": "fin"}, ("whem",), "did you mean when"),
        ({"at": "3m", "do": "fin", "from": "redy"}, ("from",), "did you mean ready"),
        ({"at": "3m", "do": "fin", "until": "2m"}, ("until",), "nothing lies between 3m and 2m"),
        ({"at": "3m", "do": "fin", "until": "3m"}, ("until",), "nothing lies between"),
        ({"when": "ws.connect", "do": "fin", "until": "0s"}, ("until",), "nothing lies between"),
        ({"when": "ws.connect", "do": "fin", "from": "ready + 2s", "until": "ready"}, ("until",), "nothing"),
        ({"when": "http.answer.api", "do": {"status": 500}}, ("do", "status"), "is answered by then"),
        ({"when": "http.answer", "do": "fin"}, ("when",), "http.answer"),
        ({"when": "ws.out.close", "do": "swap"}, ("do", "swap"), "nothing follows a close frame"),
        ({"when": "ws.out.close", "do": "duplicate"}, ("do", "duplicate"), "nothing follows a close frame"),
        ({"when": "ws.out.close", "do": {"body": "x"}}, ("do", "body"), "such as {code: 4006}"),
        ({"when": "ws.out.close", "do": {"body": {"op": 7}}}, ("do", "body"), "such as {code: 4006}"),
        ({"when": "ws.out.close", "do": {"body": {}}}, ("do", "body"), "such as {code: 4006}"),
        ({"when": "ws.out.close", "do": {"body": {"code": 65536}}}, ("do", "body"), "from 0 to 65535"),
        ({"when": "ws.out.close", "do": {"body": {"code": "1"}}}, ("do", "body"), "from 0 to 65535"),
        ({"when": "ws.out.close", "do": {"body": {"reason": "é" * 62}}}, ("do", "body"), "123 bytes"),
        ("fin", (), "a rule is a mapping"),
        (None, (), "a rule is a mapping"),
    ],
)
def test_what_is_no_rule_is_refused_with_its_place(item: Any, path: tuple[str, ...], hint: str) -> None:
    error = refused(item)
    assert hint in error.sentence
    assert error.path == ("rules", 0, *path)


def test_a_wrong_link_is_quoted() -> None:
    assert "'wss' is no link" in refused({"link": "wss", "do": "stall"}).sentence


@pytest.mark.parametrize("event", ["http.gateway", "http.token", "http.api"])
def test_any_stands_for_every_word_of_its_place(event: str) -> None:
    assert When("http.any").matches(event)
    assert not When("ws.in.any").matches(event)
    assert not When("ws.in.any").matches("ws.out.hello")
    assert When("ws.in.any").matches("ws.in.close")


def test_a_verb_is_a_word_a_mapping_or_a_list() -> None:
    (bare,) = rule(when="ws.connect", do="fin").do
    (main,) = rule(when="ws.connect", do={"close": 4008, "reason": "x", "after": "7s"}).do
    one, two = rule(when="ws.in.identify", do=["noanswer", {"close": 4004}]).do
    assert (bare.verb, bare.args.main, bare.after_us, bare.index) == ("fin", None, 0, 0)
    assert (main.verb, main.args.main, dict(main.args.more), main.after_us) == (
        "close",
        4008,
        {"reason": "x"},
        7 * SECOND,
    )
    assert [(do.verb, do.index) for do in (one, two)] == [("noanswer", 0), ("close", 1)]
    assert two.row.name == "close"


@pytest.mark.parametrize(
    ("trigger", "do", "path", "hint"),
    [
        ({"when": "http.gateway"}, {"stauts": 500}, ("stauts",), "did you mean status"),
        ({"when": "http.gateway"}, "stauts", ("stauts",), "did you mean status"),
        ({"when": "http.gateway"}, {"status": "many"}, ("status",), "a number from 200 to 599"),
        ({"when": "http.gateway"}, "status", ("status",), "a number from 200 to 599"),
        ({"when": "http.gateway"}, {"status": 500, "close": 4000}, ("close",), "two verbs"),
        ({"when": "http.gateway"}, {"status": 500, "after": "1s"}, ("after",), "status is an answer"),
        ({"when": "http.gateway"}, {"close": 4000, "resaon": "x"}, ("resaon",), "did you mean reason"),
        ({"when": "http.gateway"}, {"close": 4000, "after": 1}, ("after",), "no unit"),
        ({"when": "http.gateway"}, {"fin": 3}, ("fin",), "takes no argument"),
        ({"when": "http.gateway"}, {}, (), "do is a verb"),
        ({"when": "http.gateway"}, 5, (), "do is a verb"),
        ({"when": "http.gateway"}, [], (), "1 to 8"),
        ({"when": "http.gateway"}, ["fin"] * 9, (), "1 to 8"),
        ({"when": "http.gateway"}, ["fin", ["rst"]], (1,), "do is a verb"),
        ({"when": "http.gateway"}, [{"status": 500}, "noanswer"], (1,), "both answer"),
        ({"when": "http.gateway"}, {"upgrade": 403}, ("upgrade",), "cannot answer http.gateway: it acts"),
        ({"when": "http.gateway"}, "refuse", ("refuse",), "a condition: it belongs to a rule with link"),
        (
            {"when": "ws.out.ready"},
            "noanswer",
            ("noanswer",),
            "noanswer cannot answer ws.out.ready: it acts at http, ws.connect, ws.in "
            "(ws.out.ready takes body, delay, duplicate, swap, withhold)",
        ),
        ({"when": "runner.handler"}, {"status": 500}, ("status",), "it acts at http"),
        ({"link": "ws"}, "nothing", ("nothing",), "nothing is a push"),
        ({"at": "3m"}, "noanswer", ("noanswer",), "an answer: it belongs to a rule with when"),
        ({"at": "3m"}, "silent", ("silent",), "a condition"),
        ({"link": "ws"}, "fin", ("fin",), "a push: it belongs to a rule with when or at"),
        ({"link": "ws"}, {"status": 500}, ("status",), "an answer: it belongs"),
        ({"link": "ws"}, {"latency": "1s", "after": "1s"}, ("after",), "a condition"),
        ({"link": "ws"}, {"latency": 5}, ("latency",), "no unit"),
        ({"when": "seam.receive"}, {"status": 500}, ("status",), "cannot answer seam.receive"),
        ({"when": "seam.open"}, {"message": {"type": "text"}}, ("message",), "seam.receive"),
    ],
)  # fmt: skip
def test_a_verb_that_does_not_fit_is_refused(
    trigger: dict[str, Any], do: Any, path: tuple[Any, ...], hint: str
) -> None:
    error = refused({**trigger, "do": do})
    assert hint in error.sentence
    assert error.path == ("rules", 0, "do", *path)


@pytest.mark.parametrize("verb", ["refuse", "blackhole"])
def test_a_condition_without_direction_is_refused_one(verb: str) -> None:
    error = refused({"link": "ws.down", "do": verb})
    assert f"{verb} has no direction: write link: ws" in error.sentence
    rule(link="ws.down", do="silent")
