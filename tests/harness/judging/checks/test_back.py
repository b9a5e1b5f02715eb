"""back: brought back by the runner, or ended so that the service manager starts it again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.journals import HOUR, J, check, told


def gone(**scenario: Any) -> J:
    """The runner's bot gave up at 600 s; its record is called "death"."""
    return (
        J(level="runner", opened=True, **scenario)
        .up()
        .installed(True)
        .loses(t=60)
        .gives_up(t=600)
        .called("death")
    )


class TestBackWithoutHealing:
    def test_passes_where_it_is_queued_at_the_end(self) -> None:
        j = gone().queued(True, t=601).called("queue")
        found = check("back", j.done(3 * HOUR))
        assert (found.state, found.because) == ("pass", "it gave up, and the runner goes on trying")
        assert found.lines == (j["death"], j["queue"])

    def test_fails_where_it_is_paused(self) -> None:
        j = gone().queued(True, t=601).queued(True, t=4000, paused=True).called("pause")
        found = check("back", j.done(3 * HOUR))
        assert found.state == "fail"
        assert found.lines == (j["death"], j["pause"])

    def test_fails_where_nobody_queued_it(self) -> None:
        j = gone()
        found = check("back", j.done(3 * HOUR))
        assert (found.state, found.because) == ("fail", "it gave up, and the runner does not try again")
        assert found.lines == (j["death"],)

    def test_fails_where_it_was_dropped_from_the_queue(self) -> None:
        j = gone().queued(True, t=601).queued(False, t=900).called("dropped")
        found = check("back", j.done(3 * HOUR))
        assert found.state == "fail"
        assert found.lines == (j["death"], j["dropped"])

    def test_passes_where_it_came_back_all_the_same(self) -> None:
        j = gone().queued(True, t=601).ready(2, t=700).queued(False)
        assert told("back", j.done(3 * HOUR))[0] == "pass"


class TestBackWithHealing:
    def test_passes_where_it_recovers(self) -> None:
        j = gone(heal="20m").queued(True, t=601).heals(t=1200).ready(2, t=1300).probed(2, t=1500)
        assert told("back", j.done(2000))[0] == "pass"

    def test_fails_where_it_does_not_recover_though_it_is_queued(self) -> None:
        j = gone(heal="20m").queued(True, t=601).heals(t=1200)
        assert told("back", j.done(2 * HOUR))[0] == "fail"

    def test_is_unknown_where_the_run_ends_too_soon(self) -> None:
        j = gone(heal="20m").queued(True, t=601).heals(t=1200)
        assert told("back", j.done(1300))[0] == "unknown"


class TestBackAfterAnExit:
    @pytest.mark.parametrize(
        ("policy", "code", "state"),
        [
            (None, 1, "pass"),
            (None, 75, "pass"),
            (None, 0, "fail"),
            ("on-failure", 0, "fail"),
            ("always", 0, "pass"),
            ("always", 1, "pass"),
        ],
    )
    def test_the_restart_policy_decides(self, policy: str | None, code: int, state: str) -> None:
        scenario = {"restart": policy} if policy else {}
        j = gone(**scenario).exits(code, t=601).called("exit")
        found = check("back", j.done(601))
        assert found.state == state
        assert found.lines == (j["exit"],)

    @pytest.mark.parametrize(
        ("unit", "state"),
        [
            ("hermes", "pass"),
            ({"policy": "always", "prevent": [1]}, "fail"),
            ({"policy": "no", "force": [1]}, "pass"),
            ({"success": [1]}, "fail"),
            ({"burst": 5, "interval": "1h"}, "pass"),
            ({"burst": 5, "interval": "2h"}, "unknown"),
            ("moon", "n/a"),
        ],
    )
    def test_all_that_the_unit_says_decides(self, unit: object, state: str) -> None:
        assert told("back", gone(restart=unit).exits(1, t=900).done(900))[0] == state

    @pytest.mark.parametrize(("job", "state"), [({}, "n/a"), ({"job": "none"}, "pass")])
    def test_after_a_stop_job_nobody_starts_it_again(self, job: dict[str, str], state: str) -> None:
        rules = [{"id": "stop", "at": "90s", "do": {"signal": "SIGTERM", **job}}]
        j = J(level="runner", rules=rules).up().acts("stop", 90, "signal").exits(1, t=100)
        assert told("back", j.done(100))[0] == state

    def test_an_exit_counts_though_the_platform_heals(self) -> None:
        assert told("back", gone(heal="20m").exits(0, t=601).done(601))[0] == "fail"

    def test_an_exit_counts_though_nothing_was_given_up(self) -> None:
        assert told("back", J(level="runner").up().exits(0, t=60).done(60))[0] == "fail"


class TestBack:
    def test_is_not_applicable_where_it_did_not_give_up(self) -> None:
        assert told("back", J(level="runner").up().done(600)) == ("n/a", "it did not give up")

    def test_is_not_applicable_at_the_adapter_level(self) -> None:
        j = J().up().gives_up(t=60)
        assert told("back", j.done(700))[0] == "n/a"


def test_an_unmet_premise_makes_a_pass_of_back_unknown() -> None:
    j = gone().queued(True, t=601).unmet()
    assert told("back", j.done(3 * HOUR))[0] == "unknown"
