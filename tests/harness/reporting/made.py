"""Stored runs from hand-written journals, as `run --out DIR` leaves them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.comparing.outcomes import outcomes_in
from harness.journal.record import Record
from harness.journal.run_kinds import FixRef, RunOpen
from harness.judging.outcome import judge
from harness.reporting.runs import Reported, journal_of
from tests.harness.journals import SUBJECT, J

JOURNAL = "runs/story.a.jsonl"
SHIPPED = frozenset({"story/a"})
FIX = FixRef("reference", "named", "00")


def dies(**scenario: Any) -> list[Record]:
    """It gives up after a hundred attempts and tells nobody: FAIL."""
    j = J(asks=["flag", "notified"], story="It drops.", **scenario).up().beats(t=30)
    j.acts("drop", t=60).loses(t=60.5).says("disconnected").asks("token", t=61)
    for i in range(100):
        j.tries(t=62 + 58 * i, lasts=50).acts("r", verb="status")
    return j.gives_up(t=5868).done(6468, "gaveup")


def passes() -> list[Record]:
    return J(asks=["connects"]).up().probed(t=90).done(3600)


def unknown() -> list[Record]:
    return J(asks=["connects"]).up().unmet().done(3600)


def told(
    records: Sequence[Record], version: str = "0.19.0", python: str = "3.12.1", **opened: Any
) -> list[Record]:
    """The same with other words in run.open."""
    event = records[0].event
    assert isinstance(event, RunOpen)
    changed = replace(event, subject={**SUBJECT, "version": version, "python": python}, **opened)
    return [replace(records[0], event=changed), *records[1:]]


def document(records: Sequence[Record], **changed: Any) -> dict[str, Any]:
    """The run's entry in outcome.json."""
    found: dict[str, Any] = json.loads(json.dumps(judge(records, JOURNAL).as_json()))
    return found | changed


def run_of(records: Sequence[Record], **changed: Any) -> Reported:
    (ran,) = outcomes_in({"outcomes": [document(records, **changed)]}, "here")
    return Reported(ran, lambda: journal_of(ran, records))


def write(folder: Path, records: Sequence[Record], problems: Sequence[Any] = (), **changed: Any) -> Path:
    """A folder with an outcome.json and the journal."""
    journal = folder / JOURNAL
    journal.parent.mkdir(parents=True)
    journal.write_text("".join(one.as_json() + "\n" for one in records), encoding="utf-8")
    whole = {"schema": 1, "outcomes": [document(records, **changed)]}
    whole |= {"problems": list(problems)} if problems else {}
    (folder / "outcome.json").write_text(json.dumps(whole), encoding="utf-8")
    return folder


NASTY = "</script><img src=x onerror=alert(1)>\"'&|`\u0000\n@everyone #1 [x](y) **b**"
"""A text that would do harm wherever it is not escaped."""
