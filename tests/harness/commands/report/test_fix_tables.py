"""Fix tables as text, as Markdown and as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.commands.fix_table import Block, Gap, Row, Section, row
from harness.commands.report.fix_tables import as_json, as_markdown, as_text, cells_of, duration
from harness.journal.record import Record
from harness.journal.run_kinds import ProcExit
from harness.judging.outcome import judge
from tests.harness.journals import J

SPINS = J(level="runner").up().acts(t=60).spins(t=62).closed("spin")
GIVES_UP = J(level="runner", asks=["back"]).up().acts(t=60).loses(t=60).gives_up(t=600)
EXITS = GIVES_UP.add(ProcExit(1, "no module"), 601, "probe").done(601, why="exited")


def made(records: list[Record], fix: str = "detached") -> Row:
    return row(fix, judge(records), records, ends=False)


def section(*rows: Row, **more: Any) -> Section:
    given = {"gaps": (), "notes": (), **more}
    return Section(
        "hermes-agent 0.19.0",
        "ab" * 32,
        "3.14.1",
        "qqchaos fixes 14539",
        (Block("exhausted/x", "2h", rows),),
        **given,
    )


def test_markdown_has_the_command_the_table_and_the_exit_reasons() -> None:
    lines = as_markdown([section(made(EXITS))])
    subject = f"sha256 {'ab' * 6}, aiohttp 3.14.1. Measured by"
    assert lines[:7] == [
        "# hermes-agent 0.19.0", "", subject, "", "```console", "$ qqchaos fixes 14539", "```",
    ]  # fmt: skip
    assert f"| {' | '.join(cells_of(made(EXITS)))} |" in lines
    assert "- exit code 1: no module (detached)" in lines


def test_the_columns_of_the_text_are_aligned() -> None:
    lines = as_text([section(made(EXITS), made(SPINS, fix="as shipped"))])
    at = lines.index("outage: exhausted/x, for ever or until 2h")
    head, *rows = lines[at + 1 : at + 4]
    assert all(one[head.index("level") :].startswith("runner") for one in rows)


def test_json_has_every_field_of_a_row() -> None:
    document = json.loads(as_json([section(made(EXITS))]))
    (found,) = document["sections"][0]["blocks"][0]["rows"]
    assert (found["exit_code"], found["exit_reason"], found["back_us"]) == (1, "no module", None)


def test_notes_and_rows_that_were_not_measured_stand_below_the_table() -> None:
    gap = Gap("change.patch", None, None, "the hunk does not apply")
    text = as_text([section(made(SPINS), gaps=(gap,), notes=("refused was used",))])
    assert "not measured: change.patch: the hunk does not apply" in text
    assert "refused was used" in text
    assert any("has no row in which the outage ends" in line for line in text)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.4, "59 s"), (59.6, "1:00"), (271, "4:31"), (3723, "1:02:03")]
)
def test_a_duration_is_written_to_the_second(seconds: float, text: str) -> None:
    assert duration(round(seconds * 1_000_000)) == text
