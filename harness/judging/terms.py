"""What a run's scenario says about judging, read from its record run.open. Pure.

This is the one place of the judge that reads the scenario as plain data, and it reads it leniently on
purpose. The parser of scenarios (`harness.scenario`) refuses what cannot be judged, for the author's sake;
it refuses more with every release, and knows only the checks of its own. A stored journal has been run
already: it must be judged later and elsewhere as far as it can be, whatever the language has become. What is
missing or makes no sense is the default; a check that nobody knows is asked all the same, and leaves the
verdict open. A test holds both readings equal for every run of the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fake_qq_server.platform.units import parse_duration
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.language_errors import LanguageError
from fake_qq_server.rules.language_verbs import When
from fake_qq_server.rules.moments import Moment, parse_moment
from fake_qq_server.rules.rule import Rule
from harness.journal.run_kinds import RunOpen
from harness.scenario.service_unit import DEFAULT, Unit, parse_unit
from harness.scenario.vocabulary import SERVED


@dataclass(frozen=True)
class Terms:
    """The terms on which one run is judged, at its level.

    `heals`: a healing is set; `heal_at` is its moment, None where it cannot be read. `limits_us` are the
    scenario's own limits by check, in microseconds. `handler` is what it told the fatal handler to do.
    `restart` is the service manager's unit: `on-failure` where it names none, as hand-made units have it;
    null where it cannot be read. `rules` are by the key with which records name them; none where they cannot
    be read. `forbids`: it says what must not happen. `delay_us` is the link's, one way.
    """

    run: str = ""
    issues: tuple[int, ...] = ()
    asks: tuple[str, ...] = ()
    starts_up: bool = True
    heals: bool = False
    heal_at: Moment | None = None
    handler: str = "record"
    restart: Unit | None = DEFAULT
    hypothetical: bool = False
    limits_us: Mapping[str, int] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    forbids: bool = False
    delay_us: int = 40_000

    def rules_at(self, *events: str) -> frozenset[str]:
        """The keys of the rules that wait for one of these events; `seam` stands for all of that place."""
        return frozenset(
            key for key, rule in self.rules.items() if any(_waits_for(rule, on) for on in events)
        )


def _waits_for(rule: Rule, event: str) -> bool:
    trigger = rule.trigger
    if not isinstance(trigger, When):
        return False
    return trigger.matches(event) if "." in event else trigger.event.startswith(f"{event}.")


def terms_of(opened: RunOpen | None) -> Terms:
    """The terms in a run.open; the defaults where there is none. Never raises."""
    if opened is None:
        return Terms()
    scenario = dict(_items(opened.scenario))
    asks, handler = scenario.get("asks"), scenario.get("handler") or "record"
    if isinstance(asks, Mapping):
        asks = asks.get("adapter" if opened.level == SERVED else opened.level)
    rules = _rules(scenario.get("rules"))
    return Terms(
        run=str(opened.run or scenario.get("run") or scenario.get("scenario") or ""),
        issues=tuple(i for i in _list(scenario.get("issues")) if isinstance(i, int)),
        asks=tuple(dict.fromkeys(str(name) for name in _list(asks))),
        starts_up=scenario.get("start") != "down",
        heals=scenario.get("heal") is not None,
        heal_at=_heal_at(scenario.get("heal"), rules),
        handler=str(next((key for key, _ in _items(handler)), handler)),
        restart=_unit(scenario.get("restart")),
        hypothetical=bool(scenario.get("hypothetical")),
        limits_us=_limits(scenario.get("limits_us")),
        rules=rules,
        forbids=bool(_list(scenario.get("forbids"))),
        delay_us=_delay(scenario.get("net")),
    )


def _rules(written: object) -> Mapping[str, Rule]:
    try:
        return {rule.key: rule for rule in parse_rules(written)}
    except LanguageError:
        return {}


def _unit(written: object) -> Unit | None:
    try:
        return parse_unit(written) if written else DEFAULT
    except LanguageError:
        return None


def _heal_at(written: object, rules: Mapping[str, Rule]) -> Moment | None:
    at = dict(_items(written)).get("at") if isinstance(written, Mapping) else written
    if at is None:
        return None
    try:
        return parse_moment(at, (), [rule.id for rule in rules.values() if rule.id is not None])
    except LanguageError:
        return None


def _delay(written: object) -> int:
    try:
        return parse_duration(dict(_items(written)).get("delay"))
    except ValueError:
        return Terms.delay_us


def _limits(given: object) -> Mapping[str, int]:
    found = {str(name): _positive(us) for name, us in _items(given)}
    return {name: us for name, us in found.items() if us is not None}


def _list(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _items(value: object) -> list[tuple[Any, Any]]:
    return list(value.items()) if isinstance(value, Mapping) else []


def _positive(value: object) -> int | None:
    """A positive number as a whole one, null for whatever else stands there."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e15:
        return None
    return int(value)
