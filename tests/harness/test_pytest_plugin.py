"""The pytest plugin: what a suite of somebody else's gets from it, in a pytest of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")

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


@pytest.mark.release
def test_a_run_that_fails_fails_the_test_with_its_whole_story(suite: pytest.Pytester) -> None:
    suite.makepyfile(FAILS_AS_SHIPPED)
    result = suite.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["receive-raises: flag fail", "*ending   silent-death*", "*1 failed, 1 passed*"]
    )


def test_a_marked_test_runs_once_for_each_run_of_the_scenarios(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import pytest

        @pytest.mark.qq_scenarios("endless-4008", "healthy")
        def test_each(qq_scenario):
            assert qq_scenario.partition("+")[0] in {"endless-4008", "healthy"}
    """)
    suite.runpytest_subprocess().assert_outcomes(passed=4)


@pytest.mark.parametrize(
    ("mark", "argument", "why"),
    [
        ('"nope"', "qq_scenario", "*there is no scenario nope*"),
        ('"healthy"', "other", "*has no argument qq_scenario for its qq_scenarios*"),
        ('"healthy", depth=3', "qq_scenario", "*qq_scenarios has no depth*"),
    ],
)
def test_a_wrong_marker_is_one_sentence(suite: pytest.Pytester, mark: str, argument: str, why: str) -> None:
    suite.makepyfile(f"import pytest\n@pytest.mark.qq_scenarios({mark})\ndef test_x({argument}): pass\n")
    result = suite.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.INTERRUPTED or result.ret == pytest.ExitCode.USAGE_ERROR
    (result.stdout if result.ret == pytest.ExitCode.INTERRUPTED else result.stderr).fnmatch_lines([why])


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


def test_a_suite_that_uses_none_of_it_imports_nothing_of_the_harness(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import sys

        def test_x():
            heavy = {"freezegun", "gateway", "yaml", "rich", "harness.commands", "fake_qq_server"}
            assert not heavy & set(sys.modules)
    """)
    suite.runpytest_subprocess().assert_outcomes(passed=1)
