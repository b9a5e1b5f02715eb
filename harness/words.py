"""A rule in plain words, for `qqchaos show`. Pure."""

from __future__ import annotations

from fake_qq_server.language import At, Link, Rule
from fake_qq_server.language_moments import Moment, Which
from fake_qq_server.units import format_duration

EVENTS = {
    "http.token": "a token is asked for",
    "http.gateway": "the gateway's address is asked for",
    "http.api": "the API is called",
    "http.any": "any request arrives",
    "ws.connect": "a WebSocket upgrade arrives",
    "ws.in": "the platform receives {word}",
    "ws.out": "the platform has sent {word}",
    "seam": "the client itself calls {word} (injected inside the client)",
}


def rule_in_words(rule: Rule) -> str:
    """One sentence: when, under which conditions, what."""
    parts = [_trigger(rule)]
    if rule.which != Which():
        parts.append(f"(of these: {rule.which.text()})")
    if rule.where:
        parts.append(f"where {rule.where.text()}")
    if rule.start is not None:
        parts.append(f"from {moment(rule.start)}")
    if rule.until is not None:
        parts.append(f"until {moment(rule.until)}")
    if rule.chance is not None:
        parts.append(f"with chance {rule.chance:g}")
    done = " and ".join(
        do.text.strip("{}")
        + (f", {format_duration(do.after_us)} later" if do.after_us and "after" not in do.text else "")
        for do in rule.do
    )
    name = f"{rule.id}: " if rule.id else ""
    return f"{name}{' '.join(parts)} → {done}"


def moment(at: Moment) -> str:
    """A moment: "1m after drop", "the 2nd lost", "30m"."""
    if at.mark is None:
        return format_duration(at.offset_us)
    mark = at.mark if at.nth == 1 else f"{at.mark} number {at.nth}"
    return f"{format_duration(at.offset_us)} after {mark}" if at.offset_us else mark


def _trigger(rule: Rule) -> str:
    trigger = rule.trigger
    if isinstance(trigger, At):
        every = f", then every {format_duration(trigger.every_us)}" if trigger.every_us else ""
        return f"at {moment(trigger.moment)}{every}"
    if isinstance(trigger, Link):
        way = {"up": " from the client", "down": " to the client", None: ""}[trigger.direction]
        return f"on every connection of host {trigger.host}{way}"
    place, _, word = trigger.event.rpartition(".")
    text = EVENTS.get(trigger.event) or EVENTS[place]
    return "whenever " + text.format(word=word if word != "any" else "anything")
