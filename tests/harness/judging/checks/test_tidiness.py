"""clean: the bot's program logs no error that nothing explains."""

from __future__ import annotations

from typing import Any

import pytest

from harness.journal.run_kinds import SubjLog
from tests.harness.journals import J, check, told

UNCLOSED = "Unclosed client session"
RAISES = [{"id": "boom", "when": "seam.receive", "do": {"raise": "aiohttp.ClientError: gone"}}]


def logs(
    j: J, level: str, template: str, logger: str = "asyncio", t: float = 60, error: str | None = None
) -> J:
    return j.add(SubjLog(level, logger, template, error=error), t, "probe")


def up(**scenario: Any) -> J:
    return J(**scenario).up()


class TestAsyncio:
    @pytest.mark.parametrize("level", ["ERROR", "WARNING", "CRITICAL"])
    @pytest.mark.parametrize("template", [UNCLOSED, "Task was destroyed but it is pending!"])
    def test_what_asyncio_complains_of_fails(self, level: str, template: str) -> None:
        j = logs(up().acts(t=30), level, template).called("log")
        found = check("clean", j.done(600))
        assert (found.state, found.because) == ("fail", f"asyncio reported: {template}")
        assert found.lines == (j["log"],)

    def test_a_coroutine_that_was_never_awaited_fails(self) -> None:
        text = "coroutine 'Adapter.close' was never awaited"
        assert told("clean", logs(up(), "WARNING", text, "py.warnings").done(600))[0] == "fail"
        assert told("clean", logs(up(), "WARNING", "deprecated", "py.warnings").done(600))[0] == "pass"
        assert told("clean", logs(up(), "WARNING", text, "gateway").done(600))[0] == "pass"

    def test_its_other_records_are_well(self) -> None:
        assert told("clean", logs(up(), "INFO", UNCLOSED).done(600))[0] == "pass"
        assert told("clean", logs(up().acts(t=1), "ERROR", UNCLOSED, "gateway").done(600))[0] == "pass"

    @pytest.mark.parametrize(
        "template", ["Executing <Handle ...> took 0.200 seconds", "socket.send() raised exception."]
    )
    def test_a_slow_callback_and_a_dead_peer_are_explained(self, template: str) -> None:
        assert told("clean", logs(up(), "WARNING", template).done(600))[0] == "pass"

    def test_what_is_left_at_the_tear_down_is_for_stops(self) -> None:
        assert told("clean", logs(up().ends(60), "ERROR", UNCLOSED, t=61).closed())[0] == "pass"

    @pytest.mark.parametrize(
        ("error", "state"), [("ClientError", "pass"), ("OSError", "fail"), (None, "fail")]
    )
    def test_an_exception_that_a_rule_raised_is_explained(self, error: str | None, state: str) -> None:
        j = logs(up(rules=RAISES), "ERROR", "Task exception was never retrieved", error=error)
        assert told("clean", j.done(600))[0] == state

    def test_what_another_verb_says_is_no_exception(self) -> None:
        rules = [{"id": "boom", "at": "30s", "do": {"frame": "ClientError: x"}}]
        j = logs(up(rules=rules), "ERROR", "Task exception was never retrieved", error="ClientError")
        assert told("clean", j.done(600))[0] == "fail"

    @pytest.mark.parametrize(("handler", "state"), [("raise", "pass"), ("record", "fail")])
    def test_so_is_the_one_that_the_handler_raises_as_told(self, handler: str, state: str) -> None:
        j = logs(up(handler=handler), "ERROR", "Task exception was never retrieved", error="RuntimeError")
        assert told("clean", j.done(600))[0] == state


class TestTheSubject:
    @pytest.mark.parametrize(
        ("level", "state"), [("ERROR", "fail"), ("CRITICAL", "fail"), ("WARNING", "pass")]
    )
    def test_an_error_before_any_rule_acted_fails(self, level: str, state: str) -> None:
        j = logs(up(), level, "[%s] it broke", "gateway.qqbot").called("log").acts(t=61)
        found = check("clean", j.done(600))
        assert found.state == state
        if state == "fail":
            because = "gateway.qqbot logged an error, and nothing had gone wrong: [%s] it broke"
            assert (found.because, found.lines) == (because, (j["log"],))

    def test_an_error_after_a_rule_acted_is_explained(self) -> None:
        assert told("clean", logs(up().acts(t=30), "ERROR", "it broke", "gateway").done(600))[0] == "pass"
        assert (
            told("clean", logs(up().interrupted(t=30), "ERROR", "it broke", "gateway").done(600))[0] == "pass"
        )


def test_a_run_without_errors_passes() -> None:
    assert told("clean", up().logs().done(600)) == ("pass", "it logged no error that nothing explains")


def test_a_cut_run_proves_nothing_and_a_fail_in_it_stands() -> None:
    assert told("clean", up().closed("killed", t=60))[0] == "unknown"
    assert told("clean", logs(up(), "ERROR", UNCLOSED).closed("killed", t=90))[0] == "fail"
