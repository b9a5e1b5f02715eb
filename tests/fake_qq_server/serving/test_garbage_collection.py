"""Garbage is looked for rarely while a process serves, and as before afterwards."""

from __future__ import annotations

import gc

from fake_qq_server.serving.garbage_collection import THRESHOLDS, rare_collections


def test_thresholds_are_higher_meanwhile_only() -> None:
    before = gc.get_threshold()
    with rare_collections():
        assert gc.get_threshold() == THRESHOLDS
    assert gc.get_threshold() == before
