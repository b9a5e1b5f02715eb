"""`run --replay`: a bundle's run done again, on the small correct bot, and what is said about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.commands.replay import Replay, replay_of, told_of
from harness.commands.request import RunRequest
from harness.commands.results import Judged
from harness.errors import UsageError
from harness.journal.record import Record
from harness.journal.run_kinds import FixRef
from harness.judging.outcome import judge
from harness.scenario import selection
from tests.harness import bot
from tests.harness.journals import J
from tests.harness.reporting.made import dies, passes, run_of, told, write

(HEALTHY,) = selection.by_names(["healthy"], "adapter")[:1]


def stored(tmp_path: Path, records: list[Record], **subject: Any) -> Path:
    """A folder with one run of a scenario that can be run again."""
    return write(tmp_path / "out", with_scenario(records), subject=SUBJECT | subject)


SUBJECT = {"version": "0.19.0", "python": "3.12.1", "source": "release"}


def with_scenario(records: list[Record], **opened: Any) -> list[Record]:
    return told(records, scenario=dict(HEALTHY.resolved), **opened)


def done(records: list[Record]) -> Judged:
    outcome = judge(records, "x")
    return Judged(outcome.scenario, outcome.level, outcome, tuple(records), Path("x"), None)


def test_what_the_command_line_does_not_say_the_bundle_does(tmp_path: Path) -> None:
    records = with_scenario(dies(), fix=FixRef("reference", "named", "00"), seed=7)
    folder = write(tmp_path / "out", records, subject=SUBJECT)
    found = replay_of(folder, RunRequest())
    assert found.spec.name == HEALTHY.name and found.level == "adapter"
    asked = found.request
    assert (asked.hermes, asked.python, asked.fix, asked.seed) == ("0.19.0", "3.12", "reference", 7)
    own = replay_of(folder, RunRequest(hermes="0.16.0", fix="inline-final", seed=3)).request
    assert (own.hermes, own.python, own.fix, own.seed) == ("0.16.0", None, "inline-final", 3)


def test_somebodys_checkout_and_patch_must_be_named(tmp_path: Path) -> None:
    folder = stored(tmp_path, dies(), source="path")
    with pytest.raises(UsageError, match="of somebody's checkout; name yours with --hermes"):
        replay_of(folder, RunRequest())
    patched = write(
        tmp_path / "patched", with_scenario(dies(), fix=FixRef("my.patch", "patch", "00")), subject=SUBJECT
    )
    with pytest.raises(UsageError, match=r"with a patch, my\.patch; name it with --with-fix"):
        replay_of(patched, RunRequest())


def test_what_is_no_bundle_and_what_cannot_be_run_is_one_sentence(tmp_path: Path) -> None:
    folder = stored(tmp_path, dies())
    (folder / "runs/story.a.jsonl").unlink()
    with pytest.raises(UsageError, match="has one run and its journal"):
        replay_of(folder, RunRequest())
    with pytest.raises(UsageError, match="this version cannot run its scenario: "):
        replay_of(
            write(tmp_path / "old", told(dies(), scenario={"name": "x"}), subject=SUBJECT), RunRequest()
        )


def replayed(records: list[Record]) -> Replay:
    return Replay(run_of(records), HEALTHY, RunRequest())


def test_the_same_digest_is_the_same_run() -> None:
    (line,) = told_of(replayed(dies()), [done(dies())])
    assert line == "the same as in the bundle: every record, to the microsecond"


def test_another_run_is_told_with_its_first_difference_and_what_may_be_why() -> None:
    now = told(J(asks=["connects"]).up().loses(t=20).done(3600), "0.20.0")
    line, why = told_of(replayed(passes()), [done(now)])
    assert line.startswith("not the same as in the bundle: PASS ")
    assert line.endswith("; they part 0:00:20.000 into the run")
    assert why == "  version: 0.19.0 there, 0.20.0 here"


def test_a_run_that_did_not_run_is_not_compared() -> None:
    assert told_of(replayed(dies()), [replace(done(dies()), outcome=None)]) == []


def test_a_run_comes_out_of_its_bundle_the_same_to_the_microsecond(tmp_path: Path) -> None:
    out = ["--out", str(tmp_path / "one")]
    assert bot.qqchaos("run", "healthy", *bot.on(), *out).returncode == 0
    bundle = tmp_path / "b.zip"
    packed = bot.qqchaos("bundle", "healthy", "--from", tmp_path / "one", "--out", bundle)
    assert packed.returncode == 0, packed.stderr
    again = bot.qqchaos("run", "--replay", bundle, *bot.on(), "--out", tmp_path / "two")
    assert (again.returncode, again.stdout.splitlines()[-1]) == (
        0, "the same as in the bundle: every record, to the microsecond",
    )  # fmt: skip


def test_no_other_run_can_be_chosen_with_it(tmp_path: Path) -> None:
    refused = bot.qqchaos("run", "healthy", "--replay", tmp_path / "b.zip")
    assert refused.returncode == 2 and "no other can be chosen with it" in refused.stderr
