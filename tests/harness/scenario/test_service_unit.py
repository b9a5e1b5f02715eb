"""`restart` in a scenario: one word, or what a unit says."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from fake_qq_server.platform.units import SECOND
from fake_qq_server.rules.language_errors import LanguageError
from harness.scenario.service_unit import HERMES, Unit, parse_unit


def test_a_word_is_a_policy_or_the_unit_of_hermes() -> None:
    assert (parse_unit("no"), parse_unit("hermes")) == (Unit("no"), HERMES)


def test_a_unit_is_read_whole() -> None:
    written = {"policy": "always", "success": [143, "SIGKILL"], "force": [75], "prevent": [78], "burst": 3,
               "interval": "1m", "pause": "5s"}  # fmt: skip
    assert parse_unit(written) == Unit(
        "always", (143, -signal.SIGKILL), (75,), (78,), 3, 60 * SECOND, 5 * SECOND
    )
    assert parse_unit({"burst": 3}) == Unit(burst=3, interval_us=10 * SECOND)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("never", "restart is hermes, no, always"),
        (["always"], "restart is hermes"),
        ({"polcy": "no"}, "did you mean policy"),
        ({"policy": False}, "policy is no, always"),
        ({"success": []}, "a list of exit codes and signals"),
        ({"force": [256]}, "256 is no number from 0 to 255"),
        ({"force": [True]}, "is no number"),
        ({"prevent": ["TERM"]}, "'TERM' is no signal"),
        ({"burst": 0}, "no number from 1"),
        ({"interval": "10s"}, "give burst too"),
        ({"burst": 5, "interval": 10}, "no unit"),
    ],
)
def test_what_makes_no_sense_is_refused(written: Any, words: str) -> None:
    with pytest.raises(LanguageError) as raised:
        parse_unit(written)
    assert words in str(raised.value)
