"""The table of the matrix: Pythons by releases, what each cell's runs did, beside what is known of them.

tox run-parallel -m matrix                                        measure; the cells lie in .qqchaos/matrix
python -m tests.regression.matrix .qqchaos/matrix > table.md      the table, as Markdown
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from harness.comparing.changes import totals
from harness.comparing.outcomes import Ran, read_outcomes
from tests.regression.known import changes_of, releases_known

PYTHONS = ("3.11", "3.12", "3.13")


def table(runs: Sequence[Ran]) -> list[str]:
    """A row a release, a column a Python; `-` where a cell was not measured."""
    cells: dict[tuple[str, str], list[Ran]] = defaultdict(list)
    for ran in runs:
        cells[ran.version, ran.python].append(ran)
    rows = [["release", *(f"Python {python}" for python in PYTHONS)], ["---"] * (len(PYTHONS) + 1)]
    rows += [[release, *(cell(cells[release, python]) for python in PYTHONS)] for release in releases_known()]
    return [f"| {' | '.join(row)} |" for row in rows]


def cell(runs: Sequence[Ran]) -> str:
    """`101 FAIL, 118 PASS; 219 as known`."""
    if not runs:
        return "-"
    verdicts = Counter(ran.row.verdict.upper() for ran in runs)
    counted = ", ".join(f"{number} {verdict}" for verdict, number in sorted(verdicts.items()))
    return f"{counted}; {totals(change for ran in runs for change in changes_of(ran))}"


def main(folders: Sequence[str]) -> int:
    """Print the table of all cells below these folders."""
    found = sorted(path for folder in folders for path in Path(folder).rglob("outcome.json"))
    print("\n".join(table([ran for path in found for ran in read_outcomes(path)])))
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
