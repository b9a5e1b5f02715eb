"""The parser of one run: from a resolved document to a `RunSpec`, or to the first mistake in it.

A run is *resolved*: a plain document without variants or twins, that JSON can carry to a worker which has
no YAML. The same parser reads it there that read it in the file. Errors are `LanguageError` with a path into
the resolved document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fake_qq_server.events import HELD
from fake_qq_server.rules.forbids import parse_forbids
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.language_errors import LanguageError, Path, quoted, suggest
from fake_qq_server.rules.moments import Moment, duration_at, parse_moment
from fake_qq_server.rules.rule import Rule
from harness.scenario.limits import PROBE_REPLY_US
from harness.scenario.parse_surroundings import (
    DEFAULT_DELAY,
    one_word,
    parse_answers,
    parse_beside,
    parse_bot,
    parse_delay,
    parse_environment,
    parse_handler,
    parse_probes,
    parse_restart,
    parse_start,
)
from harness.scenario.refusals import refuse_run
from harness.scenario.run_spec import DEFAULT_PROBES, BotConfig, Healing, RunSpec
from harness.scenario.vocabulary import (
    CHECKS,
    LEVELS,
    LIMITED,
    NAME,
    NOT_AT_ADAPTER,
    REQUIRED,
    RESOLVED_KEYS,
)
from harness.scenario.witnesses import unwitnessed

MOST_LISTED = 100


def from_resolved(resolved: Mapping[str, Any]) -> RunSpec:
    """The run that a resolved document describes. Raises LanguageError where somebody changed it badly."""
    return parse_run(resolved)


def parse_run(
    document: Mapping[str, Any],
    rule_paths: Sequence[Path] | None = None,
    forbid_paths: Sequence[Path] | None = None,
) -> RunSpec:
    """The run of a resolved document, with its defaults filled in.

    `rule_paths` says where each of its rules was written, for errors, and `forbid_paths` where each of its
    prohibitions. Raises LanguageError for the first
    mistake, also for a run that could never be judged (see `refusals`).
    """
    check_keys(document, RESOLVED_KEYS, REQUIRED)
    name = document.get("run")
    if not isinstance(name, str) or not name:
        raise LanguageError(("run",), "a resolved run has a name under run")
    levels = _levels(document["levels"])
    asks = _asks(document["asks"], levels)
    rules = parse_rules(document["rules"], rule_paths)
    ids = [rule.id for rule in rules if rule.id is not None]
    forbids = parse_forbids(document["forbids"], forbid_paths, ids) if "forbids" in document else ()
    limits = _limits(document.get("limits", {}))
    end_us, end_after_us = _end(document["end"])
    run = RunSpec(
        name=name,
        scenario=parse_name(document["scenario"], ("scenario",)),
        story=_story(document["story"]),
        issues=_issues(document["issues"]),
        levels=levels,
        asks=asks,
        rules=rules,
        forbids=forbids,
        end_us=end_us,
        end_after_us=end_after_us,
        start=parse_start(document.get("start", "up"), levels),
        beside=parse_beside(document["beside"], levels) if "beside" in document else None,
        answers=parse_answers(document["answers"]) if "answers" in document else None,
        bot=parse_bot(document["bot"]) if "bot" in document else BotConfig(),
        environment=parse_environment(document["environment"]) if "environment" in document else {},
        probes=parse_probes(document["probes"]) if "probes" in document else DEFAULT_PROBES,
        handler=parse_handler(document.get("handler", "record"), levels),
        delay_us=parse_delay(document.get("net", {"delay": DEFAULT_DELAY})),
        hypothetical=_flag(document.get("hypothetical", False)),
        tags=_tags(document.get("tags", [])),
        limits=limits,
        restart=parse_restart(document["restart"], levels) if "restart" in document else None,
        heal=_heal(document["heal"], rules) if "heal" in document else None,
    )
    refuse_run(run, rule_paths or (), forbid_paths or ())
    run = replace(run, hypothetical=any(unwitnessed(rule) for rule in rules))
    run = replace(run, limits={**_late_answers(run), **run.limits})
    return replace(run, resolved=_resolved(document, run))


def check_keys(document: Any, keys: Sequence[str], required: Sequence[str], path: Path = ()) -> None:
    """Raises LanguageError for an unknown key or a missing one."""
    if not isinstance(document, Mapping):
        raise LanguageError(path, "a scenario is a mapping that begins with scenario: NAME")
    for key in document:
        if key not in keys:
            raise LanguageError((*path, key), f"a scenario has no {quoted(key)}: {suggest(key, keys)}")
    for key in required:
        if key not in document:
            raise LanguageError(path, f"{key} is missing: a scenario has {', '.join(required)}")


def check_description(document: Mapping[str, Any]) -> None:
    """A document's own story, issues, tags and levels. Raises LanguageError for the first mistake."""
    _story(document["story"])
    _issues(document["issues"])
    _tags(document.get("tags", []))
    _levels(document["levels"])


def parse_name(value: Any, path: Path) -> str:
    """A name as it stands in commands and folders. Raises LanguageError."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise LanguageError(path, f"{quoted(value)} is not a name: use a-z, 0-9 and -, at most 60 of them")
    return value


def _resolved(document: Mapping[str, Any], run: RunSpec) -> dict[str, Any]:
    """The document with its defaults written out, so that it keeps its meaning when a default changes."""
    whole = {
        "start": run.start,
        "handler": "record",
        "net": {"delay": DEFAULT_DELAY},
        **document,
        "asks": {level: list(checks) for level, checks in run.asks.items()},
        "hypothetical": run.hypothetical,
        "limits_us": dict(run.limits),
    }
    return {key: whole[key] for key in RESOLVED_KEYS if key in whole}


def _late_answers(run: RunSpec) -> dict[str, int]:
    """The limit for the answer to a probe, where the handler of messages takes longer than usual."""
    slower = run.answers.slower_us if run.answers else 0
    return {"recovers.reply": PROBE_REPLY_US + slower} if slower else {}


def _story(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise LanguageError(("story",), "story is a sentence or two for people")
    return value.strip()


def _listed(value: Any, path: Path, what: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST_LISTED:
        raise LanguageError(path, f"{path[-1]} is a list of {what}")
    for number, each in enumerate(value):
        if each in value[:number]:
            raise LanguageError((*path, number), f"{quoted(each)} is listed twice")
    return value


def _issues(value: Any) -> tuple[int, ...]:
    for number, issue in enumerate(_listed(value, ("issues",), "numbers, such as [14539]; [] is none")):
        if not isinstance(issue, int) or isinstance(issue, bool) or not 0 < issue < 10**9:
            raise LanguageError(("issues", number), f"{quoted(issue)} is no issue's number: write 14539")
    return tuple(value)


def _tags(value: Any) -> tuple[str, ...]:
    for number, tag in enumerate(_listed(value, ("tags",), "names")):
        parse_name(tag, ("tags", number))
    return tuple(value)


def _levels(value: Any) -> tuple[str, ...]:
    for number, level in enumerate(_listed(value, ("levels",), f"levels: {', '.join(LEVELS)}")):
        if level not in LEVELS:
            raise LanguageError(("levels", number), f"{quoted(level)} is no level: {suggest(level, LEVELS)}")
    if not value:
        raise LanguageError(("levels",), f"levels names one at least of {', '.join(LEVELS)}")
    return tuple(value)


def _asks(value: Any, levels: Sequence[str]) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        checks = _checks(value, ("asks",))
        return dict.fromkeys(levels, checks)
    for level in value:
        if level not in levels:
            raise LanguageError(("asks", level), f"{quoted(level)} is not among this scenario's levels")
    for level in levels:
        if level not in value:
            raise LanguageError(("asks",), f"nothing is asked at level {level}: add it, or drop the level")
    asks = {level: _checks(checks, ("asks", level)) for level, checks in value.items()}
    for check in asks.get("adapter", ()):
        if check in NOT_AT_ADAPTER:
            raise LanguageError(("asks", "adapter"), f"{check} does not apply to the adapter level")
    return asks


def _checks(value: Any, path: Path) -> tuple[str, ...]:
    for number, check in enumerate(_listed(value, path, "checks, such as [flag, notified]")):
        if check not in CHECKS:
            raise LanguageError((*path, number), f"{quoted(check)} is no check: {suggest(check, CHECKS)}")
    if not value:
        raise LanguageError(path, "a scenario that asks nothing has no verdict: name a check")
    return tuple(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise LanguageError(("hypothetical",), "hypothetical is true or false")
    return value


def _end(value: Any) -> tuple[int, int | None]:
    """The latest end, and how long after the healing or the give-up it comes if that is sooner."""
    if not isinstance(value, dict):
        return duration_at(value, ("end",)), None
    if sorted(value) != ["after", "latest"]:
        raise LanguageError(("end",), "end is a duration, or {after: 1h, latest: 4h}")
    after, latest = (duration_at(value[key], ("end", key)) for key in ("after", "latest"))
    if after == 0:
        raise LanguageError(("end", "after"), "after is longer than 0s")
    return latest, after


def _limits(value: Any) -> dict[str, int]:
    if not isinstance(value, dict):
        raise LanguageError(("limits",), "limits is a mapping of checks to durations, such as {recovers: 5m}")
    for check in value:
        if check not in LIMITED:
            raise LanguageError(
                ("limits", check), f"{quoted(check)} has no limit to set: {suggest(check, LIMITED)}"
            )
    limits = {check: duration_at(given, ("limits", check)) for check, given in value.items()}
    for check, us in limits.items():
        if us == 0:
            raise LanguageError(("limits", check), "a limit is longer than 0s")
    return limits


def _heal(value: Any, rules: Sequence[Rule]) -> Healing:
    given = value if isinstance(value, dict) else {"at": value}
    for key in given:
        if key not in ("at", "held"):
            raise LanguageError(("heal", key), f"heal has no {quoted(key)}: write {{at: 20m, held: keep}}")
    if "at" not in given:
        raise LanguageError(("heal",), "heal needs a moment: write {at: 20m, held: keep}")
    path: Path = ("heal", "at") if isinstance(value, dict) else ("heal",)
    moment = parse_moment(given["at"], path, [rule.id for rule in rules if rule.id is not None])
    if moment.mark == "heal":
        raise LanguageError(path, "heal cannot wait for itself")
    if moment == Moment(None):
        raise LanguageError(path, "heal at 0s ends every rule before it can act: heal later")
    return Healing(moment, one_word(given.get("held", "keep"), ("heal", "held"), HELD))
