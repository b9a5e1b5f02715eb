"""One run of the real program, from the command to the verdict; on a busy machine it may be UNKNOWN."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness import cli
from harness.journal.process_kinds import ProcService
from harness.journal.record import Record, parse
from harness.journal.run_kinds import ProcExit, SubjAttempt
from harness.program import faketime, supervisor

SCENARIO = """
scenario: short-outage
story: The link drops, reconnects fail, and the program is stopped before its attempts run out.
issues: []
levels: [process]
asks: [truthful, stays, stops]
rules:
  - {{id: drop, at: ready + 5s, do: {{close: 4009}}}}
  - {{when: http.gateway, from: drop, do: {{status: 500}}}}
end: {end}
"""

pytestmark = [pytest.mark.release, pytest.mark.load]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], list[Record]]:
    """The run's outcome and its journal: twenty minutes, or in real time forty seconds."""
    folder, scaled = tmp_path_factory.mktemp("program"), faketime.find() is not None
    file = folder / "short.yaml"
    file.write_text(SCENARIO.format(end="20m" if scaled else "40s"), encoding="utf-8")
    words = ["run", str(file), "--level", "process", "--hermes", "0.19.0", "--out", str(folder / "out")]
    cli.main(words + ([] if scaled else ["--speed", "1"]))
    outcome = json.loads((folder / "out/outcome.json").read_text(encoding="utf-8"))["outcomes"][0]
    return outcome, parse((folder / "out" / outcome["journal"]).read_text(encoding="utf-8"))


def test_the_program_stays_and_stops_or_nothing_is_said(done: tuple[dict[str, Any], list[Record]]) -> None:
    outcome, _ = done
    assert outcome["verdict"] in ("pass", "unknown"), outcome["checks"]


def test_what_the_program_did_is_in_the_journal(done: tuple[dict[str, Any], list[Record]]) -> None:
    _, records = done
    assert any(isinstance(record.event, SubjAttempt) for record in records)
    assert any(isinstance(record.event, ProcExit) and record.event.code == 1 for record in records)


def test_a_systemd_kept_it_where_one_can_be_had(done: tuple[dict[str, Any], list[Record]]) -> None:
    _, records = done
    service = next(record.event for record in records if isinstance(record.event, ProcService))
    assert (service.name == "systemd") == (supervisor.no_systemd() is None), service.detail
