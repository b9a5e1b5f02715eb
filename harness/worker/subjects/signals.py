"""Sending the subject's process a signal so that every run takes it at the same turn of the clock."""

from __future__ import annotations

import signal
import socket
import threading
import time
from typing import Any

from freezegun.api import real_monotonic

from harness.clock import BATON

DELIVERY_S = 5.0
"""Real seconds within which the kernel must deliver a signal to this very process."""

POLL_S = 0.0002
"""Real seconds between two looks."""


def send_signal(number: signal.Signals, loop: Any) -> bool:
    """Send this process a signal from another thread, and wait until its loop has it; whether it has.

    Delivery takes real time: without waiting, the clock might move on before the loop can see it. asyncio
    has the interpreter write the signal's number to the loop's own socket pair, so its arrival is seen
    there, whatever else lies in it. Without a handler of the loop's there is nothing to wait for.
    """
    signal.pthread_kill(threading.main_thread().ident or 0, number)
    if number not in getattr(loop, "_signal_handlers", {}):
        return True
    until = real_monotonic() + DELIVERY_S
    with BATON.real_waiting():
        while real_monotonic() < until:
            if _arrived(number, loop):
                return True
            time.sleep(POLL_S)
    return False


def _arrived(number: int, loop: Any) -> bool:
    try:
        return number in loop._ssock.recv(4096, socket.MSG_PEEK)
    except BlockingIOError:
        return False
