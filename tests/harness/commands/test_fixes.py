"""`fixes`: what it takes, what it measures beside the releases, and what the reference fix achieves."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import main
from harness.commands.arguments import parse
from harness.commands.fix_table import Row, row
from harness.commands.fixes import _subjects, command_line
from harness.commands.series import Series
from harness.hermes import environments, fixes, releases
from harness.scenario import selection

NEVER, ENDS = "exhausted/gateway-500", "exhausted/gateway-500+heals-20m-after-gaveup-or-3h"


class TestWhatItTakes:
    def test_the_command_above_a_table_makes_that_table_again(self) -> None:
        _, request = parse(["fixes", "14539", "--with-fix", "a b.patch", "--markdown", "-j", "2"])
        again = "qqchaos fixes 14539 --hermes 0.16.0 --with-fix 'a b.patch' --markdown"
        assert command_line(request, "0.16.0") == again

    def test_a_checkout_alone_is_measured_beside_the_default_release(self, tmp_path: Path) -> None:
        assert _subjects([str(tmp_path)]) == [releases.DEFAULT, str(tmp_path)]

    def test_releases_are_measured_as_they_are_named(self, tmp_path: Path) -> None:
        assert _subjects([]) == [None]
        assert _subjects(["0.16.0", "0.16.0", str(tmp_path)]) == ["0.16.0", str(tmp_path)]

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            (["fixes", "1"], "no scenario shows issue 1"),
            (["fixes", "x"], "x is not an issue"),
            (["fixes", "21073"], "no scenario shows issue 21073|has no scenario whose outage both ends"),
        ],
    )
    def test_an_issue_without_an_outage_is_wrong_usage(
        self, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        assert main([*words, "--out", str(tmp_path)]) == 2
        said = capsys.readouterr().err
        assert any(part in said for part in sentence.split("|"))

    def test_a_fix_that_does_not_exist_is_wrong_usage(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            environments, "resolve", lambda *_, **__: pytest.fail("nothing is to be installed")
        )
        assert main(["fixes", "14539", "--with-fix", "detatched", "--out", str(tmp_path)]) == 2
        assert "neither a file nor one of" in capsys.readouterr().err


def measured(release: str, fix: str, runs: list[str], out: Path) -> list[Row]:
    found = environments.resolve(release)
    series = Series(found, out, level="runner", fix=fixes.choose(fix, found), jobs=2)
    done = series.run(selection.by_names(runs, "runner"), lambda judged: None)
    return [row(fix, one.outcome, one.records, "+" in one.name) for one in done if one.outcome]


@pytest.mark.release
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
