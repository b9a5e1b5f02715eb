"""A document to change, and what becomes of it: its scenario, its only run, its names, or its mistake."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.rules.language_errors import LanguageError
from harness.scenario.document import Scenario, parse_scenario
from harness.scenario.run_spec import RunSpec

DROP = {"id": "drop", "at": "ready + 60s", "do": {"close": 4009}}
GATEWAY_500 = {"when": "http.gateway", "from": "drop", "do": {"status": 500}}
SILENCE = {"link": "ws.down", "from": "ready + 60s", "do": "silent"}
OSERROR = {"when": "seam.receive", "do": {"raise": "OSError: [Errno 5]"}}
BASE: dict[str, Any] = {
    "scenario": "exhausted",
    "story": "It goes down and stays down.",
    "issues": [14539],
    "levels": ["adapter"],
    "asks": ["flag"],
    "rules": [DROP, GATEWAY_500],
    "end": "3h",
}


def scenario(**changes: Any) -> Scenario:
    return parse_scenario({key: value for key, value in {**BASE, **changes}.items() if value is not ...})


def run(**changes: Any) -> RunSpec:
    (only,) = scenario(**changes).runs
    return only


def names(**changes: Any) -> list[str]:
    return [run.name for run in scenario(**changes).runs]


def refused(**changes: Any) -> LanguageError:
    with pytest.raises(LanguageError) as caught:
        scenario(**changes)
    assert "\n" not in caught.value.sentence
    return caught.value
