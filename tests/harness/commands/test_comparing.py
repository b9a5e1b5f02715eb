"""`diff`, `merge` and `run --baseline`: what is printed, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness import cli
from harness.comparing import baseline
from harness.comparing.baseline import Baseline
from harness.comparing.rows import Row
from tests.harness.comparing.test_outcomes import outcome, written

WELL = {"verdict": "pass", "ending": "recovered", "checks": []}


def test_a_diff_tells_what_is_worse_and_exits_with_1_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = written(tmp_path / "old", outcome(**WELL), outcome(scenario="other"))
    new = written(tmp_path / "new", outcome(), outcome(scenario="other", **WELL))
    assert cli.main(["diff", str(old), str(new)]) == 1
    assert [line.split("  ")[0].strip() for line in capsys.readouterr().out.splitlines()] == [
        "worse", "better", "1 worse, 1 better",
    ]  # fmt: skip


def test_a_diff_in_which_nothing_is_worse_exits_with_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = written(tmp_path / "old", outcome()), written(tmp_path / "new", outcome(**WELL))
    assert cli.main(["diff", str(old), str(new), "--json"]) == 0
    (change,) = json.loads(capsys.readouterr().out)
    assert (change["change"], change["before"]["verdict"], change["now"]["verdict"]) == (
        "better",
        "fail",
        "pass",
    )


def test_a_merge_is_one_table_and_one_outcome_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older = {"version": "0.13.0", "python": "3.11.0"}
    one = written(tmp_path / "one", outcome())
    other = written(tmp_path / "other", outcome(subject=older, **WELL))
    assert cli.main(["merge", str(one), str(other), "--markdown", "--out", str(tmp_path / "all")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "| run | 0.13.0 | 0.19.0 |"
    assert said[2] == "| `exhausted/refused` | PASS recovered, 100 | FAIL silent-death, 100 |"
    assert "- Pythons 3.11, 3.12 agree about every run" in said
    assert len(json.loads((tmp_path / "all/outcome.json").read_text())["outcomes"]) == 2


def test_a_merge_in_which_pythons_disagree_exits_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = outcome(subject={"version": "0.19.0", "python": "3.11.9"}, **WELL)
    both = written(tmp_path, outcome(), other)
    assert cli.main(["merge", str(both)]) == 1
    assert "Pythons 3.11, 3.12 do not agree" in capsys.readouterr().out


@pytest.mark.release
class TestBaseline:
    """`run --baseline FILE` on a release."""

    @pytest.mark.parametrize(
        ("known", "words", "status", "told"),
        [
            ({"healthy": Row("pass", "undisturbed", 0)}, [], 0, "1 as known"),
            ({"healthy": Row("fail", "deaf", 0, ("awake",))}, [], 0, "1 better"),
            ({"healthy": Row("fail", "deaf", 0, ("awake",))}, ["--strict"], 1, "1 better"),
            ({"other": Row("pass", "undisturbed", 0)}, [], 0, "1 new"),
            ({"healthy": Row("pass", "undisturbed", 0)}, ["--with-fix", "{patch}"], 1, "1 worse"),
        ],
    )
    def test_only_what_is_worse_ends_with_1_unless_it_is_strict(
        self,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        known: dict[str, Row],
        words: list[str],
        status: int,
        told: str,
    ) -> None:
        file = tmp_path / "mine.json"
        file.write_text(Baseline("hermes-agent 0.19.0", "adapter", None, known).as_text(), encoding="utf-8")
        patch = tmp_path / "change.patch"
        patch.write_text(NO_HEARTBEAT, encoding="utf-8")
        words = [word.format(patch=patch) for word in words]
        run = ["run", "healthy", "--hermes", "0.19.0", "--baseline", str(file), "--out", str(tmp_path)]
        assert cli.main([*run, *words]) == status
        assert capsys.readouterr().out.splitlines()[-1] == told


NO_HEARTBEAT = """\
--- a/gateway/platforms/qqbot/adapter.py
+++ b/gateway/platforms/qqbot/adapter.py
@@ -726 +726 @@
-                    await self._ws.send_json({"op": 1, "d": self._last_seq})
+                    await self._ws.send_json({"op": 1, "d": None})
"""


def test_the_shipped_results_are_found_by_release_and_level() -> None:
    for level in ("adapter", "runner"):
        assert baseline.find("0.19.0", level, None).note == ""
