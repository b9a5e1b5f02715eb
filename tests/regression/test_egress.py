"""Nothing leaves the machine: what the audit hook refuses in a run of the gateway is in docs/runner.md.

python -m tests.regression.test_egress [0.19.0 ...]       measure all releases and write that table
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.commands.series import Series
from harness.hermes import environments
from harness.hermes.releases import KNOWN
from harness.journal.run_kinds import SubjEgress, SubjMessage
from harness.scenario.loading import load_text
from harness.scenario.run_spec import RunSpec
from tests.regression.known import Known

PAGE = Path(__file__).resolve().parents[2] / "docs/runner.md"
RELEASES = os.environ.get("QQCHAOS_TEST_HERMES", "0.19.0").split(",")
NOT_SERVED = ("0.17.0", "0.18.0", "0.18.1", "0.18.2")
"""Their gateways end, or never connect: no message reaches the bot there."""

RUN = """
scenario: egress
story: Nothing goes wrong, and one message comes.
issues: []
levels: [runner]
asks: [connects, stops]
rules:
  - {at: ready + 60s, do: {dispatch: C2C_MESSAGE_CREATE}}
end: 30m
"""


PURPOSES = {
    ("subprocess", "file"): "Python's `platform` module asks it about the interpreter",
    ("subprocess", "timeout"): "a diagnosis of who stopped it, at the stop",
}
_TABLE = re.compile(r"(<!-- refused -->\n).*?(<!-- end -->)", re.DOTALL)

_ROW = re.compile(r"^\| ([\d.]+) \| (?:(\w+) `([^`]+)`|nothing) \|", re.MULTILINE)
NOTHING = "| {} | nothing | its gateway ends a second after its start |"

Refused = set[tuple[str, str]]
"""What was tried (connect, lookup, subprocess), and the address, name or program."""


def table() -> dict[str, Refused]:
    """What the page lists, by release."""
    part = _TABLE.search(PAGE.read_text(encoding="utf-8"))
    found: dict[str, Refused] = {}
    for release, what, target in _ROW.findall(part[0] if part else ""):
        found.setdefault(release, set()).update({(what, target)} if what else ())
    return found


def refused(release: str, out: Path, runs: Sequence[RunSpec] = ()) -> Refused:
    """What these runs were refused; without any, one without faults and with a message."""
    specs = runs or load_text(RUN)[0].runs
    judged = Series(environments.resolve(release), out, "runner", jobs=2).run(specs, lambda one: None)
    records = [record for one in judged for record in one.records]
    assert any(isinstance(one.event, SubjMessage) for one in records) or release in NOT_SERVED
    return {(one.event.what, one.event.target) for one in records if isinstance(one.event, SubjEgress)}


@pytest.mark.release
@pytest.mark.sweep
@pytest.mark.parametrize("release", RELEASES)
def test_what_a_gateway_is_refused_is_what_the_page_lists(release: str, tmp_path: Path) -> None:
    assert refused(release, tmp_path) == table()[release]


@pytest.mark.release
@pytest.mark.sweep
@pytest.mark.slow
@pytest.mark.parametrize("release", RELEASES)
def test_the_whole_catalogue_is_refused_nothing_more(release: str, tmp_path: Path) -> None:
    assert refused(release, tmp_path, Known(release, "runner").runs()) == table()[release]


def test_the_page_lists_every_release() -> None:
    assert set(table()) == set(KNOWN)


def main(releases: Sequence[str]) -> None:
    """Measure, and write the page's table."""
    found = table()
    for release in releases or KNOWN:
        with tempfile.TemporaryDirectory() as out:
            found[release] = refused(release, Path(out))
    rows: list[str] = []
    for release in KNOWN:
        rows += [
            f"| {release} | {what} `{target}` | {PURPOSES.get((what, target), '?')} |"
            for what, target in sorted(found.get(release, ()))
        ] or [NOTHING.format(release)]
    lines = "\n".join(["| hermes-agent | refused | what it is for |", "|---|---|---|", *rows])
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_TABLE.sub(lambda match: f"{match[1]}{lines}\n{match[2]}", page), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
