"""Which tests run where: each gets its kind from the folder that it lies in, and CI skips none.

tox.ini chooses by these marks; what each means stands in pyproject.toml.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator
from pathlib import Path

import pytest

HERE = Path(__file__).parent

KINDS = {
    "": "project",
    "fake_qq_server": "pure",
    "harness": "pure",
    "harness/clock": "clock",
    "harness/process": "process",
    "harness/worker": "process",
    "harness/hermes": "runs",
    "harness/hermes/fixes": "pure",
    "harness/commands": "runs",
    "harness/toxiproxy": "runs",
    "process_level": "runs",
    "harness/commands/report": "pure",
    "calibration": "runs",
    "clients": "runs",
    "regression": "runs",
    "power": "runs",
    "benchmark": "runs",
    "real_time": "runs",
    "fidelity": "runs",
    "browser": "runs",
    "hardening": "runs",
    "fuzz": "runs",
}
"""The kind of the tests in a folder and below; the deepest folder that is listed decides."""

LOAD = "load"
"""A fixture that keeps all cores busy, the mark of a test that does so, and the xdist group of all of them:
one worker runs them one after the other, so that none loads the machine of another."""

CI = "QQCHAOS_CI"
"""Set: a skipped test fails, for CI can install whatever a test wants, and property tests draw the same each
time."""

if os.environ.get(CI):
    with contextlib.suppress(ImportError):  # the oldest and the newest of what we depend on do without it
        from hypothesis import settings

        settings.register_profile("ci", derandomize=True, database=None)
        settings.load_profile("ci")


def kind_of(path: Path) -> str:
    """The kind of the tests in a file."""
    folder = path.relative_to(HERE).parent
    return next(KINDS[name] for name in (*map(str, (folder, *folder.parents)), "") if name in KINDS)


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses by the marks, and before xdist reads its groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(kind_of(item.path))
        if LOAD in getattr(item, "fixturenames", ()):
            item.add_marker(LOAD)
        if item.get_closest_marker(LOAD):
            item.add_marker(pytest.mark.xdist_group(LOAD))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if os.environ.get(CI) and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: skipped, which {CI} forbids: {report.longrepr}"
    return report
