"""The command line, `qqchaos`: arguments in, exit status out.

Exit status: 0 every asked check passed; 1 one failed; 125 none failed and one could not be judged (also: the
subject does not import, the harness failed); 2 wrong usage or an invalid scenario, before anything ran;
130 interrupted. A defect of this program is 125 too, never 1: `git bisect run` would believe that.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import TextIO

from fake_qq_server.serving.command_line import on_one_line
from harness.errors import INTERRUPTED, NOT_JUDGED, QQChaosError
from harness.process import parent_signals


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of `qqchaos`. Raises SystemExit where argparse does: wrong usage, and `--help`.

    SIGTERM is what Ctrl-C is, from here on.
    """
    closed = _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an arrow must not end a report on a Latin-1 terminal
    if "stdout" in closed:
        return _fail("cannot go on: standard output is closed", NOT_JUDGED)
    with parent_signals.sigterm_as_ctrl_c():
        return _run(argv)


def _run(argv: Sequence[str] | None) -> int:
    try:
        from harness.commands import arguments  # here, where a Ctrl-C meanwhile is no traceback

        command, request = arguments.parse(argv)
        status = command.run(request)
        sys.stdout.flush()  # here, where a reader that has gone away is no traceback
    except QQChaosError as problem:
        return _fail(str(problem), problem.exit_status)
    except KeyboardInterrupt:
        return _fail("interrupted; what ran is in the journals", INTERRUPTED)
    except BrokenPipeError:  # `qqchaos list | head`
        _drop_output(sys.stdout)
        return INTERRUPTED
    except OSError as problem:
        _drop_output(sys.stdout)
        return _fail(f"cannot go on: {problem}", NOT_JUDGED)
    except Exception:
        traceback.print_exc()
        return _fail("that was a defect of this program, and says nothing about the bot", NOT_JUDGED)
    return status


def _fail(sentence: str, status: int) -> int:
    """Print why the command ends, if that can be printed; returns the status."""
    try:
        print(on_one_line(f"qqchaos: {sentence}"), file=sys.stderr)
    except OSError:
        _drop_output(sys.stderr)
    return status


def _drop_output(stream: TextIO) -> None:
    """What is still in the buffer has nowhere to go; Python would complain about it at the exit."""
    with contextlib.suppress(io.UnsupportedOperation):  # a stream of a test's
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _open_what_is_closed() -> tuple[str, ...]:
    """Open nothing in place of the standard streams that are closed, or the next file that is opened would
    have the number of one. Their names."""
    closed = tuple(name for name in ("stdin", "stdout", "stderr") if getattr(sys, name) is None)
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    for name in closed:
        setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    return closed


if __name__ == "__main__":
    sys.exit(main())
