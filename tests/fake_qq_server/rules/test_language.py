"""The words of the grammar, one by one. What needs a running engine is in test_rules."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.platform.units import MINUTE, SECOND
from fake_qq_server.rules.language import Rule, parse_rules
from fake_qq_server.rules.language_errors import LanguageError
from fake_qq_server.rules.language_verbs import At, Link, When
from fake_qq_server.rules.moments import Moment, Span, Where, Which

CLOSE = {"close": 4009}
DROP = {"id": "drop", "at": "ready + 60s", "do": CLOSE}


def rules(*items: Any) -> tuple[Rule, ...]:
    return parse_rules(list(items))


def rule(**item: Any) -> Rule:
    return rules(item)[0]


def refused(*items: Any) -> LanguageError:
    with pytest.raises(LanguageError) as caught:
        rules(*items)
    assert "\n" not in caught.value.sentence
    assert str(caught.value) == caught.value.sentence
    return caught.value


# ---- moments, ranges, places


@pytest.mark.parametrize(
    ("written", "which"),
    [
        (2, Which(Span(2, 2))),
        ("2", Which(Span(2, 2))),
        ("2..", Which(Span(2))),
        ("2..5", Which(Span(2, 5))),
        ("..5", Which(Span(1, 5))),
        ("every 3", Which(Span(3), 3)),
    ],
)
def test_which_is_a_number_a_range_or_a_rhythm(written: Any, which: Which) -> None:
    assert rule(when="http.gateway", which=written, do=CLOSE).which == which


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        (0, "counts from 1"), ("0..3", "counts from 1"), ("5..3", "ends before it"), ("", "3, 3.., 3..9"),
        ("..", "3, 3.., 3..9"), ("every 0", "every 3"), ("every", "every 3"), ("every x", "every 3"),
        (-1, "3, 3.., 3..9"), (True, "3, 3.., 3..9"), (1.5, "3, 3.., 3..9"), (None, "3, 3.., 3..9"),
        (10**9, "3, 3.., 3..9"), ("2...5", "3, 3.., 3..9"), ("2-5", "3, 3.., 3..9"), ("2 5", "3, 3.., 3..9"),
    ],
)  # fmt: skip
def test_what_is_no_which_is_refused_with_a_hint(written: Any, hint: str) -> None:
    error = refused({"when": "http.gateway", "which": written, "do": CLOSE})
    assert hint in error.sentence
    assert error.path == ("rules", 0, "which")


def test_where_names_connections_paths_and_sequence_numbers() -> None:
    where = rule(when="ws.out.dispatch", where={"conn": "2..", "s": "..40"}, do="fin").where
    assert where == Where(Span(2), None, Span(1, 40))
    assert rule(when="http.api", where={"path": "/v2/*"}, do={"status": 500}).where == Where(path="/v2/*")


@pytest.mark.parametrize(
    ("item", "path", "hint"),
    [
        ({"where": {}}, ("where",), "conn, path or s"),
        ({"where": 3}, ("where",), "conn, path or s"),
        ({"where": {"con": 1}}, ("where", "con"), "did you mean conn"),
        ({"where": {"path": "v2"}}, ("where", "path"), "/v2/*"),
        ({"where": {"path": None}}, ("where", "path"), "/v2/*"),
        ({"where": {"conn": 0}}, ("where", "conn"), "counts from 1"),
        ({"where": {"s": "x"}}, ("where", "s"), "not a range"),
        ({"where": {"s": 1}}, ("where", "s"), "only frames"),
        ({"where": {"conn": 1}}, ("where", "conn"), "nothing is pushed"),
    ],
)
def test_what_is_no_where_is_refused_with_its_place(
    item: dict[str, Any], path: tuple[str, ...], hint: str
) -> None:
    error = refused({"when": "http.gateway", "do": {"status": 500}, **item})
    assert hint in error.sentence
    assert error.path == ("rules", 0, *path)


def test_only_requests_have_a_path() -> None:
    assert "path" in refused({"when": "ws.in.resume", "where": {"path": "/*"}, "do": "fin"}).sentence
    assert rule(when="ws.connect", where={"path": "/*"}, do={"upgrade": 403}).where


def test_a_connection_may_be_named_for_a_push_after_a_request() -> None:
    assert rule(when="http.gateway", where={"conn": 1}, do="rst").where == Where(conn=Span(1, 1))


# ---- triggers


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
        ("fin", (), "a rule is a mapping"),
        (None, (), "a rule is a mapping"),
    ],
)
def test_what_is_no_rule_is_refused_with_its_place(item: Any, path: tuple[str, ...], hint: str) -> None:
    error = refused(item)
    assert hint in error.sentence
    assert error.path == ("rules", 0, *path)


def test_the_start_and_the_healing_are_the_windows_own_edges() -> None:
    assert rule(when="ws.connect", do="fin", **{"from": "0s", "until": "heal"}) == rule(
        when="ws.connect", do="fin"
    )


@pytest.mark.parametrize(
    ("key", "moment"), [("from", "heal"), ("from", "heal + 1s"), ("until", "heal + 1s"), ("until", "heal#2")]
)
def test_nothing_acts_after_the_healing(key: str, moment: str) -> None:
    error = refused({"when": "ws.connect", "do": "fin", key: moment})
    assert "heal ends every rule" in error.sentence
    assert error.path == ("rules", 0, key)
    assert "heal ends every rule" in refused({"at": "heal", "do": "fin"}).sentence


def test_windows_of_different_marks_may_be_any_way_round() -> None:
    rule(when="ws.connect", do="fin", **{"from": "ready + 2s", "until": "lost"})
    rule(when="ws.connect", do="fin", **{"from": "ready#2", "until": "ready#3"})
    rule(when="ws.connect", do="fin", **{"from": "ready", "until": "ready + 1ms"})


@pytest.mark.parametrize("event", ["http.gateway", "http.token", "http.api"])
def test_any_stands_for_every_word_of_its_place(event: str) -> None:
    assert When("http.any").matches(event)
    assert not When("ws.in.any").matches(event)
    assert not When("ws.in.any").matches("ws.out.hello")
    assert When("ws.in.any").matches("ws.in.close")


# ---- verbs


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


# ---- ids, keys, chance, fires


@pytest.mark.parametrize("name", ["Drop", "", "3", "a b", 5, None, "a" * 41, "ready+"])
def test_what_is_no_id_is_refused(name: Any) -> None:
    error = refused({**DROP, "id": name})
    assert "not an id" in error.sentence
    assert error.path == ("rules", 0, "id")


@pytest.mark.parametrize("name", ["ready", "resumed", "lost", "heal"])
def test_an_id_is_no_mark_of_the_platform(name: str) -> None:
    assert "is a mark" in refused({**DROP, "id": name}).sentence


def test_an_id_is_given_once() -> None:
    error = refused(DROP, {"at": "3m", "do": "fin"}, {**DROP, "at": "5m"})
    assert "two rules are called drop" in error.sentence
    assert error.path == ("rules", 2, "id")


@pytest.mark.parametrize("chance", [0, 1.1, -0.5, "0.5", True, None])
def test_what_is_no_chance_is_refused(chance: Any) -> None:
    assert "0.5" in refused({**DROP, "chance": chance}).sentence


def test_a_chance_is_a_number_above_0_up_to_1() -> None:
    assert rule(at="3m", do="fin", chance=1).chance == 1.0
    assert rule(at="3m", do="fin", chance=0.25).chance == 0.25


@pytest.mark.parametrize(
    ("written", "span"),
    [
        (3, Span(3)),
        ("3", Span(3)),
        ("3..", Span(3)),
        ("0..", Span(0)),
        ("0..2", Span(0, 2)),
        ("2..2", Span(2, 2)),
    ],
)
def test_a_plain_number_of_fires_is_the_least(written: Any, span: Span) -> None:
    assert rule(at="3m", do="fin", fires=written).fires == span


def test_rules_are_a_list_of_at_most_500() -> None:
    wrongs: list[Any] = [None, {}, "x"]
    for wrong in wrongs:
        with pytest.raises(LanguageError, match="rules is a list"):
            parse_rules(wrong)
    with pytest.raises(LanguageError, match="more than 500"):
        parse_rules([{"at": "3m", "do": "fin"}] * 501)
    assert len(parse_rules([{"at": "3m", "do": "fin"}] * 500)) == 500


def test_errors_name_the_place_given_for_a_rule() -> None:
    with pytest.raises(LanguageError) as caught:
        parse_rules(
            [{"at": "3m", "do": "fin"}, {"at": "x", "do": "fin"}], [("rules", 0), ("variants", "v", 0)]
        )
    assert caught.value.path == ("variants", "v", 0, "at")


def test_a_rule_without_an_id_is_named_by_its_own_text() -> None:
    equal = {"when": "http.gateway", "from": "60s", "do": {"status": 500}}
    spelt_differently = {
        "when": "http.gateway",
        "from": "1m",
        "do": [{"status": 500}],
        "which": "1..",
        "fires": 1,
    }
    first, second, third = rules(equal | {"which": 1}, equal | {"which": 2}, equal | {"which": 3})
    assert first.key == "when http.gateway which 1 from 1m do {status: 500}"
    assert len({first.key, second.key, third.key}) == 3
    chance = {"chance": 0.5}
    texts = [r.key for r in rules(equal | chance, spelt_differently | chance, DROP, equal | chance)]
    assert texts[1:] == [texts[0] + " #2", "drop", texts[0] + " #3"]


def test_the_text_has_every_word_that_was_written() -> None:
    whole = rule(
        at="ready + 60s", every="5s", until="lost#2", where={"conn": 1}, chance=0.5, fires="0..",
        do=[{"close": 4009, "reason": "x", "after": "1s"}, "fin"], which="every 2",
    )  # fmt: skip
    assert whole.text() == (
        "at ready + 1m every 5s which every 2 where {conn: 1} until lost#2 chance 0.5 "
        'do {close: 4009, reason: "x", after: 1s}, {fin} fires 0..'
    )
    where = rule(when="ws.out.any", where={"s": "3"}, do="fin")
    assert where.text() == "when ws.out.any where {s: 3} do {fin}"
    assert rule(link="ws.up", do="stall").text() == "link ws.up do {stall}"
    assert (
        rule(when="http.api", where={"path": "/v2/*"}, do="fin").text()
        == "when http.api where {path: /v2/*} do {fin}"
    )


# ---- between rules


def test_rules_may_not_wait_for_each_other() -> None:
    a = {"id": "a", "at": "b + 1s", "do": "fin"}
    b = {"id": "b", "when": "ws.connect", "from": "a", "do": "fin"}
    error = refused(a, b)
    assert "can never begin: it waits for b" in error.sentence
    assert error.path == ("rules", 0)
    assert "waits for a" in refused({"id": "a", "when": "ws.connect", "from": "a", "do": "fin"}).sentence
    # An end that never comes is no reason not to begin.
    rules({"id": "a", "when": "ws.connect", "until": "a", "do": "fin"})
    rules({**b, "from": "c"}, {**a, "id": "c", "at": "ready"})


STATUS = {"when": "http.gateway", "do": {"status": 500}}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (STATUS, {"when": "http.gateway", "do": "noanswer"}),
        (STATUS, {"when": "http.any", "do": "noanswer"}),
        ({**STATUS, "when": "http.any"}, {"when": "http.gateway", "do": "noanswer"}),
        ({**STATUS, "which": "2.."}, {**STATUS, "which": "..2"}),
        ({**STATUS, "which": "every 3"}, {**STATUS, "which": "every 5"}),
        ({**STATUS, "which": "every 3"}, {**STATUS, "which": 9}),
        ({**STATUS, "from": "ready"}, {**STATUS, "from": "ready", "which": "7.."}),
        ({**STATUS, "which": 4000}, {**STATUS, "which": "4000.."}),
    ],
)
def test_two_answers_to_one_event_are_refused_where_that_is_certain(one: Any, two: Any) -> None:
    error = refused(one, {"at": "3m", "do": "fin"}, two)
    assert "two rules answer" in error.sentence
    assert error.path == ("rules", 2)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (STATUS, {"when": "http.token", "do": "noanswer"}),
        (STATUS, {"when": "http.gateway", "do": "fin"}),
        ({**STATUS, "until": "ready"}, {**STATUS, "from": "ready"}),
        ({**STATUS, "chance": 0.5}, STATUS),
        ({**STATUS, "which": "2.."}, {**STATUS, "which": 1}),
        ({**STATUS, "which": "every 2"}, {**STATUS, "which": 9}),
        ({**STATUS, "which": "..3"}, {**STATUS, "which": "every 5"}),
        ({**STATUS, "which": 2}, {"when": "http.any", "which": 2, "do": "noanswer"}),
    ],
)
def test_two_answers_that_need_not_meet_are_allowed(one: Any, two: Any) -> None:
    assert len(rules(one, two)) == 2


def test_any_and_a_word_of_its_place_are_allowed_once_one_is_numbered() -> None:
    rules({**STATUS, "which": 2}, {"when": "http.any", "do": "noanswer"})
    rules(STATUS, {"when": "http.any", "which": 2, "do": "noanswer"})


# ---- what sentences say


@pytest.mark.parametrize(
    ("item", "path", "hint"),
    [
        ({"chance": 2}, ("chance",), "2 is no chance"),
        ({"fires": "x"}, ("fires",), "fires: 'x' is not a range"),
        ({"which": "x"}, ("which",), "which: 'x' is not a range"),
        ({"which": "5..3"}, ("which",), "which: '5..3' ends before"),
        ({"which": "every x"}, ("which",), "which: 'every x' is not a rhythm"),
        ({"which": "1234567890"}, ("which",), "which: '1234567890' is not a range"),
        ({"where": {"conn": "x"}}, ("where", "conn"), "conn: 'x' is not a range"),
        ({"where": {"s": "x"}}, ("where", "s"), "s: 'x' is not a range"),
        ({"where": {"cone": 1}}, ("where", "cone"), "where has no 'cone'"),
        ({"where": {"path": "/" * 501}}, ("where", "path"), "a pattern"),
        ({"id": "x" * 90}, ("id",), "'" + "x" * 56 + "... is not an id"),
    ],
)
def test_sentences_quote_what_was_written(item: dict[str, Any], path: tuple[str, ...], hint: str) -> None:
    error = refused({"when": "http.gateway", "do": "fin", **item})
    assert hint in error.sentence
    assert error.path == ("rules", 0, *path)


def test_a_wrong_link_is_quoted() -> None:
    assert "'wss' is no link" in refused({"link": "wss", "do": "stall"}).sentence


def test_a_pattern_may_be_long_or_begin_with_a_star() -> None:
    assert rule(when="http.api", where={"path": "*/messages"}, do="noanswer").where == Where(
        path="*/messages"
    )
    rule(when="http.api", where={"path": "/" * 500}, do="noanswer")


def test_triggers_and_places_are_written_in_one_canonical_way() -> None:
    assert At(Moment("ready")).text() == "at ready"
    assert (Link("ws").text(), Link("ws", "up").text()) == ("link ws", "link ws.up")
    assert Where(Span(1, 1), "/a", Span(2)).text() == "{conn: 1, path: /a, s: 2..}"
    assert Which(Span(3), 3).text() == "every 3"
