"""The Toxiproxy server that the tests use: built once, into the user's cache, as the command does."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.toxiproxy import program


@cache
def built() -> Path:
    """The program; skips the test where it cannot be built, which CI forbids."""
    try:
        return program.install(lambda line: None)
    except HarnessError as problem:
        pytest.skip(str(problem))
