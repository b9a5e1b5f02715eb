"""What sets a rule off and what it does: triggers and verbs, from plain data. Part of `language`."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from fake_qq_server.platform.units import format_duration
from fake_qq_server.rules import verbs as _verbs
from fake_qq_server.rules.language_errors import LanguageError, Path, quoted, suggest
from fake_qq_server.rules.moments import Moment, duration_at, parse_moment
from fake_qq_server.rules.verbs.registry import VERBS, Args, ArgumentError, Class, Verb

del _verbs

HOSTS = ("token", "api", "ws", "any")
_EVENT_WORDS: Mapping[str, tuple[str, ...]] = {
    "http": ("token", "gateway", "api", "any"),
    "http.answer": ("token", "gateway", "api", "any"),
    "ws.in": ("identify", "resume", "heartbeat", "any"),
    "ws.out": (
        "hello",
        "ready",
        "resumed",
        "ack",
        "dispatch",
        "reconnect",
        "invalid",
        "heartbeat",
        "close",
        "any",
    ),
    "seam": ("token", "gateway", "open", "receive", "send"),
    "runner": ("handler",),
}
EVENTS = ("ws.connect", *(f"{place}.{word}" for place, words in _EVENT_WORDS.items() for word in words))
"""Every event a rule can wait for. `http`: a request arrived; `http.answer`: it was answered. `ws.in`: the
platform receives; `ws.out`: it sends; `runner.handler`: the program around the client is told that it gave
up."""

MOST_VERBS = 8
LEAST_EVERY_US = 1000
AFTER_HEAL = "heal ends every rule, so nothing acts from then on"


@dataclass(frozen=True)
class When:
    """The rule answers or follows an event."""

    event: str

    def matches(self, event: str) -> bool:
        """Whether this event is meant; `any` stands for every word in its place."""
        return event == self.event or (
            self.event.endswith(".any") and event.rpartition(".")[0] == self.event[:-4]
        )

    def text(self) -> str:
        """As it is written."""
        return f"when {self.event}"


@dataclass(frozen=True)
class At:
    """The rule acts at a moment, and with `every_us` again and again from then on."""

    moment: Moment
    every_us: int | None = None

    def text(self) -> str:
        """As it is written."""
        every = f" every {format_duration(self.every_us)}" if self.every_us else ""
        return f"at {self.moment.text()}{every}"


@dataclass(frozen=True)
class Link:
    """A condition lies on the connections of a host; `direction` None is both ways."""

    host: str
    direction: Literal["up", "down"] | None = None

    def text(self) -> str:
        """As it is written."""
        return f"link {self.host}" + (f".{self.direction}" if self.direction else "")


Trigger = When | At | Link


@dataclass(frozen=True)
class Do:
    """One verb with its arguments. `index` is its place in the rule's list, `after_us` a push's delay."""

    verb: str
    args: Args = field(default_factory=Args)
    after_us: int = 0
    index: int = 0
    text: str = ""

    @property
    def row(self) -> Verb:
        """Its row in the registry."""
        return VERBS[self.verb]


def parse_trigger(item: Mapping[str, Any], path: Path, ids: Collection[str]) -> Trigger:
    """Its one when, at or link."""
    given = [key for key in ("when", "at", "link") if key in item]
    if len(given) != 1:
        said = " and ".join(given) if given else "none"
        raise LanguageError(path, f"a rule has exactly one of when, at and link; this has {said}")
    if "every" in item and given != ["at"]:
        raise LanguageError((*path, "every"), "every belongs to at; after when, write which: every 3")
    if given == ["when"]:
        return When(_event(item["when"], (*path, "when")))
    if given == ["link"]:
        return _link(item["link"], (*path, "link"))
    moment = parse_moment(item["at"], (*path, "at"), ids)
    if moment.mark == "heal":
        raise LanguageError((*path, "at"), AFTER_HEAL)
    if "every" not in item:
        return At(moment)
    every = duration_at(item["every"], (*path, "every"))
    if every < LEAST_EVERY_US:
        raise LanguageError((*path, "every"), "every is at least 1ms")
    return At(moment, every)


def _event(value: Any, path: Path) -> str:
    if value in EVENTS:
        return str(value)
    if isinstance(value, str):
        place, _, word = value.rpartition(".")
        other = {"ws.in": "ws.out", "ws.out": "ws.in"}.get(place)
        if other and word in _EVENT_WORDS[other]:
            who = "receives" if place == "ws.in" else "sends"
            raise LanguageError(path, f"the platform never {who} {word}: did you mean {other}.{word}?")
        if place in _EVENT_WORDS:
            raise LanguageError(
                path, f"{quoted(value)} is no event: {suggest(word, _EVENT_WORDS[place])} (after {place}.)"
            )
    hint = suggest(value, EVENTS)
    if not hint.startswith("did"):  # the whole list is longer than anybody reads
        hint = f"there is ws.connect, and {', '.join(f'{place}.X' for place in _EVENT_WORDS)}"
    raise LanguageError(path, f"{quoted(value)} is no event: {hint}")


def _link(value: Any, path: Path) -> Link:
    if isinstance(value, str):
        host, dot, direction = value.partition(".")
        if host in HOSTS and not dot:
            return Link(host)
        if host in HOSTS and direction == "up":
            return Link(host, "up")
        if host in HOSTS and direction == "down":
            return Link(host, "down")
    raise LanguageError(
        path, f"{quoted(value)} is no link: write token, api, ws or any, with .up or .down for one way"
    )


def parse_dos(value: Any, path: Path, trigger: Trigger) -> tuple[Do, ...]:
    """One verb or several, each fit for the trigger."""
    if not isinstance(value, list):
        return (_do(value, path, trigger, 0),)
    if not value or len(value) > MOST_VERBS:
        raise LanguageError(path, f"do is one verb or a list of 1 to {MOST_VERBS}")
    dos = tuple(_do(each, (*path, number), trigger, number) for number, each in enumerate(value))
    answers = [do for do in dos if do.row.kind is Class.ANSWER]
    if len(answers) > 1:
        names = " and ".join(do.verb for do in answers[:2])
        raise LanguageError((*path, answers[1].index), f"{names} both answer the same event: keep one")
    return dos


def _do(value: Any, path: Path, trigger: Trigger, index: int) -> Do:
    written = {value: None} if isinstance(value, str) else value
    if not isinstance(written, dict) or not written:
        raise LanguageError(path, "do is a verb, such as refuse, or {close: 4009}")
    name = _verb_name(written, path)
    verb = VERBS[name]
    _refuse_wrong_place(verb, trigger, (*path, name))
    more: dict[str, Any] = {}
    for key, given in written.items():
        if key in (name, "after"):
            continue
        argument = verb.more.get(key)
        if argument is None:
            raise LanguageError(
                (*path, key), f"{name} takes no {quoted(key)}: {suggest(key, [*verb.more, 'after'])}"
            )
        more[key] = _argued(argument.parse, given, (*path, key))
    after = _after(written, verb, path)
    args = Args(_main(verb, written[name], (*path, name)), more)
    _argued(verb.check, args, (*path, name))
    if isinstance(trigger, When):
        _argued(partial(verb.fits, trigger.event), args, (*path, name))
    return Do(name, args, after, index, _do_text(name, written, after))


def _verb_name(written: Mapping[str, Any], path: Path) -> str:
    names = [key for key in written if key in VERBS]
    if not names:
        first = next(iter(written))
        raise LanguageError((*path, first), f"{quoted(first)} is no verb: {suggest(first, VERBS)}")
    if len(names) > 1:
        both = " and ".join(names[:2])
        raise LanguageError((*path, names[1]), f"{both} are two verbs: write a list, each with its own dash")
    return str(names[0])


def _main(verb: Verb, given: Any, path: Path) -> Any:
    if verb.main is None:
        if given is not None:
            raise LanguageError(path, f"{verb.name} takes no argument: write do: {verb.name}")
        return None
    if given is None and not verb.main.required:
        return verb.main.default
    return _argued(verb.main.parse, given, path)


def _argued(parse: Any, given: Any, path: Path) -> Any:
    try:
        return parse(given)
    except ArgumentError as error:
        raise LanguageError(path, str(error)) from None


def _after(written: Mapping[str, Any], verb: Verb, path: Path) -> int:
    if "after" not in written:
        return 0
    if verb.kind is not Class.PUSH:
        raise LanguageError(
            (*path, "after"), f"after delays a push; {verb.name} is {_KINDS[verb.kind]} and has none"
        )
    return duration_at(written["after"], (*path, "after"))


_KINDS = {Class.ANSWER: "an answer", Class.PUSH: "a push", Class.CONDITION: "a condition"}


def _refuse_wrong_place(verb: Verb, trigger: Trigger, path: Path) -> None:
    kind = _KINDS[verb.kind]
    if (verb.kind is Class.CONDITION) != isinstance(trigger, Link):
        wanted = "link: ws" if verb.kind is Class.CONDITION else "when or at"
        raise LanguageError(path, f"{verb.name} is {kind}: it belongs to a rule with {wanted}")
    if verb.kind is not Class.ANSWER:
        return
    if not isinstance(trigger, When):
        raise LanguageError(path, f"{verb.name} is {kind}: it belongs to a rule with when")
    if trigger.event.startswith("http.answer."):
        raise LanguageError(
            path, f"{verb.name} is {kind}: {trigger.event} is answered by then, so write when: http.X"
        )
    if not _answers(verb, trigger.event):
        others = [name for name, other in sorted(VERBS.items()) if _answers(other, trigger.event)]
        here = f" ({trigger.event} takes {', '.join(others)})" if others else ""
        raise LanguageError(
            path, f"{verb.name} cannot answer {trigger.event}: it acts at {', '.join(verb.places)}{here}"
        )


def _answers(verb: Verb, event: str) -> bool:
    """Whether it is an answer that fits this event."""
    fits = any(event == place or event.startswith(place + ".") for place in verb.places)
    return verb.kind is Class.ANSWER and fits


def _do_text(name: str, written: Mapping[str, Any], after_us: int) -> str:
    def plain(value: Any) -> str:
        return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)

    main = name if written[name] is None else f"{name}: {plain(written[name])}"
    more = [f"{key}: {plain(value)}" for key, value in sorted(written.items()) if key not in (name, "after")]
    after = [f"after: {format_duration(after_us)}"] if after_us else []
    return "{" + ", ".join([main, *more, *after]) + "}"
