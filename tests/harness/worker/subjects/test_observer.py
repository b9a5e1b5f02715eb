"""Calls, state and logs as they are recorded."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.journal.run_kinds import SubjConnect, SubjLog, SubjSecret, SubjState
from harness.worker.subjects.observer import (
    MESSAGE_LENGTH,
    LogRecorder,
    StateRecorder,
    StatusFile,
    one_line,
    record_calls,
    record_never_awaited,
)
from tests.harness.worker.runs import Journal


def kind() -> type[SubjConnect]:
    return SubjConnect


async def give(value: object) -> object:
    return value


async def test_a_call_is_recorded_as_it_begins_and_ends_and_its_result_is_passed_on(journal: Journal) -> None:
    assert await record_calls(give, journal.record, kind)("x") == "x"
    begin, end = journal.records()
    assert (begin.event, end.event) == (SubjConnect("begin"), SubjConnect("end", "ok"))
    assert end.about.cause == begin.n


async def test_a_call_with_a_result_that_is_no_success_is_recorded_as_failed(journal: Journal) -> None:
    assert await record_calls(give, journal.record, kind, succeeded=bool)(False) is False
    assert journal.events()[1] == SubjConnect("end", "failed")


async def test_a_call_that_raises_is_recorded_with_its_exception_which_is_raised_on(journal: Journal) -> None:
    async def fail() -> None:
        raise OSError("no route\nmore")

    with pytest.raises(OSError, match="no route"):
        await record_calls(fail, journal.record, kind)()
    assert journal.events()[1] == SubjConnect("end", "raised", "OSError: no route")


async def test_a_call_that_is_cancelled_is_recorded_as_cancelled(journal: Journal) -> None:
    task = asyncio.ensure_future(record_calls(asyncio.sleep, journal.record, kind)(60))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert journal.events()[1] == SubjConnect("end", "cancelled", "CancelledError: ")


async def test_on_begin_is_called_before_the_call_with_the_number_of_its_first_record(
    journal: Journal,
) -> None:
    order: list[object] = []

    async def work() -> None:
        order.append("work")

    await record_calls(work, journal.record, kind, on_begin=order.append)()
    assert order == [1, "work"]


def test_an_exception_in_one_line_has_its_type_and_the_first_line_of_its_text() -> None:
    assert one_line(ValueError("a\nb")) == "ValueError: a"
    assert one_line(ValueError()) == "ValueError: "


class TestStatusFile:
    def test_without_a_file_there_is_no_state(self, tmp_path: Path, journal: Journal) -> None:
        status = StatusFile(tmp_path / "state.json", "qqbot", journal.record)
        assert (status.read_state(), status.gateway_state, status.version()) == (None, None, None)

    def test_the_states_are_those_of_the_file_when_it_was_read_last(
        self, tmp_path: Path, journal: Journal
    ) -> None:
        file = tmp_path / "state.json"
        status = StatusFile(file, "qqbot", journal.record)
        file.write_text(json.dumps({"gateway_state": "running", "platforms": {"qqbot": {"state": "fatal"}}}))
        assert status.read_state() == "fatal"
        assert (status.gateway_state, status.state_of("other")) == ("running", None)
        file.write_text(json.dumps({"platforms": {"qqbot": {"state": "connected"}}}))
        assert status.state_of("qqbot") == "fatal"
        assert status.read_state() == "connected"
        assert status.gateway_state is None

    @pytest.mark.parametrize("text", ["", "[1]", '{"platforms": []}', '{"platforms"', '{"platforms": null}'])
    def test_a_file_of_another_shape_has_no_state(self, tmp_path: Path, journal: Journal, text: str) -> None:
        file = tmp_path / "state.json"
        file.write_text(text)
        assert StatusFile(file, "qqbot", journal.record).read_state() is None

    def test_a_secret_in_the_file_is_recorded_once_by_its_name(
        self, tmp_path: Path, journal: Journal
    ) -> None:
        journal.record.keep_secret({"token": "canary-1"})
        file = tmp_path / "state.json"
        file.write_text(json.dumps({"error": "Bearer canary-1"}))
        status = StatusFile(file, "qqbot", journal.record)
        status.read_state()
        status.read_state()
        assert journal.events() == [SubjSecret("status", "token")]


def test_a_state_is_recorded_when_it_changes_and_not_otherwise(journal: Journal) -> None:
    states = [SubjState(None, None, None), SubjState(True, None, None), SubjState(True, None, None)]
    waiting = iter(states)
    recorder = StateRecorder(lambda: next(waiting), journal.record)
    for _ in states:
        recorder.sample()
    assert journal.events() == states[:2]
    assert recorder.last == states[2]


def test_the_subjects_words_on_its_fatal_flag_stand_where_runs_may_differ_and_hold_no_secret(
    journal: Journal,
) -> None:
    journal.record.keep_secret({"token": "canary-1"})
    state = SubjState(False, {"code": "x", "retryable": True}, None)
    StateRecorder(lambda: state, journal.record, lambda: "failed: canary-1" + "x" * 1_000).sample()
    (record,) = journal.records()
    assert record.event == state
    assert record.x["message"].startswith("failed: <secret:token>xx")
    assert len(record.x["message"]) == MESSAGE_LENGTH


class TestLogRecorder:
    def log(self, recorder: LogRecorder, name: str, text: str, *arguments: object) -> None:
        recorder.handle(logging.LogRecord(name, logging.WARNING, "x.py", 1, text, arguments, None))

    def test_the_template_of_a_log_is_recorded_and_never_its_arguments(self, journal: Journal) -> None:
        self.log(LogRecorder(journal.record), "gateway", "message of %s", "somebody")
        assert journal.events() == [SubjLog("WARNING", "gateway", "message of %s", [])]

    def test_a_secret_in_the_arguments_of_a_log_is_recorded_by_its_name(self, journal: Journal) -> None:
        journal.record.keep_secret({"secret": "canary-2"})
        self.log(LogRecorder(journal.record), "gateway", "using %s", "canary-2")
        assert journal.events() == [SubjLog("WARNING", "gateway", "using %s", ["secret"])]

    def test_of_an_exception_that_is_logged_the_type_is_recorded_and_not_its_text(
        self, journal: Journal
    ) -> None:
        try:
            raise ConnectionResetError("port 4711")
        except ConnectionResetError:
            told = sys.exc_info()
        LogRecorder(journal.record).handle(
            logging.LogRecord("gateway", logging.ERROR, "x.py", 1, "it failed", (), told)
        )
        assert journal.events() == [SubjLog("ERROR", "gateway", "it failed", [], "ConnectionResetError")]

    @pytest.mark.parametrize("told", [None, (None, None, None), True])
    def test_a_log_without_an_exception_has_no_error(self, journal: Journal, told: Any) -> None:
        LogRecorder(journal.record).handle(
            logging.LogRecord("gateway", logging.ERROR, "x.py", 1, "it failed", (), told)
        )
        assert journal.events() == [SubjLog("ERROR", "gateway", "it failed", [])]

    @pytest.mark.parametrize(
        ("text", "template"),
        [
            ("Unclosed client session\nclient_session: <x at 0x7f11>", "Unclosed client session"),
            (
                "Exception in callback f() at /opt/a/b/bot.py:3\nhandle: <H>",
                "Exception in callback f() at bot.py:3",
            ),
            ("", ""),
        ],
    )
    def test_of_what_asyncio_logs_the_first_line_is_recorded_without_folders(
        self, journal: Journal, text: str, template: str
    ) -> None:
        self.log(LogRecorder(journal.record), "asyncio", text)
        assert journal.events() == [SubjLog("WARNING", "asyncio", template, [])]

    def test_what_asyncio_logs_is_kept_from_the_tear_down_on(self, journal: Journal) -> None:
        recorder = LogRecorder(journal.record)
        self.log(recorder, "asyncio", "before")
        recorder.collecting = True
        self.log(recorder, "asyncio", "Unclosed client session\nclient_session: <x>")
        self.log(recorder, "gateway", "not asyncio's")
        assert recorder.asyncio_lines == ["Unclosed client session"]


def in_thread(do: Callable[[], None], *, ours: bool) -> None:
    """Do it in a thread, of the harness or of the subject."""
    thread = threading.Thread(target=do)
    thread.ours = ours  # type: ignore[attr-defined]
    thread.start()
    thread.join()


def drop_a_failed_future(loop: asyncio.AbstractEventLoop) -> None:
    """As garbage that is collected: asyncio complains in whichever thread that happens."""
    loop.create_future().set_exception(OSError())


class TestWhoseLogItIs:
    """The fake platform runs in the same process, in a thread and a loop of its own."""

    @pytest.fixture
    def loop(self, journal: Journal) -> Iterator[asyncio.AbstractEventLoop]:
        recorder = LogRecorder(journal.record)
        logging.getLogger("asyncio").addHandler(recorder)
        loop = asyncio.new_event_loop()
        yield loop
        loop.close()
        logging.getLogger("asyncio").removeHandler(recorder)

    @pytest.mark.parametrize("ours", [True, False])
    def test_a_complaint_of_the_subject_s_loop_is_recorded_in_whichever_thread_it_comes(
        self, journal: Journal, loop: asyncio.AbstractEventLoop, ours: bool
    ) -> None:
        in_thread(lambda: drop_a_failed_future(loop), ours=ours)
        complaint = "Future exception was never retrieved"
        assert journal.events() == [SubjLog("ERROR", "asyncio", complaint, [], "OSError")]

    @pytest.mark.parametrize("ours", [True, False])
    def test_a_complaint_of_the_platform_s_loop_is_never_recorded(
        self, journal: Journal, loop: asyncio.AbstractEventLoop, ours: bool
    ) -> None:
        loop.set_exception_handler(
            lambda loop, context: logging.getLogger("harness.worker.world").error("%s", context)
        )
        in_thread(lambda: drop_a_failed_future(loop), ours=ours)
        assert journal.events() == []

    @pytest.mark.parametrize(("ours", "count"), [(True, 0), (False, 1)])
    def test_what_asyncio_logs_directly_belongs_to_its_thread(
        self, journal: Journal, loop: asyncio.AbstractEventLoop, ours: bool, count: int
    ) -> None:
        del loop
        in_thread(lambda: logging.getLogger("asyncio").warning("socket.send() raised exception."), ours=ours)
        assert len(journal.events()) == count

    @pytest.mark.parametrize(
        ("name", "count"),
        [("harness.worker.world", 0), ("fake_qq_server", 0), ("harnessed", 1), ("asyncio", 1)],
    )
    def test_the_harness_s_own_loggers_are_not_the_subject_s(
        self, journal: Journal, name: str, count: int
    ) -> None:
        LogRecorder(journal.record).handle(
            logging.LogRecord(name, logging.ERROR, "x.py", 1, "it failed", (), None)
        )
        assert len(journal.events()) == count


class TestNeverAwaited:
    @pytest.fixture(autouse=True)
    def kept(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
        shown: list[str] = []
        with warnings.catch_warnings():
            monkeypatch.setattr(warnings, "showwarning", lambda message, *more: shown.append(str(message)))
            yield shown

    def test_a_coroutine_that_is_dropped_is_recorded_each_time(
        self, journal: Journal, kept: list[str]
    ) -> None:
        record_never_awaited(journal.record)
        for _ in range(2):
            give(1)  # type: ignore[unused-coroutine]
        text = "coroutine 'give' was never awaited"
        assert journal.events() == [SubjLog("WARNING", "py.warnings", text, [])] * 2
        assert kept == []

    def test_another_warning_is_shown_as_before(self, journal: Journal, kept: list[str]) -> None:
        warnings.simplefilter("always")
        record_never_awaited(journal.record)
        warnings.warn("something else", RuntimeWarning, stacklevel=1)
        warnings.warn("it was never awaited", DeprecationWarning, stacklevel=1)
        assert (kept, journal.events()) == (["something else", "it was never awaited"], [])
