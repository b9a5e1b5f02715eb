"""Rules and arguments in plain words, for the commands `show`, `verbs` and `explain`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fake_qq_server.platform.units import format_duration
from fake_qq_server.rules.forbids import Forbid
from fake_qq_server.rules.language_verbs import At, Link, When
from fake_qq_server.rules.moments import GAVE_UP, Moment, Which
from fake_qq_server.rules.rule import Rule
from fake_qq_server.rules.verbs.arguments import DURATION_SCHEMA, SIZE_SCHEMA
from harness.scenario.run_spec import Answers, BotConfig, Handler, RunSpec

_EVENTS = {
    "http.token": "a token is asked for",
    "http.gateway": "the gateway's address is asked for",
    "http.api": "the API is called",
    "http.any": "any request arrives",
    "http.answer.token": "the token endpoint has answered",
    "http.answer.gateway": "the request for the gateway's address was answered",
    "http.answer.api": "the API has answered",
    "http.answer.any": "any request was answered",
    "ws.connect": "a WebSocket upgrade arrives",
    "ws.in": "the platform receives {word}",
    "ws.out": "the platform sends {word}",
    "seam": "the client itself calls {word} (injected inside the client)",
    "runner.handler": "the gateway's fatal handler is called",
}


_MARKS = {GAVE_UP: "the give-up"}


def schema_in_words(schema: Mapping[str, Any]) -> str:
    """What may be written where a JSON Schema stands: "a number from 200 to 599"."""
    if schema == DURATION_SCHEMA:
        return "a duration such as 41s"
    if schema == SIZE_SCHEMA:
        return "a size such as 5MiB"
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds == ["integer"] and {"minimum", "maximum"} <= set(schema):
        return f"a number from {schema['minimum']} to {schema['maximum']}"
    names = {
        "integer": "a number",
        "number": "a number",
        "string": "a text",
        "object": "a mapping",
        "array": "a list",
    }
    return " or ".join(names.get(kind, kind) for kind in kinds) or "anything"


def handler_in_words(handler: Handler) -> str:
    """What the fatal-error handler of the adapter level does."""
    return {
        "record": "returns at once",
        "slow": f"takes {format_duration(handler.slow_us)} to return",
        "raise": "raises",
        "disconnect": "calls the adapter's disconnect()",
    }[handler.kind]


def answers_in_words(answers: Answers) -> str:
    """What the handler of messages does."""
    if answers.kind == "raise":
        return "raises"
    length = f" with {answers.length} characters" if answers.length is not None else ""
    return f"answers after {format_duration(answers.after_us)}{length}"


def bot_in_words(bot: BotConfig) -> str:
    """How the bot is configured, where that is not as usual: "writes plain text, no markdown"."""
    words = [] if bot.credentials else ["has no credentials"]
    words += [] if bot.app_id else ["has no app id"]
    words += [] if bot.secret else ["has no secret"]
    words += [] if bot.markdown else ["writes plain text, no markdown"]
    return " and ".join(words)


def end_in_words(run: RunSpec) -> str:
    """When a run ends: "after 3h", "1h after the healing, after 4h at the latest"."""
    latest = f"after {format_duration(run.end_us)}"
    if run.end_after_us is None:
        return latest
    what = "healing" if run.heal else "give-up"
    return f"{format_duration(run.end_after_us)} after the {what}, {latest} at the latest"


def rule_in_words(rule: Rule) -> str:
    """One sentence: when, under which conditions, what."""
    chance = [f"with chance {rule.chance:g}"] if rule.chance is not None else []
    instead = [f"instead of {' and '.join(rule.instead)}"] if rule.instead else []
    parts = [_trigger(rule), *_narrowed(rule), *chance, *instead]
    done = " and ".join(_without_braces(do.text) for do in rule.do)
    return f"{_named(rule.id)}{' '.join(parts)} → {done}"


def forbid_in_words(forbid: Forbid) -> str:
    """One sentence: what must not happen, and why."""
    parts = [_event(forbid.trigger), *_narrowed(forbid)]
    return f"{_named(forbid.id)}{' '.join(parts)}: {forbid.because}"


def _named(name: str | None) -> str:
    return f"{name}: " if name else ""


def _narrowed(written: Rule | Forbid) -> Iterator[str]:
    """Which of the events are meant, and from when until when."""
    if written.which != Which():
        yield f"(of these: {written.which.text()})"
    if written.where:
        yield f"where {_without_braces(written.where.text())}"
    if written.start is not None:
        yield f"from {moment_in_words(written.start)}"
    if written.until is not None:
        yield f"until {moment_in_words(written.until)}"


def moment_in_words(at: Moment) -> str:
    """A moment: "1m after drop", "lost number 2", "30m", "the give-up, at 3h at the latest"."""
    if at.mark is None:
        return format_duration(at.offset_us)
    mark = _MARKS.get(at.mark, at.mark)
    mark = mark if at.nth == 1 else f"{at.mark} number {at.nth}"
    words = f"{format_duration(at.offset_us)} after {mark}" if at.offset_us else mark
    return f"{words}, at {format_duration(at.latest_us)} at the latest" if at.latest_us is not None else words


def _without_braces(mapping: str) -> str:
    """The outermost braces only: those of a value inside stay whole."""
    return mapping.removeprefix("{").removesuffix("}")


def _trigger(rule: Rule) -> str:
    trigger = rule.trigger
    if isinstance(trigger, At):
        every = f", then every {format_duration(trigger.every_us)}" if trigger.every_us else ""
        return f"at {moment_in_words(trigger.moment)}{every}"
    if isinstance(trigger, Link):
        way = {"up": " from the client", "down": " to the client", None: ""}[trigger.direction]
        return f"on every connection of host {trigger.host}{way}"
    return f"whenever {_event(trigger)}"


def _event(when: When) -> str:
    place, _, word = when.event.rpartition(".")
    text = _EVENTS.get(when.event) or _EVENTS[place]
    return text.format(word=word if word != "any" else "anything")
