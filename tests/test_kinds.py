"""Which tests run where: the table in conftest.py, and what becomes of a skipped test in CI."""

from __future__ import annotations

import pytest

from tests.conftest import CI, HERE, KINDS, LOAD, kind_of, pytest_runtest_makereport


def test_every_folder_in_the_table_of_kinds_exists() -> None:
    assert [name for name in KINDS if not (HERE / name).is_dir()] == []


def test_every_kind_is_a_mark_that_pyproject_explains(pytestconfig: pytest.Config) -> None:
    marks = {line.partition(":")[0] for line in pytestconfig.getini("markers")}
    assert {*KINDS.values(), LOAD} <= marks


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("test_docs.py", "project"),
        ("harness/test_cli.py", "pure"),
        ("harness/clock/test_times.py", "clock"),
        ("harness/commands/report/test_lines.py", "pure"),
        ("harness/judging/checks/test_back.py", "pure"),
        ("regression/test_smoke.py", "runs"),
    ],
)
def test_the_deepest_folder_that_is_listed_gives_a_test_its_kind(file: str, kind: str) -> None:
    assert kind_of(HERE / file) == kind


@pytest.mark.parametrize(("value", "outcome"), [("", "skipped"), ("1", "failed")])
def test_a_skipped_test_fails_in_ci(
    value: str, outcome: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CI, value)
    skip = ("test_x.py", 1, "Skipped: no such tool")
    hook = pytest_runtest_makereport(request.node)
    next(hook)
    with pytest.raises(StopIteration) as done:
        hook.send(pytest.TestReport("x", ("test_x.py", 1, "x"), {}, "skipped", skip, "call"))
    assert done.value.value.outcome == outcome
    assert "no such tool" in str(done.value.value.longrepr)


@pytest.mark.xdist_group("kinds")
def test_xdist_keeps_the_tests_of_a_group_together(request: pytest.FixtureRequest) -> None:
    """It tells its scheduler by the end of the name; where it stopped doing so nothing else would fail."""
    distributed = hasattr(request.config, "workerinput")
    assert request.node.nodeid.endswith("@kinds") == distributed
