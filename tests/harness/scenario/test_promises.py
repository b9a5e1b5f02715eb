"""A shipped scenario asks what its story promises: each run is read against its own words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from harness.scenario.run_spec import RunSpec
from harness.scenario.selection import all_runs
from harness.scenario.vocabulary import LEVELS_DRIVEN, PROCESS


@dataclass(frozen=True)
class Promise:
    """Where a story has these words, one at least of `checks` is asked at these levels."""

    words: str
    checks: frozenset[str]
    levels: tuple[str, ...] = LEVELS_DRIVEN


def promise(words: str, checks: str, *levels: str) -> Promise:
    return Promise(words, frozenset(checks.split()), levels or LEVELS_DRIVEN)


PROMISES = (
    promise("[Nn]obody is told|gives up|attempts run out|attempts the listener", "notified", "adapter"),
    promise("[Nn]obody is told|attempts run out|attempts the listener", "back", "runner"),
    promise("gives up or tells|goes on trying", "settles", "adapter"),
    promise("[Ss]omebody (is|has to be) told", "notified final"),
    promise("leaves such a connection", "notices"),
    promise("goes by itself|comes back soon", "reacts"),
    promise("[Ii]t resumes|bot resumes", "resumes recovers"),
    promise("identifies afresh", "forbidden resumes"),
    promise("handled once|hears the message|is acknowledged", "once"),
    promise("caller (is told|of connect.. has to be told)", "flag final settles"),
    promise("says connected", "truthful"),
    promise("says so to its caller", "flag"),
    promise("see that it is typing", "typing"),
    promise("is given it all|is given each message", "heard"),
    promise("plain text", "intact"),
    promise("cools down|does not storm|asks for a new token", "polite"),
    promise("ends it in time", "bounded"),
    promise("a spin", "awake"),
    promise("tells its owner", "notified"),
    promise("Only a fresh Identify helps", "resumes"),
    promise("tries for a while", "single"),
    promise("killed without a word", "recovers"),
    promise("killed without a word", "back", PROCESS),
    promise("becomes ready, or resumes, and is closed", "polite"),
    promise("believes it is connected|TCP stays up", "notices"),
    promise("a Resume brings it|brings it, once", "once recovers"),
    promise("They are replayed", "once"),
    promise("an answer|are answered|every reply", "answered single once"),
    promise("(?<!TCP )stays up|stays connected", "stays connects truthful"),
    promise("[Aa]nother platform", "others"),
    promise("of its own accord. It arrives", "delivered"),
    promise("does not say that it did", "reported"),
    promise("told to stop|moment to stop", "stops"),
    promise("[Tt]hen all is well|the platform heals|is there when QQ is", "recovers settles stays"),
    promise("/gateway fails|every reconnect fails|platform dies", "settles back recovers"),
    promise("[Nn]othing goes wrong|all is well with both", "connects"),
    promise("killed", "connects released truthful stops"),
    promise("is answered", "answered", PROCESS),
    promise("stops the program", "stops", PROCESS),
    promise("says no longer that it is connected", "truthful", PROCESS),
)


def owed(run: RunSpec) -> Iterator[tuple[str, Promise]]:
    """The promises of a run's story, with the levels at which they hold."""
    for one in PROMISES:
        if re.search(one.words, " ".join(run.story.split())):
            yield from ((level, one) for level in one.levels if level in run.levels)


@pytest.mark.parametrize("run", all_runs(), ids=lambda run: run.name)
def test_what_the_story_promises_is_asked(run: RunSpec) -> None:
    for level, one in owed(run):
        assert one.checks & set(run.asks_for(level)), f"{level}: {one.words}"


@pytest.mark.parametrize("run", all_runs(), ids=lambda run: run.name)
def test_every_story_promises_something_that_this_test_knows(run: RunSpec) -> None:
    assert list(owed(run)), f"a promise is missing here: {run.story}"


@pytest.mark.parametrize("run", all_runs(), ids=lambda run: run.name)
def test_a_message_that_a_user_writes_is_asked_about(run: RunSpec) -> None:
    talks = any(do.verb == "dispatch" for rule in run.rules for do in rule.do)
    for level in run.levels if talks else ():
        asked = {"once", "answered", "single", "recovers", "back", "stops"} & set(run.asks_for(level))
        assert asked, level
