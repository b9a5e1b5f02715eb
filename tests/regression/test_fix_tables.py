"""The tables in docs/fixes/ are what `qqchaos fixes` measures; `python -m tests.regression.test_fix_tables`
writes them all anew (two minutes a release on one core)."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from pathlib import Path

import pytest

from harness.cli import main
from harness.commands.report.fix_tables import HEAD, LEGEND
from harness.comparing.outcomes import AS_SHIPPED
from harness.hermes.fixes.table import FIXES
from harness.hermes.releases import DEFAULT, KNOWN
from harness.scenario.vocabulary import LEVELS_DRIVEN

FOLDER = Path(__file__).resolve().parents[2] / "docs/fixes"


def page(release: str) -> Path:
    return FOLDER / f"{release}.md"


def measured(release: str, out: Path, jobs: int = 2) -> str:
    """The page that the command writes, now."""
    written = io.StringIO()
    words = ["fixes", "14539", "--hermes", release, "--markdown", "-j", str(jobs), "--out", str(out)]
    with contextlib.redirect_stdout(written):
        assert main(words) == 0
    return written.getvalue()


def rows(release: str) -> list[dict[str, str]]:
    """The rows of the first table of a page: the outage that comes to a give-up."""
    text = page(release).read_text(encoding="utf-8").partition("## Outage")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert lines[0] == f"| {' | '.join(HEAD)} |"
    return [dict(zip(HEAD, re.split(r" \| ", line.strip("| ")), strict=True)) for line in lines[1:]]


@pytest.mark.parametrize("release", KNOWN)
def test_the_table_of_a_release_has_every_fix_at_every_level(release: str) -> None:
    found = {(row["fix"], row["level"], row["outage"]) for row in rows(release)}
    wanted = {
        (fix, level, outage)
        for fix in (AS_SHIPPED, *FIXES)
        for level in LEVELS_DRIVEN
        for outage in ("never ends", "ends")
    }
    assert found == wanted
    text = page(release).read_text(encoding="utf-8")
    assert f"$ qqchaos fixes 14539 --hermes {release} --markdown\n" in text
    assert "not measured" not in text
    assert all(f"- {line}\n" in f"{text}\n" for line in LEGEND)
    until = "20m after the give-up, at 3h at the latest"
    assert re.findall(rf"^## Outage: .*, for ever or until {until}$", text, re.MULTILINE)


@pytest.mark.release
@pytest.mark.sweep
def test_the_newest_table_is_what_is_measured(tmp_path: Path) -> None:
    assert measured(DEFAULT, tmp_path) == page(DEFAULT).read_text(encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:] or KNOWN:
        page(name).write_text(measured(name, Path(".qqchaos/fixes")), encoding="utf-8")
        print(page(name))
