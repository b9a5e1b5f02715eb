"""Releases from PyPI, installed once and then taken from the cache: the first time needs the network."""

from __future__ import annotations

import pytest

from harness.hermes.environments import resolve
from tests.harness.hermes.fake_index import forbid_processes


@pytest.mark.release
@pytest.mark.parametrize(
    ("release", "aiohttp"), [("0.13.0", "3.13.3"), ("0.16.0", "3.13.3"), ("0.19.0", "3.14.1")]
)
def test_a_release_from_pypi_is_installed_with_the_aiohttp_that_it_pins_and_then_kept(
    release: str, aiohttp: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = resolve(release)
    assert (found.version, found.aiohttp, found.layout.name) == (release, aiohttp, "A")
    forbid_processes(monkeypatch)
    assert resolve(release) == found
