"""Signal handlers hold within their block and no longer."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from harness.process import parent_signals


def current() -> tuple[object, object]:
    return signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)


def test_an_ignored_signal_does_nothing_within_the_block_and_is_handled_again_after_it() -> None:
    before = current()
    with parent_signals.ignored(signal.SIGINT):
        os.kill(os.getpid(), signal.SIGINT)
    assert current() == before


def test_sigterm_raises_keyboard_interrupt_within_the_block() -> None:
    before = current()
    with pytest.raises(KeyboardInterrupt), parent_signals.sigterm_as_ctrl_c():
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
    assert current() == before


def test_clean_up_is_not_cut_short_by_ctrl_c_or_sigterm() -> None:
    before = current()
    done = []
    with parent_signals.interrupts_ignored():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        done.append(True)
    assert done == [True]
    assert current() == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_comes_during_clean_up_is_heard_behind_it(number: signal.Signals) -> None:
    before = current()
    done = []
    heard = parent_signals.handler(number, signal.default_int_handler)  # in the background SIGINT is ignored
    with pytest.raises(KeyboardInterrupt), heard:
        with parent_signals.interrupts_put_off():
            os.kill(os.getpid(), number)
            done.append(True)
        done.append(False)
    assert (done, current()) == ([True], before)


def test_clean_up_that_fails_is_what_is_told() -> None:
    with pytest.raises(ZeroDivisionError), parent_signals.interrupts_put_off():
        os.kill(os.getpid(), signal.SIGTERM)
        raise ZeroDivisionError


def test_handlers_are_restored_when_the_block_raises() -> None:
    before = current()
    with pytest.raises(ZeroDivisionError), parent_signals.interrupts_ignored():
        raise ZeroDivisionError
    assert current() == before


def test_another_thread_than_the_main_one_runs_the_block_and_changes_no_handler() -> None:
    seen: list[tuple[object, object]] = []

    def run() -> None:
        with parent_signals.interrupts_ignored():
            seen.append(current())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [current()]
