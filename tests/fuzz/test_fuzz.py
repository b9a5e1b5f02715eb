"""A small slice of the fuzzing, and a few of the clients that mean harm."""

from __future__ import annotations

import asyncio

import pytest

from tests.fuzz.__main__ import fuzzed
from tests.fuzz.driving import served_platform
from tests.fuzz.hostile import ATTACKS, beside
from tests.fuzz.inputs import KINDS

SLICE = 900

STOPPED = {
    "a frame of 100 MB": "MiB",
    "a message of 100 MB in fragments": "ended after",
    "a head of 100 MB, gateway": "ended after",
    "500 slow heads, control API": "372 turned away",
}
"""What becomes of some of them, whom a limit stops at once."""


@pytest.mark.parametrize("seed", [3])
def test_fuzzed_inputs_leave_a_platform_that_serves_and_complains_of_nothing(seed: int) -> None:
    with served_platform() as platform:
        fuzz = asyncio.run(fuzzed(platform.at, SLICE, seed, lambda line: None))
        assert platform.end() == (0, "")
    assert (fuzz.fell, fuzz.open.total(), set(fuzz.inputs)) == ("", 0, set(KINDS))
    assert fuzz.inputs.total() >= SLICE


@pytest.mark.parametrize("words", STOPPED)
def test_who_means_harm_is_stopped_and_costs_the_platform_no_memory(words: str) -> None:
    (one,) = (attack for attack in ATTACKS if attack.words == words)
    with served_platform() as platform:
        suffered = asyncio.run(beside(platform.at, one.attack))
        assert platform.end() == (0, "")
    assert STOPPED[words] in suffered.became
    assert suffered.memory_kib < 100 << 10
