"""A suite of somebody else's, for a pytest of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder of somebody else's, in which warnings are errors and unknown markers are too.

    Pytester gives it a home of its own, but the releases are installed once for all.
    """
    monkeypatch.setenv("XDG_CACHE_HOME", str(CACHE))
    pytester.makeini("""
        [pytest]
        addopts = --strict-markers -p no:cacheprovider
        asyncio_default_fixture_loop_scope = function
        filterwarnings = error
    """)
    return pytester
