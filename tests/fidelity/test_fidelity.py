"""Ours does what a real Toxiproxy does."""

from __future__ import annotations

import pytest

from harness.toxiproxy import server
from harness.toxiproxy.api import Api
from tests.fidelity.cases import all_cases
from tests.fidelity.comparing import compare
from tests.toxiproxy_program import built


@pytest.mark.sweep
def test_each_toxic_does_what_the_real_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    found = built()
    monkeypatch.setattr(server, "needed", lambda: found)
    with server.running() as one:
        compared = compare(Api(one.host, one.port), list(all_cases()))
    assert {each.case.name: each.differences for each in compared if each.differences} == {}
