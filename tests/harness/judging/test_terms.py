"""What a run.open says about judging, and that it is what the parser of scenarios reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from fake_qq_server.platform.units import MINUTE
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.moments import Moment
from harness.journal.run_kinds import RunOpen
from harness.judging.terms import Terms, terms_of
from harness.scenario.run_spec import RunSpec
from harness.scenario.selection import all_runs
from harness.scenario.service_unit import DEFAULT

DROP = {"id": "drop", "at": "ready + 60s", "do": {"close": 4009}}


def opening(scenario: Mapping[str, Any], level: str = "adapter", run: str = "a/b") -> RunOpen:
    return RunOpen(1, run, level, 0, "baton", None, {}, scenario)


@pytest.mark.parametrize("spec", all_runs(), ids=lambda spec: spec.name)
def test_both_readings_of_a_run_of_the_catalogue_are_equal(spec: RunSpec) -> None:
    for level in spec.levels:
        assert terms_of(opening(spec.resolved, level, spec.name)) == Terms(
            run=spec.name,
            issues=spec.issues,
            asks=spec.asks_for(level),
            starts_up=spec.start != "down",
            heals=spec.heal is not None,
            heal_at=spec.heal.at if spec.heal else None,
            handler=spec.handler.kind,
            restart=spec.restart or DEFAULT,
            hypothetical=spec.hypothetical,
            limits_us=spec.limits,
            rules={rule.key: rule for rule in spec.rules},
            forbids=bool(spec.forbids),
            delay_us=spec.delay_us,
        )


def test_a_journal_without_run_open_has_the_defaults() -> None:
    assert terms_of(None) == Terms()


def test_a_scenario_that_says_nothing_has_the_defaults_and_the_run_s_name() -> None:
    assert terms_of(opening({})) == Terms(run="a/b")


@pytest.mark.parametrize("scenario", [{"run": "c/d", "scenario": "c"}, {"scenario": "c/d"}])
def test_a_run_without_a_name_has_its_scenario_s(scenario: dict[str, Any]) -> None:
    assert terms_of(opening(scenario, run="")).run == "c/d"


def test_a_level_that_nothing_is_asked_of_has_no_asks() -> None:
    asks = {"asks": {"adapter": ["flag"], "runner": ["back"]}}
    assert terms_of(opening(asks, "runner")).asks == ("back",)
    assert terms_of(opening(asks, "process")).asks == ()


def test_a_check_that_nobody_knows_is_asked_all_the_same() -> None:
    assert terms_of(opening({"asks": ["flag", "kindness", "flag"]})).asks == ("flag", "kindness")


@pytest.mark.parametrize(
    ("net", "delay_us"),
    [({"delay": "0s"}, 0), ({"delay": "1.5s"}, 1_500_000), ({"delay": 7}, 40_000), ("x", 40_000)],
)
def test_the_link_s_delay_is_read_or_is_the_default(net: object, delay_us: int) -> None:
    assert terms_of(opening({"net": net})).delay_us == delay_us


def test_rules_that_cannot_be_read_are_none() -> None:
    assert terms_of(opening({"rules": [DROP]})).rules == {"drop": parse_rules([DROP])[0]}
    assert terms_of(opening({"rules": [DROP, {"at": "moonrise", "do": "fin"}]})).rules == {}


@pytest.mark.parametrize("key", ["issues", "asks", "limits_us", "rules"])
@pytest.mark.parametrize(
    "nonsense", [None, "x", 5, -1, True, [None], {"recovers": "5m"}, {"a": -1}, float("inf")]
)
def test_nonsense_is_as_good_as_nothing(key: str, nonsense: object) -> None:
    found = getattr(terms_of(opening({key: nonsense})), key)
    assert found in ((), {}, ("None",))


@pytest.mark.parametrize(("given", "us"), [(5_000_000, 5_000_000), (0.1e7, 1_000_000)])
def test_a_limit_is_a_positive_number_of_microseconds(given: float, us: int) -> None:
    assert terms_of(opening({"limits_us": {"recovers": given, "once": 0}})).limits_us == {"recovers": us}


def test_a_handler_with_an_argument_goes_by_its_name() -> None:
    assert terms_of(opening({"handler": {"slow": "5s"}})).handler == "slow"


@pytest.mark.parametrize(
    ("heal", "moment"),
    [
        ("gaveup + 20m", Moment("gaveup", 1, 20 * MINUTE)),
        ({"at": "drop + 5m", "held": "keep"}, Moment("drop", 1, 5 * MINUTE)),
        ("no moment at all", None),
        ({"held": "keep"}, None),
        (None, None),
    ],
)
def test_the_moment_of_the_healing_is_read_where_it_makes_sense(heal: Any, moment: Moment | None) -> None:
    terms = terms_of(opening({"heal": heal, "rules": [DROP]}))
    assert (terms.heal_at, terms.heals) == (moment, heal is not None)


@pytest.mark.parametrize(
    ("net", "delay_us"),
    [({"delay": "1s"}, 1_000_000), ({"delay": "soon"}, 40_000), ({}, 40_000), (None, 40_000), (7, 40_000)],
)
def test_a_delay_that_cannot_be_read_is_the_usual_one(net: Any, delay_us: int) -> None:
    assert terms_of(opening({"net": net})).delay_us == delay_us


def test_rules_are_found_by_the_event_that_they_wait_for() -> None:
    rules = [
        {"id": "token", "when": "seam.token", "do": {"raise": "OSError: x"}},
        {"id": "open", "when": "seam.open", "do": {"raise": "OSError: x"}},
        {"id": "http", "when": "http.token", "do": {"status": 500}},
        {"id": "frames", "when": "ws.out.any", "do": {"delay": "1s"}},
        {"id": "later", "at": "30s", "do": {"close": 4009}},
    ]
    terms = terms_of(opening({"rules": rules}))
    assert terms.rules_at("seam.token") == {"token"}
    assert terms.rules_at("seam.open", "http.token") == {"open", "http"}
    assert terms.rules_at("seam") == {"token", "open"}
    assert terms.rules_at("ws.out.ack") == {"frames"}
    assert terms.rules_at() == terms.rules_at("sea") == frozenset()
