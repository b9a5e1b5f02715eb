"""The marker `qq_scenarios`, in a suite of somebody else's."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]


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


def test_a_suite_that_uses_none_of_it_imports_nothing_of_the_harness(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import sys

        def test_x():
            heavy = {"freezegun", "gateway", "yaml", "rich", "harness.commands", "fake_qq_server"}
            assert not heavy & set(sys.modules)
    """)
    suite.runpytest_subprocess().assert_outcomes(passed=1)
