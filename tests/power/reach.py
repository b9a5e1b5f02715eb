"""Which lines of the adapter a run executes, told by the adapter itself.

A few lines at its end have the interpreter (sys.monitoring, Python 3.12 on) report each line of the file once
a process, and append them to a file: one `PID LINE` a line. A run has a process of its own, so runs that are
made one after the other can be told apart by what was added meanwhile.
"""

from __future__ import annotations

from pathlib import Path

_RECORDER = """

def _record_lines(path):
    import os, sys

    monitoring, out = sys.monitoring, os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def on_line(code, line):
        if code.co_filename == __file__:
            os.write(out, b"%d %d\\n" % (os.getpid(), line))
        return monitoring.DISABLE

    monitoring.use_tool_id(4, "lines of the adapter")
    monitoring.register_callback(4, monitoring.events.LINE, on_line)
    monitoring.set_events(4, monitoring.events.LINE)


_record_lines({path!r})
"""


def recording(source: bytes, into: Path) -> bytes:
    """The adapter's source, with its lines as they were, that reports to the file `into`."""
    return source + _RECORDER.format(path=str(into)).encode()


class Reached:
    """Reads what was reported since the last look."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read = 0

    def lines(self) -> frozenset[int]:
        """Lines that were executed since the last call, whatever the process."""
        if not self._file.exists():
            return frozenset()
        with self._file.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        self._read += len(text)
        return frozenset(int(line.split()[1]) for line in text.splitlines())
