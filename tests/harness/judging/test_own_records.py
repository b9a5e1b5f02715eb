"""What of a journal the bot did, and which rules acted."""

from __future__ import annotations

from fake_qq_server.events import Envelope, RuleAct
from harness.journal.record import Record
from harness.journal.run_kinds import RunTeardown, SubjLife
from harness.judging.own_records import acting_rules, own_records
from tests.harness.scenario.documents import run


def test_what_the_harness_records_is_not_the_bots() -> None:
    theirs = Record(1, 5, "loop", RunTeardown("end"))
    own = Record(2, 5, "probe", SubjLife("started", 1))
    assert own_records([theirs, own]) == [(5, "subj.life", {"what": "started", "number": 1, "code": None})]


def test_a_rule_that_only_marks_does_not_act() -> None:
    spec = run(
        rules=[
            {"id": "mark", "at": "ready + 5s", "do": "nothing"},
            {"id": "drop", "at": "mark + 5s", "do": "fin"},
            {"id": "never", "at": "mark + 6s", "do": "fin"},
        ]
    )
    acts = [
        Record(1, 5, "rules", RuleAct(verb), Envelope(rule=rule))
        for rule, verb in (("mark", "nothing"), ("drop", "fin"))
    ]
    assert acting_rules(spec, acts) == [1]
