"""Who ended a run's worker, and why, in plain words, from the record run.close. Pure.

The worker writes that record itself (source "loop") where it gets that far; else the harness writes it from
outside (source "parent"), once the process is gone.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.journal.record import Record
from harness.journal.run_kinds import INTERRUPTED_DETAIL, RunClose

BY_WORKER: Mapping[str, str] = {
    "end": "the run came to its end",
    "spin": "the worker stopped the run, because its event loop let no time pass",
    "journal": "the worker stopped the run, whose journal grew beyond its limit",
    "harness": "the worker stopped the run over an error of the harness",
}
"""What `RunClose.why` means where the worker wrote it."""

BY_HARNESS: Mapping[str, str] = {
    "end": "the run came to its end",
    "spin": "the harness ended the worker, because its event loop let no time pass",
    "cpu": "the harness ended the worker, which used CPU and let no time pass",
    "platform": "the harness ended the worker, whose fake platform used CPU and let no time pass",
    "blocked": "the harness ended the worker, which stood still",
    "memory": "the harness ended the worker, which used too much memory",
    "wall": "the harness ended the worker, which had not finished in the real time allowed",
    "files": "the harness ended the worker, which wrote more into its folder than a run may",
    "journal": "the harness ended the worker, whose journal grew beyond its limit",
    "killed": "the worker's process died",
    "exited": "the worker's process exited before the run was over",
    "harness": "the harness closed the journal, because no run came about",
    "rules": "the worker stopped the run, whose rules set each other off or did too much within one instant",
}
"""What it means where the harness wrote it."""


def said_of(closed: Record) -> str:
    """One sentence without a full stop on the end that a run.close tells of."""
    event = closed.event
    if not isinstance(event, RunClose):
        return "the journal has no run.close"
    if interrupted(closed):
        return "the harness ended the worker, because the command was interrupted"
    table = BY_HARNESS if closed.src == "parent" else {**BY_HARNESS, **BY_WORKER}
    sentence = table.get(event.why, f"the worker ended: {event.why}")
    return f"{sentence} ({event.detail})" if event.detail else sentence


def interrupted(closed: Record | None) -> bool:
    """Whether the harness ended the worker without any fault of the run: the person stopped the command, or
    the whole command had to end."""
    event = closed.event if closed is not None else None
    return isinstance(event, RunClose) and event.why == "killed" and event.detail == INTERRUPTED_DETAIL
