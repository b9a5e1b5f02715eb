"""The laboratory's command: what it takes, what it measures beside the releases, and the reference fix."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import main, parser
from harness.commands.fix_runs import Bench
from harness.commands.fix_table import AS_SHIPPED, Row, stories
from harness.commands.fixes import _subjects, command
from harness.commands.series import Judged, Series
from harness.hermes import environments, fixes, releases
from harness.scenario import selection

NEVER, ENDS = "exhausted/gateway-500", "exhausted/gateway-500+heals-2h"


class TestWhatItTakes:
    def test_the_command_that_stands_above_a_table(self) -> None:
        args = parser().parse_args(["fixes", "14539", "--with-fix", "a b.patch", "--markdown", "-j", "2"])
        assert (
            command(args, "0.16.0") == "qqchaos fixes 14539 --hermes 0.16.0 --with-fix 'a b.patch' --markdown"
        )

    def test_a_checkout_alone_is_laid_beside_the_default_release(self, tmp_path: Path) -> None:
        assert _subjects([str(tmp_path)]) == [releases.DEFAULT, str(tmp_path)]

    def test_releases_are_taken_as_they_are(self, tmp_path: Path) -> None:
        assert _subjects([]) == [None]
        assert _subjects(["0.16.0", "0.16.0", str(tmp_path)]) == ["0.16.0", str(tmp_path)]

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            (["fixes", "1"], "no scenario shows issue 1"),
            (["fixes", "x"], "x is no issue"),
            (["fixes", "21073"], "no scenario shows issue 21073|no outage that is told with and without"),
        ],
    )
    def test_another_issue_is_wrong_usage(
        self, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        assert main([*words, "--out", str(tmp_path)]) == 2
        said = capsys.readouterr().err
        assert any(part in said for part in sentence.split("|"))

    def test_a_fix_that_is_none_is_wrong_usage(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            environments, "resolve", lambda *_, **__: pytest.fail("nothing is to be installed")
        )
        assert main(["fixes", "14539", "--with-fix", "detatched", "--out", str(tmp_path)]) == 2
        assert "neither a file nor one of" in capsys.readouterr().err


def ignore(place: str, judged: Judged) -> None:
    del place, judged


@pytest.mark.hermes
def test_a_checkout_is_a_row_and_a_patch_that_does_not_apply_is_a_gap(tmp_path: Path) -> None:
    patch = tmp_path / "change.patch"
    patch.write_text("--- a/gateway/run.py\n+++ b/gateway/run.py\n@@ -1 +1 @@\n-no such line\n+other\n")
    found = environments.resolve("0.19.0")
    told = [one for one in stories(selection.by_issue("14539", "runner")) if one.name == NEVER]
    with Bench(found, tmp_path / "out", jobs=2, told=ignore) as bench:
        section = bench.measure(told, [str(patch)], "qqchaos fixes")
    (gap,) = section.gaps
    assert gap.fix == str(patch) and "the hunk does not apply" in gap.why
    (block,) = section.blocks
    assert [(row.fix, row.level, row.ends) for row in block.rows] == [
        (AS_SHIPPED, level, ends) for level in ("adapter", "runner") for ends in (False, True)
    ]
    document = json.loads((tmp_path / "out/outcome.json").read_text())
    for outcome in document["outcomes"]:
        assert (tmp_path / "out" / outcome["journal"]).is_file()


def measured(release: str, fix: str, runs: list[str], out: Path) -> list[Row]:
    from harness.commands.fix_table import row

    found = environments.resolve(release)
    series = Series(found, out, level="runner", fix=fixes.choose(fix, found), jobs=2)
    done = series.run(selection.by_names(runs, "runner"), lambda judged: None)
    return [row(fix, one.outcome, one.records, "+" in one.name) for one in done if one.outcome]


@pytest.mark.hermes
@pytest.mark.parametrize("release", ["0.16.0", "0.18.2"])
def test_the_reference_brings_the_bot_back_where_no_other_fix_gets_that_far(
    release: str, tmp_path: Path
) -> None:
    never, ends = measured(release, "reference", [NEVER, ENDS], tmp_path / "reference")
    assert (never.verdict, never.flag, never.calls, never.finished) == ("pass", "retryable", 1, "ok")
    assert (never.queue, ends.verdict, ends.back) == ("queued", "pass", "after")
    assert ends.back_us is not None and ends.back_us <= 310_000_000  # the watcher looks every 300 s at least
    (detached,) = measured(release, "detached", [NEVER], tmp_path / "detached")
    assert detached.gave_up_us is None
    assert detached.verdict != "pass"
