"""The correct bot with a peculiarity that is no defect passes all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.calibration.bench import Bench, told
from tests.calibration.saboteurs import ADAPTER, RULES, Change, build

EVERY = "                await asyncio.sleep(0.8 * self._interval)\n"
RUNS = ("calibration-calm", "calibration-dead-peer", "calibration-no-acks", "calibration-exhausted")

SOUND = {
    "beats at once and then every 30 s, as botpy does": (
        Change(ADAPTER, EVERY, ""),
        Change(
            ADAPTER,
            "                await self._send(1, self._seq)\n",
            "                await self._send(1, self._seq)\n                await asyncio.sleep(30)\n",
        ),
    ),
    "beats exactly once an interval, and leaves at the first missing ACK, as satori does": (
        Change(ADAPTER, EVERY, "                await asyncio.sleep(self._interval)\n"),
        Change(RULES, "MISSED_ACKS = 2\n", "MISSED_ACKS = 1\n"),
    ),
    "gives up after a quarter of an hour": (Change(RULES, "MOST_ATTEMPTS = 100\n", "MOST_ATTEMPTS = 20\n"),),
}
"""By what it does."""


@pytest.mark.parametrize("does", SOUND)
def test_a_sound_peculiarity_passes(bench: Bench, tmp_path: Path, does: str) -> None:
    for outcome in bench.run(build(SOUND[does], tmp_path / "bot"), RUNS).values():
        assert outcome.verdict == "pass", told(outcome)
