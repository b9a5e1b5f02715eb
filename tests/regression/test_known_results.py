"""Every run of the catalogue on a released hermes-agent ends as it is known to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.regression import known

RELEASES = os.environ.get("QQCHAOS_TEST_HERMES", "0.19.0").split(",")


pytestmark = pytest.mark.hermes


@pytest.fixture(scope="module", params=RELEASES)
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    release: str = request.param
    out: Path = tmp_path_factory.mktemp(release)
    return known.read(release), known.measure(release, out)


def test_every_run_ends_as_known(results: Any) -> None:
    before, now = results
    assert {name: row for name, row in now.items() if row != before.get(name)} == {}


def test_no_known_run_is_missing(results: Any) -> None:
    before, now = results
    assert set(before) == set(now)


def test_nothing_is_unclassified_or_failed_by_the_instrument(results: Any) -> None:
    _, now = results
    endings = {row["ending"] for row in now.values()}
    assert not endings & {"unclassified", "instrument-failed"}


def test_the_page_says_what_the_files_say() -> None:
    assert known.DOCUMENT.read_text(encoding="utf-8") == known.page()
