"""`qq_run` and `assert_passes`, with known results and without, in a suite of somebody else's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from harness.comparing.baseline import Baseline
from harness.comparing.changes import Change
from harness.comparing.rows import Row
from harness.pytest_plugin import QQRun, assert_passes

pytest_plugins = ["pytester"]

FAILS_AS_SHIPPED = """
    from harness.pytest_plugin import assert_passes

    def test_shipped(qq_run):
        run = qq_run("receive-raises", hermes="0.19.0")
        assert (run.verdict, run.ending, run.checks["flag"]) == ("fail", "silent-death", "fail")
        assert_passes(run, "connects")
        assert_passes(run, "flag")

    def test_fixed(qq_run):
        assert_passes(qq_run("receive-raises", hermes="0.19.0", fix="reference"))
"""


@pytest.mark.release
def test_a_run_that_fails_fails_the_test_with_its_whole_story(suite: pytest.Pytester) -> None:
    suite.makepyfile(FAILS_AS_SHIPPED)
    result = suite.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["receive-raises: flag fail", "*ending   silent-death*", "*1 failed, 1 passed*"]
    )


@pytest.mark.release
def test_a_test_that_awaits_may_do_a_run(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import asyncio, pytest
        from harness.pytest_plugin import assert_passes

        @pytest.mark.asyncio
        async def test_beside_a_loop(qq_run):
            run = await asyncio.to_thread(qq_run, "healthy", hermes="0.19.0")
            assert_passes(run)
    """)
    suite.runpytest_subprocess().assert_outcomes(passed=1)


def test_what_names_several_runs_is_refused(suite: pytest.Pytester) -> None:
    suite.makepyfile("def test_x(qq_run): qq_run('endless-4008')")
    suite.runpytest_subprocess().stdout.fnmatch_lines(["*endless-4008 stands for 3 runs; name one of *"])


# -- beside known results

BAD, GOOD = Row("fail", "silent-death", 100, ("flag",)), Row("pass", "fatal-notified", 100)
WORSE = Row("fail", "silent-death", 100, ("flag", "notified"))

EVERY_RUN = """
    import pytest
    from harness.pytest_plugin import assert_passes

    @pytest.mark.qq_scenarios("receive-raises", "healthy")
    def test_each(qq_run, qq_scenario):
        assert_passes(qq_run(qq_scenario, hermes="0.19.0"))
"""


def ran(now: Row, change: Change | None) -> QQRun:
    checks = [SimpleNamespace(name=name, state="fail") for name in now.failed]
    outcome: Any = SimpleNamespace(scenario="x", verdict=now.verdict, checks=checks)
    return QQRun(outcome, ("the story",), change)


@pytest.mark.parametrize(
    ("before", "now"), [(BAD, BAD), (BAD, GOOD), (WORSE, BAD), (GOOD, GOOD), (None, GOOD)]
)
def test_what_is_as_known_or_better_passes(before: Row | None, now: Row) -> None:
    assert_passes(ran(now, Change("x", "adapter", before, now)))


@pytest.mark.parametrize(
    ("before", "now", "why"),
    [
        (GOOD, BAD, r"x: worse, PASS fatal-notified, .* → .*FAIL silent-death, .*\(flag\)\nthe story"),
        (BAD, WORSE, r"x: worse, FAIL .*\(flag\)  →  FAIL .*\(flag, notified\)"),
        (None, BAD, "x: fail\nthe story"),
    ],
)
def test_what_is_worse_or_fails_and_is_not_known_fails(before: Row | None, now: Row, why: str) -> None:
    with pytest.raises(pytest.fail.Exception, match=why):
        assert_passes(ran(now, Change("x", "adapter", before, now)))


def test_a_check_that_is_named_has_to_pass_whatever_is_known() -> None:
    with pytest.raises(pytest.fail.Exception, match="x: flag fail"):
        assert_passes(ran(BAD, Change("x", "adapter", BAD, BAD)), "flag")


@pytest.mark.release
def test_with_known_results_only_what_is_worse_fails(suite: pytest.Pytester) -> None:
    suite.makepyfile(EVERY_RUN)
    result = suite.runpytest_subprocess("--qqchaos-baseline", "0.19.0")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["* beside the known results of 0.19.0 *", "2 as known"])


@pytest.mark.release
def test_a_file_of_known_results_is_told_where_a_run_is_worse(suite: pytest.Pytester) -> None:
    mine = Baseline("hermes-agent fork", "adapter", None, {"receive-raises": GOOD})
    (suite.path / "mine.json").write_text(mine.as_text(), encoding="utf-8")
    suite.makepyfile(EVERY_RUN)
    result = suite.runpytest_subprocess("--qqchaos-baseline", "mine.json")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "receive-raises: worse, PASS fatal-notified, 100 attempts *→*FAIL silent-death, 100 *",
            "  known    PASS fatal-notified, 100 attempts, of hermes-agent fork",
            "* beside the known results of mine.json *",
            "worse      receive-raises  PASS fatal-notified, 100 attempts *→*FAIL silent-death, 100 *",
            "new        healthy  PASS undisturbed, 0 attempts",
            "1 worse, 1 new",
        ]
    )


def test_known_results_that_there_are_not_are_one_sentence(suite: pytest.Pytester) -> None:
    suite.makepyfile("def test_x(qq_run): qq_run('healthy', hermes='0.19.0')")
    result = suite.runpytest_subprocess("--qqchaos-baseline", "nope.json")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*UsageError: *baseline nope.json: neither a file nor a release"])
