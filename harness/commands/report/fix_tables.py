"""Fix tables as text, as Markdown, as JSON. Pure functions of what `fixes` measured."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from harness.commands.fix_table import Block, Row, Section

SCHEMA = 1
NOTHING = "-"

HEAD = (
    "fix", "level", "outage", "gave up after", "flag", "callback", "handler finished", "back after", "queue",
    "exit code", "on-failure", "always", "ending", "verdict",
)  # fmt: skip

LEGEND = (
    "outage: whether it ends in that run, at the time in the heading. gave up after: virtual time until it "
    "first gave up. flag, callback, handler finished: what happened then; at the runner level the handler "
    "is the gateway's own.",
    "back after: virtual time from the end of the outage until the bot served again; - where nothing "
    "could bring it back: the outage never ends, the adapter runs alone, or the program has ended.",
    "queue: the bot's place in the gateway's reconnect queue at the end, and its tries, if the gateway "
    "still ran. exit code: of a gateway that ended itself; on-failure, always: whether systemd would "
    "start it again with that Restart=.",
    "verdict: by the checks that the scenario asks at that level; the checks that decided against the bot "
    "are named. UNKNOWN no outage: the bot was not in service when the outage was to begin.",
)
"""What the columns mean."""


def as_text(sections: Iterable[Section]) -> list[str]:
    """Lines for the terminal."""
    lines: list[str] = []
    for section in sections:
        lines += ["", subject(section)]
        for block in section.blocks:
            cells = [HEAD, *map(cells_of, block.rows)]
            widths = [max(len(row[i]) for row in cells) for i in range(len(HEAD))]
            lines += ["", f"outage: {outage(block)}"]
            lines += [
                "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
                for row in cells
            ]
        lines += ["", *remarks(section)] if remarks(section) else []
    return [*lines, "", *LEGEND]


def as_markdown(sections: Iterable[Section]) -> list[str]:
    """A page with the command that made each table above it."""
    lines: list[str] = []
    for section in sections:
        facts = f"sha256 {section.sha256[:12]}, aiohttp {section.aiohttp}"
        lines += [f"# {section.subject}", "", f"{facts}. Measured by", ""]
        lines += ["```console", f"$ {section.command}", "```", ""]
        for block in section.blocks:
            lines += [f"## Outage: {outage(block)}", "", *_grid(block.rows), ""]
        notes = [f"- {line}" for line in remarks(section)]
        lines += ["Notes:", "", *notes, ""] if notes else []
    return [*lines, "What the columns say:", "", *(f"- {line}" for line in LEGEND)]


def as_json(sections: Iterable[Section]) -> str:
    """One document. Times are virtual microseconds; null where a cell has nothing to say."""
    return json.dumps(
        {"schema": SCHEMA, "sections": [asdict(section) for section in sections]},
        ensure_ascii=False,
        indent=1,
    )


def subject(section: Section) -> str:
    """What was measured, in one line."""
    return f"{section.subject} (sha256 {section.sha256[:12]}), aiohttp {section.aiohttp}"


def outage(block: Block) -> str:
    """The name of a block's outage, and when it ends."""
    return f"{block.story}, for ever or until {block.until}"


def remarks(section: Section) -> list[str]:
    """What a reader must know: how it was measured, and what could not be."""
    gaps = [
        f"not measured: {', '.join(filter(None, (gap.fix, gap.level, gap.run)))}: {gap.why}"
        for gap in section.gaps
    ]
    ends: dict[str, list[str]] = {}
    for row in (row for block in section.blocks for row in block.rows):
        if row.exit_reason is not None:
            ends.setdefault(f"code {row.exit_code}: {row.exit_reason}", []).append(row.fix)
    exits = [f"exit {why} ({', '.join(dict.fromkeys(names))})" for why, names in ends.items()]
    starved = any(row.starved for block in section.blocks for row in block.rows)
    short = "a bot that starved its event loop has no row in which the outage ends: it did not get that far"
    return [*section.notes, *([short] if starved else []), *exits, *gaps]


def cells_of(row: Row) -> tuple[str, ...]:
    """One row in words."""
    finished = {"ok": "yes", "open": "no"}.get(row.finished or "", row.finished)
    calls = {0: "no", 1: "yes"}.get(row.calls if row.calls is not None else -1)
    queue = None if row.queue is None else f"{row.queue}{f', {row.tries} tries' if row.tries else ''}"
    why_not = "no outage" if row.unmet and row.verdict == "unknown" else ", ".join(row.why_not)
    verdict = " ".join(filter(None, (row.verdict.upper(), why_not)))
    cells = (
        row.fix,
        row.level,
        "ends" if row.ends else "never ends",
        _gave_up_after(row),
        row.flag,
        calls if calls or row.calls is None else f"{row.calls} times",
        finished,
        duration(row.back_us) if row.back_us is not None else row.back,
        queue,
        None if row.exit_code is None else str(row.exit_code),
        _yes_or_no(row.on_failure),
        _yes_or_no(row.always),
        row.ending,
        verdict,
    )
    return tuple(NOTHING if cell is None else cell for cell in cells)


def duration(us: int) -> str:
    """Virtual time to the second: 59 s, 4:31, 1:02:03."""
    whole = round(us / 1_000_000)
    if whole < 60:
        return f"{whole} s"
    hours, minutes, seconds = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _gave_up_after(row: Row) -> str | None:
    """A bot that starved its event loop never got so far."""
    if row.gave_up_us is None:
        return None if row.starved else "no"
    return duration(row.gave_up_us)


def _yes_or_no(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"


def _grid(rows: Sequence[Row]) -> list[str]:
    table = [HEAD, ("---",) * len(HEAD), *map(cells_of, rows)]
    return [
        f"|{'|'.join(cells)}|" if number == 1 else f"| {' | '.join(cells)} |"
        for number, cells in enumerate(table)
    ]


__all__ = ["HEAD", "LEGEND", "as_json", "as_markdown", "as_text", "cells_of", "duration"]
