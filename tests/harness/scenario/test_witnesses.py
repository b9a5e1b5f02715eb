"""What comes out of the client's own calls: with a witness on the wire, or hypothetical."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.scenario.documents import DROP, OSERROR, refused, run, scenario


@pytest.mark.parametrize(
    "rule",
    [
        OSERROR,
        {"when": "seam.send", "do": {"raise": "ConnectionResetError"}},
        {"when": "seam.receive", "do": {"message": {"type": "closing"}}},
        {"when": "seam.gateway", "do": {"raise": "aiohttp.ClientConnectorError: x"}},
    ],
)
def test_an_injection_without_a_witness_must_be_called_hypothetical(rule: dict[str, Any]) -> None:
    error = refused(rules=[DROP, rule])
    assert "hypothetical: true" in error.sentence
    assert error.path == ("rules", 1)
    assert run(rules=[DROP, rule], hypothetical=True).hypothetical


@pytest.mark.parametrize(
    "rule",
    [
        {"when": "seam.receive", "do": {"message": {"type": "close", "code": 4008}}},
        {"when": "seam.receive", "do": {"message": {"type": "closed"}, "hold": "6s"}},
        {"when": "seam.gateway", "do": {"raise": "httpx.ConnectError: refused"}},
        {"when": "seam.open", "do": [{"raise": "asyncio.TimeoutError"}, "fin"]},
        {"when": "seam.open", "do": "fin"},
    ],
)
def test_an_injection_with_a_witness_is_not_hypothetical(rule: dict[str, Any]) -> None:
    assert not run(rules=[DROP, rule]).hypothetical


def test_each_run_of_a_scenario_is_hypothetical_for_itself() -> None:
    runs = scenario(variants={"wire": [], "seam": [OSERROR]}, hypothetical=True).runs
    assert [run.hypothetical for run in runs] == [False, True]
    assert [run.resolved["hypothetical"] for run in runs] == [False, True]
    assert refused(variants={"wire": [], "seam": [OSERROR]}).path == ("variants", "seam", 0)
