"""One run: what each key is read as, which mistakes are refused, and how it travels to a worker."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fake_qq_server.platform.units import HOUR, MINUTE, SECOND
from fake_qq_server.rules.language_errors import LanguageError
from fake_qq_server.rules.moments import Moment
from harness.scenario.document import parse_scenario
from harness.scenario.parse_run import from_resolved
from harness.scenario.run_spec import Answers, BotConfig, Handler, Healing
from harness.scenario.service_unit import WORDS
from tests.harness.scenario.documents import BASE, DROP, GATEWAY_500, OSERROR, SILENCE, refused, run, scenario

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


def test_a_key_that_is_not_written_has_its_default() -> None:
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


def test_every_key_is_read() -> None:
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
    assert (whole.tags, dict(whole.limits), whole.restart) == (
        ("give-up",),
        {"flag": 5 * SECOND},
        WORDS["always"],
    )
    assert whole.heal == Healing(Moment("drop", 1, 30 * MINUTE), "release")


@pytest.mark.parametrize("handler", ["record", "raise", "disconnect"])
def test_a_handler_of_one_word_is_read(handler: Any) -> None:
    assert run(handler=handler).handler == Handler(handler)


def test_start_down_and_a_link_without_delay_are_read() -> None:
    assert run(start="down").start == "down"
    assert run(net={"delay": "0s"}).delay_us == 0


def test_how_often_a_rule_is_to_act_is_read() -> None:
    assert run(rules=[{**DROP, "fires": "0.."}]).rules[0].fires.first == 0


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
        ({"hypothetical": True}, ("hypothetical",), "nothing is injected here without a witness"),
        ({"tags": "x"}, ("tags",), "a list of names"),
        ({"tags": ["A"]}, ("tags", 0), "not a name"),
        ({"limits": []}, ("limits",), "a mapping of checks"),
        ({"limits": {"recover": "5m"}}, ("limits", "recover"), "did you mean recovers"),
        ({"limits": {"awake": "5m"}}, ("limits", "awake"), "no limit to set"),
        ({"limits": {"flag": 5}}, ("limits", "flag"), "no unit"),
        ({"limits": {"flag": "0s"}}, ("limits", "flag"), "longer than 0s"),
        ({"restart": "always"}, ("restart",), "runner and process"),
        (
            {"restart": "never", "levels": ["process"]},
            ("restart",),
            "restart is hermes, no, always, on-success",
        ),
        ({"rules": [DROP, DROP]}, ("rules", 1, "id"), "given once"),
        ({"end": 3}, ("end",), "no unit"),
        ({"end": {"after": "1h"}}, ("end",), "end is a duration, or {after: 1h, latest: 4h}"),
        ({"end": {"after": "0s", "latest": "3h"}}, ("end", "after"), "longer than 0s"),
        ({"end": "ready"}, ("end",), "not a duration"),
        ({"heal": None}, ("heal",), "not a duration"),
        ({"heal": {}}, ("heal",), "needs a moment"),
        ({"heal": {"at": "5m", "hold": "keep"}}, ("heal", "hold"), "held: keep"),
        ({"heal": {"at": "5m", "held": "kept"}}, ("heal", "held"), "keep or release"),
        ({"heal": "heal"}, ("heal",), "cannot wait for itself"),
        ({"heal": {"at": "heal + 5s"}}, ("heal", "at"), "cannot wait for itself"),
        ({"heal": "0s"}, ("heal",), "heal later"),
        ({"heal": "dorp + 5m"}, ("heal",), "did you mean drop"),
    ],
)
def test_a_mistake_in_a_run_is_refused_where_it_stands(
    changes: dict[str, Any], path: tuple[Any, ...], hint: str
) -> None:
    error = refused(**changes)
    assert hint in error.sentence
    assert error.path == path


def test_an_unknown_mark_is_refused_with_the_one_that_is_like_it() -> None:
    error = refused(rules=[DROP, {**GATEWAY_500, "from": "dorp"}])
    assert "did you mean drop" in error.sentence
    assert error.path == ("rules", 1, "from")


@pytest.mark.parametrize("document", [None, [], "x", 5])
def test_a_document_is_a_mapping(document: Any) -> None:
    with pytest.raises(LanguageError, match="begins with scenario"):
        parse_scenario(document)


def test_numbers_are_read_up_to_their_limits() -> None:
    assert run(issues=[1]).issues == (1,)
    assert len(run(issues=list(range(1, 101))).issues) == 100
    assert run(net={"delay": "1m"}).delay_us == MINUTE
    assert len(scenario(variants={f"v{n}": [] for n in range(200)}).runs) == 200
    assert "1 to 200" in refused(variants={f"v{n}": [] for n in range(201)}).sentence


def test_a_run_is_the_same_after_its_way_to_a_worker() -> None:
    for spec in scenario(**WHOLE).runs:
        there = from_resolved(json.loads(json.dumps(spec.resolved)))
        assert there == spec
        assert there.resolved == spec.resolved


def test_a_resolved_run_has_every_key_that_was_written() -> None:
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


def test_probes_are_read_and_are_one_c2c_message_unless_said() -> None:
    assert run().probes == ("c2c",) and "probes" not in run().resolved
    several = run(probes=["guild", "c2c"])
    assert several.probes == ("guild", "c2c") and several.resolved["probes"] == ["guild", "c2c"]


@pytest.mark.parametrize(
    ("given", "path", "hint"),
    [
        ([], ("probes",), "one at least of c2c, group, guild, dm"),
        ("c2c", ("probes",), "probes is a list"),
        (["c2c", "gild"], ("probes", 1), "did you mean guild?"),
        (["dm", "dm"], ("probes", 1), "dm is listed twice"),
        ([["dm"]], ("probes", 0), "is no kind of probe"),
    ],
)
def test_what_is_no_list_of_probes_is_refused(given: Any, path: Any, hint: str) -> None:
    error = refused(probes=given)
    assert hint in error.sentence and error.path == path


def test_answers_are_read_and_are_the_usual_ones_unless_said() -> None:
    assert run().answers is None and "answers" not in run().resolved
    assert run(answers="raise").answers == Answers("raise")
    assert run(answers={"after": "6m"}).answers == Answers(after_us=6 * MINUTE)
    assert run(answers={"length": 5000}).answers == Answers(length=5000)


def test_a_slow_answer_gives_the_answer_to_a_probe_as_much_more_time() -> None:
    assert run(answers={"after": "5s"}).resolved["limits_us"] == {"recovers.reply": 14 * SECOND}
    assert run(answers={"after": "0.5s", "length": 9}).resolved["limits_us"] == {}


@pytest.mark.parametrize(
    ("given", "path", "hint"),
    [
        ("slow", ("answers",), "answers is raise, or {after: 6m, length: 5000}"),
        ({}, ("answers",), "one of them at least"),
        ({"afer": "6m"}, ("answers", "afer"), "did you mean after?"),
        ({"after": "0s"}, ("answers", "after"), "longer than 0s"),
        ({"after": 6}, ("answers", "after"), "has no unit"),
        ({"length": 0}, ("answers", "length"), "1 to 100000"),
        ({"length": True}, ("answers", "length"), "1 to 100000"),
    ],
)
def test_what_is_no_answer_is_refused(given: Any, path: Any, hint: str) -> None:
    error = refused(answers=given)
    assert hint in error.sentence and error.path == path


def test_a_bot_writes_markdown_and_has_credentials_unless_said() -> None:
    assert run().bot == BotConfig(markdown=True, credentials=True) and "bot" not in run().resolved
    assert run(bot={"markdown": False}).bot == BotConfig(markdown=False)
    plain = run(bot={"markdown": True, "credentials": False})
    assert plain.bot == BotConfig(credentials=False)
    assert plain.resolved["bot"] == {"markdown": True, "credentials": False}


@pytest.mark.parametrize(
    ("given", "path", "hint"),
    [
        (
            "plain",
            ("bot",),
            "bot is a mapping such as {markdown: false}, of markdown, creden",
        ),
        ({}, ("bot",), "bot is a mapping"),
        ({"markdwon": False}, ("bot", "markdwon"), "bot has no 'markdwon': did you mean markdown?"),
        ({5: False}, ("bot", 5), "bot has no 5: there is app_id, credentials, markdown, secret"),
        ({"markdown": "no"}, ("bot", "markdown"), "markdown is true or false"),
        ({"credentials": 0}, ("bot", "credentials"), "credentials is true or false"),
    ],
)
def test_what_configures_no_bot_is_refused(given: Any, path: Any, hint: str) -> None:
    error = refused(bot=given)
    assert hint in error.sentence and error.path == path


def test_an_environment_is_read_and_is_empty_unless_said() -> None:
    assert run().environment == {} and "environment" not in run().resolved
    proxies = {"HTTP_PROXY": "http://127.0.0.1:9", "no_proxy": ""}
    assert run(environment=proxies).environment == run(environment=proxies).resolved["environment"] == proxies


def test_a_variable_may_have_the_port_of_the_gateway_in_it() -> None:
    spec = run(environment={"ALL_PROXY": "http://127.0.0.1:{ws}", "TZ": "UTC"})
    assert spec.variables(80) == {"ALL_PROXY": "http://127.0.0.1:80", "TZ": "UTC"}


@pytest.mark.parametrize(
    ("given", "path", "hint"),
    [
        ({}, ("environment",), "a mapping such as"),
        (["HTTP_PROXY"], ("environment",), "a mapping such as"),
        ({"HTTP_PROXI": "x"}, ("environment", "HTTP_PROXI"), "did you mean HTTP_PROXY?"),
        ({"HERMES_HOME": "/x"}, ("environment", "HERMES_HOME"), "not for scenarios to set"),
        ({"TZ": 5}, ("environment", "TZ"), "a text of one line"),
        ({"ALL_PROXY": "http://127.0.0.1:{port}"}, ("environment", "ALL_PROXY"), "there is {ws} alone"),
        ({"TZ": "a\nb"}, ("environment", "TZ"), "a text of one line"),
    ],
)
def test_what_is_no_environment_is_refused(given: Any, path: Any, hint: str) -> None:
    error = refused(environment=given)
    assert hint in error.sentence and error.path == path
