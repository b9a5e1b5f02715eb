"""Documents: what they stand for, and what is refused because it could never be judged."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fake_qq_server.platform.units import HOUR, MINUTE, SECOND
from fake_qq_server.rules.language import LanguageError, Moment
from harness.scenario.document import Scenario, parse_scenario
from harness.scenario.parse_run import from_resolved
from harness.scenario.refusals import earliest_marks
from harness.scenario.run_spec import Handler, Healing, RunSpec

DROP = {"id": "drop", "at": "ready + 60s", "do": {"close": 4009}}
GATEWAY_500 = {"when": "http.gateway", "from": "drop", "do": {"status": 500}}
SILENCE = {"link": "ws.down", "from": "ready + 60s", "do": "silent"}
OSERROR = {"when": "seam.receive", "do": {"raise": "OSError: [Errno 5]"}}
BASE: dict[str, Any] = {
    "scenario": "exhausted",
    "story": "It goes down and stays down.",
    "issues": [14539],
    "levels": ["adapter"],
    "asks": ["flag"],
    "rules": [DROP, GATEWAY_500],
    "end": "3h",
}


def scenario(**changes: Any) -> Scenario:
    return parse_scenario({key: value for key, value in {**BASE, **changes}.items() if value is not ...})


def run(**changes: Any) -> RunSpec:
    (only,) = scenario(**changes).runs
    return only


def names(**changes: Any) -> list[str]:
    return [run.name for run in scenario(**changes).runs]


def refused(**changes: Any) -> LanguageError:
    with pytest.raises(LanguageError) as caught:
        scenario(**changes)
    assert "\n" not in caught.value.sentence
    return caught.value


# ---- what a document says


def test_the_defaults() -> None:
    plain = run()
    assert (plain.name, plain.scenario, plain.issues, plain.levels) == (
        "exhausted",
        "exhausted",
        (14539,),
        ("adapter",),
    )
    assert (plain.start, plain.handler, plain.delay_us, plain.end_us) == ("up", Handler(), 40_000, 3 * HOUR)
    assert (plain.hypothetical, plain.tags, dict(plain.limits), plain.restart, plain.heal) == (
        False,
        (),
        {},
        None,
        None,
    )
    assert [rule.key for rule in plain.rules] == ["drop", "when http.gateway from drop do {status: 500}"]


def test_every_word_is_read() -> None:
    whole = run(
        levels=["adapter", "runner"],
        asks={"adapter": ["flag"], "runner": ["back", "truthful"]},
        start="down",
        handler={"slow": "5s"},
        net={"delay": "200ms"},
        tags=["give-up"],
        limits={"flag": "5s"},
        restart="always",
        heal={"at": "drop + 30m", "held": "release"},
    )
    assert whole.levels == ("adapter", "runner")
    assert (whole.asks_for("adapter"), whole.asks_for("runner"), whole.asks_for("process")) == (
        ("flag",), ("back", "truthful"), (),
    )  # fmt: skip
    assert (whole.start, whole.handler, whole.delay_us) == ("down", Handler("slow", 5 * SECOND), 200_000)
    assert (whole.tags, dict(whole.limits), whole.restart) == (("give-up",), {"flag": 5 * SECOND}, "always")
    assert whole.heal == Healing(Moment("drop", 1, 30 * MINUTE), "release")


@pytest.mark.parametrize("handler", ["record", "raise", "disconnect"])
def test_handlers(handler: Any) -> None:
    assert run(handler=handler).handler == Handler(handler)


@pytest.mark.parametrize(
    ("changes", "path", "hint"),
    [
        ({"story": ...}, (), "story is missing"),
        ({"scenario": ...}, (), "scenario is missing"),
        ({"issues": ...}, (), "issues is missing"),
        ({"levels": ...}, (), "levels is missing"),
        ({"asks": ...}, (), "asks is missing"),
        ({"rules": ...}, (), "rules is missing"),
        ({"end": ...}, (), "end is missing"),
        ({"storey": "x"}, ("storey",), "did you mean story"),
        ({"run": "x"}, ("run",), "a scenario has no 'run'"),
        ({"limits_us": {}}, ("limits_us",), "did you mean limits"),
        ({"scenario": "Big Name"}, ("scenario",), "not a name"),
        ({"scenario": "a/b"}, ("scenario",), "not a name"),
        ({"scenario": 5}, ("scenario",), "not a name"),
        ({"story": ""}, ("story",), "a sentence"),
        ({"story": 5}, ("story",), "a sentence"),
        ({"issues": 14539}, ("issues",), "a list of numbers"),
        ({"issues": ["14539"]}, ("issues", 0), "no issue's number"),
        ({"issues": [1, True]}, ("issues", 1), "listed twice"),
        ({"issues": [0]}, ("issues", 0), "no issue's number"),
        ({"issues": [False]}, ("issues", 0), "no issue's number"),
        ({"issues": [10**9]}, ("issues", 0), "no issue's number"),
        ({"issues": list(range(1, 102))}, ("issues",), "a list of numbers"),
        ({"levels": []}, ("levels",), "names one at least"),
        ({"levels": "adapter"}, ("levels",), "a list of levels"),
        ({"levels": ["adaptor"]}, ("levels", 0), "did you mean adapter"),
        ({"levels": ["adapter", "adapter"]}, ("levels", 1), "listed twice"),
        ({"asks": []}, ("asks",), "asks nothing"),
        ({"asks": "flag"}, ("asks",), "a list of checks"),
        ({"asks": ["falg"]}, ("asks", 0), "did you mean flag"),
        ({"asks": ["flag", "flag"]}, ("asks", 1), "listed twice"),
        ({"asks": {"runner": ["flag"]}}, ("asks", "runner"), "not among"),
        ({"asks": {}}, ("asks",), "nothing is asked at level adapter"),
        ({"asks": {"adapter": ["back"]}}, ("asks", "adapter"), "does not apply"),
        ({"asks": {"adapter": ["flog"]}}, ("asks", "adapter", 0), "did you mean flag"),
        ({"start": "left"}, ("start",), "start is up or down"),
        ({"start": None}, ("start",), "start is up or down"),
        ({"handler": "recrod"}, ("handler",), "record, raise, disconnect or {slow: 5s}"),
        ({"handler": "slow"}, ("handler",), "{slow: 5s}"),
        ({"handler": {"slow": 5}}, ("handler", "slow"), "no unit"),
        ({"handler": {"slow": "5s", "x": 1}}, ("handler",), "{slow: 5s}"),
        ({"handler": "raise", "levels": ["runner"]}, ("handler",), "for the adapter level"),
        ({"net": "40ms"}, ("net",), "{delay: 40ms}"),
        ({"net": {}}, ("net",), "{delay: 40ms}"),
        ({"net": {"delay": "40ms", "loss": 1}}, ("net",), "{delay: 40ms}"),
        ({"net": {"delay": 40}}, ("net", "delay"), "no unit"),
        ({"net": {"delay": "61s"}}, ("net", "delay"), "1m at most"),
        ({"hypothetical": "true"}, ("hypothetical",), "true or false"),
        ({"hypothetical": True}, ("hypothetical",), "every injection here has a witness"),
        ({"tags": "x"}, ("tags",), "a list of names"),
        ({"tags": ["A"]}, ("tags", 0), "not a name"),
        ({"limits": []}, ("limits",), "a mapping of checks"),
        ({"limits": {"recover": "5m"}}, ("limits", "recover"), "did you mean recovers"),
        ({"limits": {"awake": "5m"}}, ("limits", "awake"), "no limit to set"),
        ({"limits": {"flag": 5}}, ("limits", "flag"), "no unit"),
        ({"limits": {"flag": "0s"}}, ("limits", "flag"), "longer than 0s"),
        ({"restart": "always"}, ("restart",), "runner and process"),
        ({"restart": "never", "levels": ["process"]}, ("restart",), "on-failure or always"),
        ({"rules": {}}, ("rules",), "rules is a list"),
        ({"rules": [DROP, DROP]}, ("rules", 1, "id"), "given once"),
        ({"end": 3}, ("end",), "no unit"),
        ({"end": "ready"}, ("end",), "not a duration"),
        ({"heal": None}, ("heal",), "not a duration"),
        ({"heal": {}}, ("heal",), "needs a moment"),
        ({"heal": {"at": "5m", "hold": "keep"}}, ("heal", "hold"), "held: keep"),
        ({"heal": {"at": "5m", "held": "kept"}}, ("heal", "held"), "keep or release"),
        ({"heal": "heal"}, ("heal",), "cannot wait for itself"),
        ({"heal": {"at": "heal + 5s"}}, ("heal", "at"), "cannot wait for itself"),
        ({"heal": "0s"}, ("heal",), "heal later"),
        ({"heal": "dorp + 5m"}, ("heal",), "did you mean drop"),
        ({"heal": "30m", "heal_twin": "40m"}, ("heal_twin",), "keep one"),
        ({"heal_twin": []}, ("heal_twin",), "1 to 20"),
        ({"heal_twin": ["30m"] * 21}, ("heal_twin",), "1 to 20"),
        ({"heal_twin": None}, ("heal_twin",), "not a duration"),
        ({"heal_twin": ["30m", 5]}, ("heal_twin", 1), "no unit"),
        ({"heal_twin": ["30m", "1h", "60m"]}, ("heal_twin", 2), "two twins heal at 1h"),
        ({"heal_twin": ["30m", "heal"]}, ("heal_twin", 1), "cannot wait for itself"),
        ({"variants": {}}, ("variants",), "1 to 200"),
        ({"variants": []}, ("variants",), "1 to 200"),
        ({"variants": {"A": []}}, ("variants", "A"), "not a name"),
        ({"variants": {"a": 5}}, ("variants", "a"), "a list of rules, or a mapping"),
        ({"variants": {"a": {"rules": 5}}}, ("variants", "a", "rules"), "a list of rules, or a mapping"),
        ({"variants": {"a": {"scenario": "b"}}}, ("variants", "a", "scenario"), "a variant has no"),
        ({"variants": {"a": {"variants": {}}}}, ("variants", "a", "variants"), "a variant has no"),
        ({"variants": {"a": {"stroy": "b"}}}, ("variants", "a", "stroy"), "did you mean story"),
        ({"variants": {"a": {"heal": "1h", "heal_twin": "1h"}}}, ("variants", "a", "heal_twin"), "keep one"),
        ({"variants": {"a": [DROP]}}, ("variants", "a", 0, "id"), "two rules are called drop"),
        (
            {"variants": {"a": [], "b": {"rules": [{"at": "x", "do": "fin"}]}}},
            ("variants", "b", "rules", 0, "at"),
            "x",
        ),
        ({"variants": {"a": {"end": 3}}}, ("variants", "a", "end"), "no unit"),
        ({"variants": {"a": []}, "end": 3}, ("end",), "no unit"),
        (
            {"variants": {"a": {"heal_twin": ["1h", "2"]}}},
            ("variants", "a", "heal_twin", 1),
            "not a duration",
        ),
    ],
)
def test_what_is_refused(changes: dict[str, Any], path: tuple[Any, ...], hint: str) -> None:
    error = refused(**changes)
    assert hint in error.sentence
    assert error.path == path


@pytest.mark.parametrize("document", [None, [], "x", 5])
def test_a_document_is_a_mapping(document: Any) -> None:
    with pytest.raises(LanguageError, match="begins with scenario"):
        parse_scenario(document)


# ---- variants and twins


def test_a_document_stands_for_variants_times_twins() -> None:
    assert names(variants={"a": [], "b": []}, heal_twin=["30m", "2h"]) == [
        "exhausted/a", "exhausted/a+heals-30m", "exhausted/a+heals-2h",
        "exhausted/b", "exhausted/b+heals-30m", "exhausted/b+heals-2h",
    ]  # fmt: skip
    assert names(heal_twin="30m") == ["exhausted", "exhausted+heals-30m"]
    assert names(heal_twin=["drop + 30m", "drop", "lost#2", "ready#2 + 5s"]) == [
        "exhausted", "exhausted+heals-30m-after-drop", "exhausted+heals-drop", "exhausted+heals-lost-2",
        "exhausted+heals-5s-after-ready-2",
    ]  # fmt: skip


def test_a_variants_rules_are_added_and_its_keys_override() -> None:
    token = {"when": "http.token", "do": {"status": 500}}
    a, b, c = scenario(
        variants={
            "a": [token],
            "b": {"rules": [token], "issues": [7], "end": "4h"},
            "c": {"story": "Else."},
        }
    ).runs
    assert [len(run.rules) for run in (a, b, c)] == [3, 3, 2]
    assert (a.issues, b.issues) == ((14539,), (7,))
    assert (a.end_us, b.end_us) == (3 * HOUR, 4 * HOUR)
    assert (a.story, c.story) == ("It goes down and stays down.", "Else.")


def test_a_variants_healing_replaces_the_files() -> None:
    assert names(heal_twin="30m", variants={"a": {"heal": "1h"}}) == ["exhausted/a"]
    assert names(heal="30m", variants={"a": {"heal_twin": "1h"}}) == ["exhausted/a", "exhausted/a+heals-1h"]


def test_a_twin_asks_recovers_besides_the_files_own() -> None:
    plain, twin = scenario(heal_twin="30m", levels=["adapter", "runner"], asks=["flag", "settles"]).runs
    assert plain.asks == {"adapter": ("flag", "settles"), "runner": ("flag", "settles")}
    assert twin.asks == {
        "adapter": ("flag", "settles", "recovers"), "runner": ("flag", "settles", "recovers"),
    }  # fmt: skip
    assert (plain.heal, twin.heal) == (None, Healing(Moment(None, 1, 30 * MINUTE)))


def test_a_scenario_sums_up_its_runs() -> None:
    whole = parse_scenario(
        {
            **BASE,
            "tags": ["one"],
            "variants": {
                "a": {"issues": [7, 14539], "levels": ["process", "adapter"]},
                "b": {"tags": ["two", "one"]},
            },
        },
        "f.yaml:3",
    )
    assert (whole.name, whole.issues, whole.levels) == ("exhausted", (7, 14539), ("adapter", "process"))
    assert (whole.tags, whole.source) == (("one", "two"), "f.yaml:3")


def test_too_many_runs_are_refused() -> None:
    variants: dict[str, Any] = {f"v{n}": {"rules": []} for n in range(100)}
    twins = [f"{n}m" for n in range(20, 40)]
    assert "2100 runs" in refused(variants=variants, heal_twin=twins).sentence


def test_a_variant_with_a_healing_of_its_own_keeps_none_of_the_files() -> None:
    plain, twin = scenario(heal="30m", variants={"a": {"heal_twin": "1h"}}).runs
    assert (plain.heal, twin.heal) == (None, Healing(Moment(None, 1, HOUR)))


def test_a_mistake_stands_where_it_was_written() -> None:
    late = {"at": "3h", "do": "fin"}
    assert refused(rules=[late], variants={"a": {"rules": [DROP], "story": "x"}}).path == ("rules", 0)
    assert refused(variants={"a": {"rules": [late], "story": "x"}}).path == ("variants", "a", "rules", 0)
    assert refused(heal_twin="30m", variants={"a": [{**late, "at": "40m"}]}).path == ("heal_twin",)
    assert refused(heal_twin="30m", rules=[DROP, {**OSERROR, "from": "drop"}]).path == ("rules", 1)


def test_levels_without_the_adapter() -> None:
    assert run(levels=["runner"], asks={"runner": ["back"]}).asks_for("adapter") == ()
    assert run(levels=["process"], asks=["back"]).asks_for("process") == ("back",)


TOLD = {"when": "runner.handler", "do": {"signal": "SIGTERM"}}


def test_the_fatal_handler_is_seen_at_the_runner_level_alone() -> None:
    told = run(levels=["runner"], asks=["stops"], rules=[TOLD])
    assert told.rules[0].key == 'when runner.handler do {signal: "SIGTERM"}'
    for levels in (["process"], ["runner", "process"]):
        error = refused(levels=levels, asks=["stops"], rules=[TOLD])
        assert (error.path, "levels: [runner]" in error.sentence) == (("rules", 0, "when"), True)


@pytest.mark.parametrize("verb", ["noanswer", {"raise": "OSError"}, {"status": 500}, "silent"])
def test_nothing_answers_the_fatal_handler(verb: Any) -> None:
    assert refused(levels=["runner"], asks=["stops"], rules=[{**TOLD, "do": verb}]).path[:2] == ("rules", 0)


def test_the_edges_of_numbers() -> None:
    assert run(issues=[1]).issues == (1,)
    assert len(run(issues=list(range(1, 101))).issues) == 100
    assert run(net={"delay": "1m"}).delay_us == MINUTE
    assert len(scenario(variants={f"v{n}": [] for n in range(200)}).runs) == 200
    assert "1 to 200" in refused(variants={f"v{n}": [] for n in range(201)}).sentence


# ---- resolved


WHOLE = {
    "levels": ["adapter", "runner"],
    "asks": {"adapter": ["flag"], "runner": ["back"]},
    "heal_twin": ["30m", "drop + 2h"],
    "handler": {"slow": "5s"},
    "limits": {"recovers": "5m"},
    "hypothetical": True,
    "restart": "always",
    "variants": {"seam": [OSERROR], "wire": {"rules": [SILENCE], "net": {"delay": "0s"}}},
}


def test_a_run_survives_the_way_to_a_worker() -> None:
    for spec in scenario(**WHOLE).runs:
        there = from_resolved(json.loads(json.dumps(spec.resolved)))
        assert there == spec
        assert there.resolved == spec.resolved


def test_a_resolved_run_says_everything() -> None:
    plain, *_ = scenario(**WHOLE).runs
    assert plain.resolved == {
        "run": "exhausted/seam",
        "scenario": "exhausted",
        "story": BASE["story"],
        "issues": [14539],
        "levels": ["adapter", "runner"],
        "asks": {"adapter": ["flag"], "runner": ["back"]},
        "start": "up",
        "handler": {"slow": "5s"},
        "net": {"delay": "40ms"},
        "hypothetical": True,
        "limits": {"recovers": "5m"},
        "restart": "always",
        "rules": [DROP, GATEWAY_500, OSERROR],
        "end": "3h",
        "limits_us": {"recovers": 300_000_000},
    }


def test_a_resolved_run_has_its_defaults_written_out() -> None:
    plain = run(levels=["adapter", "runner"])
    assert plain.resolved["asks"] == {"adapter": ["flag"], "runner": ["flag"]}
    assert (plain.resolved["start"], plain.resolved["handler"]) == ("up", "record")
    assert plain.resolved["net"] == {"delay": "40ms"}
    assert (plain.resolved["hypothetical"], plain.resolved["limits_us"]) == (False, {})


@pytest.mark.parametrize("name", [None, "", 5, ...])
def test_a_resolved_run_has_a_name(name: Any) -> None:
    resolved = {**run().resolved, "run": name}
    if name is ...:
        del resolved["run"]
    with pytest.raises(LanguageError, match="under run"):
        from_resolved(resolved)


# ---- rule 5 to 11


def test_rule_5_fires_is_read() -> None:
    assert run(rules=[{**DROP, "fires": "0.."}]).rules[0].fires.first == 0


def test_rule_6_unknown_marks_are_refused() -> None:
    error = refused(rules=[DROP, {**GATEWAY_500, "from": "dorp"}])
    assert "did you mean drop" in error.sentence
    assert error.path == ("rules", 1, "from")


def test_rule_7_a_rule_must_be_able_to_act_before_the_healing() -> None:
    late = {"at": "40m", "do": "fin"}
    error = refused(rules=[DROP, late], heal="30m")
    assert "heals before" in error.sentence
    assert error.path == ("heal",)
    assert refused(rules=[DROP, late], heal_twin=["1h", "40m"]).path == ("heal_twin", 1)
    assert refused(rules=[DROP, late], heal_twin="40m").path == ("heal_twin",)
    assert refused(rules=[{**DROP, "from": "50m"}], heal="30m").path == ("heal",)
    scenario(rules=[DROP, late], heal="41m")
    scenario(rules=[DROP, late], heal="ready + 5s")


def test_rule_8_asks_may_differ_by_level() -> None:
    both = run(levels=["adapter", "process"], asks={"adapter": ["flag"], "process": ["back"]})
    assert (both.asks_for("adapter"), both.asks_for("process")) == (("flag",), ("back",))
    assert run(levels=["adapter", "runner"], asks=["flag", "back"]).asks_for("adapter") == ("flag", "back")


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"asks": ["recovers"]}, "nothing heals"),
        ({"asks": ["recovers"], "heal_twin": "30m"}, "nothing heals"),
        ({"asks": ["settles"], "heal": "30m"}, "ask recovers, or use heal_twin"),
        ({"asks": ["notices"]}, "silent, stalled or a blackhole"),
        ({"asks": ["notices"], "rules": [{"link": "ws", "do": {"latency": "1s"}}]}, "silent, stalled"),
        ({"asks": ["connects"], "start": "down"}, "does not apply to start: down"),
        ({"asks": ["back"]}, "does not apply to the adapter"),
        ({"asks": ["stays", "others"]}, "add beside"),
        ({"asks": ["stays", "released"]}, "do not apply to the adapter"),
    ],
)
def test_rule_8_a_check_that_could_never_apply_is_not_asked(changes: dict[str, Any], hint: str) -> None:
    error = refused(**changes)
    assert hint in error.sentence
    assert error.path == ("asks",)


def test_rule_8_checks_that_can_apply_are_asked() -> None:
    scenario(asks=["recovers"], heal="30m")
    scenario(asks=["settles"], heal_twin="30m")
    scenario(asks=["notices"], rules=[SILENCE])
    scenario(asks=["connects"])
    scenario(asks=["flag"], start="down")


def test_rule_9_start_handler_and_net() -> None:
    assert run(start="down").start == "down"
    assert run(net={"delay": "0s"}).delay_us == 0


@pytest.mark.parametrize(
    "rule",
    [
        OSERROR,
        {"when": "seam.send", "do": {"raise": "ConnectionResetError"}},
        {"when": "seam.receive", "do": {"message": {"type": "closing"}}},
        {"when": "seam.gateway", "do": {"raise": "aiohttp.ClientConnectorError: x"}},
    ],
)
def test_rule_10_what_has_no_witness_must_be_called_hypothetical(rule: dict[str, Any]) -> None:
    error = refused(rules=[DROP, rule])
    assert "hypothetical: true" in error.sentence
    assert error.path == ("rules", 1)
    assert run(rules=[DROP, rule], hypothetical=True).hypothetical


@pytest.mark.parametrize(
    "rule",
    [
        {"when": "seam.receive", "do": {"message": {"type": "close", "code": 4008}}},
        {"when": "seam.receive", "do": {"message": {"type": "closed"}, "hold": "6s"}},
        {"when": "seam.gateway", "do": {"raise": "httpx.ConnectError: refused"}},
        {"when": "seam.open", "do": [{"raise": "asyncio.TimeoutError"}, "fin"]},
        {"when": "seam.open", "do": "fin"},
    ],
)
def test_rule_10_what_has_a_witness_need_not(rule: dict[str, Any]) -> None:
    assert not run(rules=[DROP, rule]).hypothetical


def test_rule_10_each_run_says_it_for_itself() -> None:
    runs = scenario(variants={"wire": [], "seam": [OSERROR]}, hypothetical=True).runs
    assert [run.hypothetical for run in runs] == [False, True]
    assert [run.resolved["hypothetical"] for run in runs] == [False, True]
    assert refused(variants={"wire": [], "seam": [OSERROR]}).path == ("variants", "seam", 0)


# 10 min to recover, and three heartbeats of 41.25 s.
ROOM = 10 * MINUTE + 123_750_000


@pytest.mark.parametrize(
    ("heal", "earliest"),
    [("30m", 30 * MINUTE), ("ready + 30m", 30 * MINUTE), ("drop + 30m", 31 * MINUTE), ("drop", MINUTE)],
)
def test_rule_11_the_end_leaves_room_for_healing(heal: str, earliest: int) -> None:
    enough = earliest + ROOM
    assert run(heal=heal, end=f"{enough // 1000}ms").end_us == enough
    error = refused(heal=heal, end=f"{enough // 1000 - 1}ms")
    assert "end is too early" in error.sentence
    assert error.path == ("end",)
    assert refused(heal_twin=heal, end=f"{enough // 1000 - 1}ms").path == ("end",)


def test_rule_11_the_room_follows_the_scenarios_own_limit() -> None:
    run(heal="30m", limits={"recovers": "1m"}, end="34m")
    assert "end is too early" in refused(heal="30m", limits={"recovers": "1m"}, end="33m").sentence
    assert "end is too early" in refused(heal="30m", limits={"recovers": "1h"}, end="1h").sentence


def test_rule_11_settling_needs_more_than_two_hours() -> None:
    run(asks=["settles"], end="7261s")
    error = refused(asks=["settles"], end="7260s")
    assert "longer than 121m" in error.sentence
    assert error.path == ("end",)
    early = [*BASE["rules"], {"when": "http.token", "which": 9, "do": "noanswer"}]
    run(asks=["settles"], rules=early, end="7201s")
    refused(asks=["settles"], rules=early, end="2h")
    run(asks=["settles"], limits={"settles": "1h"}, end="62m")
    refused(asks=["settles"], limits={"settles": "3h"})
    run(asks=["flag"], end="30m")
    run(asks=["settles"], rules=[], end="1m")
    # Where it heals, settles does not apply; only the run without needs the time.
    assert len(scenario(asks=["settles"], heal_twin="30m", end="7261s").runs) == 2


def test_rule_11_a_rule_begins_before_the_end() -> None:
    error = refused(rules=[{"at": "3h", "do": "fin"}])
    assert "cannot act before 3h" in error.sentence
    assert error.path == ("rules", 0)
    scenario(rules=[{"at": "10799s", "do": "fin"}])
    assert refused(variants={"a": [{"when": "ws.connect", "from": "drop + 3h", "do": "fin"}]}).path == (
        "variants",
        "a",
        0,
    )


def test_the_earliest_of_a_chain_of_rules() -> None:
    spec = run(
        rules=[
            {"id": "c", "at": "b + 1s", "from": "5s", "do": "fin"},
            {"id": "b", "when": "ws.connect", "from": "a#2 + 1s", "do": "fin"},
            {"id": "a", "at": "1m", "do": "fin"},
        ]
    )
    assert earliest_marks(spec.rules) == {None: 0, "a": 60 * SECOND, "b": 61 * SECOND, "c": 62 * SECOND}
