"""Which lines of the adapter a run executes, told by the adapter itself.

A few lines at its end have the interpreter (sys.monitoring, Python 3.12 on) report each line of the file once
a process, and append them to a file: one `LINE FOLDER` a line, with the HERMES_HOME of the process. That is
in the run's own folder, so what runs report at the same time can be told apart.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

_RECORDER = """

def _record_lines(path):
    import os, sys

    monitoring, out = sys.monitoring, os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def on_line(code, line):
        if code.co_filename == __file__:
            os.write(out, b"%d %s\\n" % (line, os.fsencode(os.environ.get("HERMES_HOME", ""))))
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
    """Reads what was reported."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read = 0
        self._lines: dict[Path, set[int]] = defaultdict(set)

    def by(self, folder: Path) -> frozenset[int]:
        """The lines that a run which is over executed; `folder` is its own."""
        self._read_on()
        found = (lines for home, lines in self._lines.items() if home.is_relative_to(folder))
        return frozenset().union(*found)

    def _read_on(self) -> None:
        if not self._file.exists():
            return
        with self._file.open("rb") as file:
            file.seek(self._read)
            text = file.read().rpartition(b"\n")[0]
        self._read += len(text) + bool(text)
        for row in text.splitlines():
            line, _, home = row.partition(b" ")
            self._lines[Path(home.decode())].add(int(line))
