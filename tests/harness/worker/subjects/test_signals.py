"""A signal to this process: sent from its own code, and waited for until the loop has it."""

from __future__ import annotations

import asyncio
import signal

from harness.worker.subjects.signals import send_signal


def test_a_signal_that_the_loop_handles_has_arrived_when_send_signal_returns() -> None:
    async def main() -> tuple[bool, bool]:
        loop = asyncio.get_running_loop()
        handled = asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, handled.set)
        delivered = send_signal(signal.SIGUSR1, loop)
        for _ in range(5):  # turns of the loop, none of which waits
            await asyncio.sleep(0)
        loop.remove_signal_handler(signal.SIGUSR1)
        return delivered, handled.is_set()

    assert asyncio.run(main()) == (True, True)


def test_a_signal_that_the_loop_does_not_handle_is_not_waited_for() -> None:
    arrived: list[int] = []
    previous = signal.signal(signal.SIGUSR2, lambda number, frame: arrived.append(number))
    loop = asyncio.new_event_loop()
    try:
        assert send_signal(signal.SIGUSR2, loop)
    finally:
        loop.close()
        signal.signal(signal.SIGUSR2, previous)
    assert arrived == [signal.SIGUSR2]
