"""What clients were seen to do after each close code: rows of a file and of the table in docs/codes.md. Pure.

`python -m tests.clients.codes` measures and writes the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fake_qq_server.client.shapes import Record
from fake_qq_server.platform.protocol import CLOSE_CODES, CloseCode

FILE = Path(__file__).with_name("codes.json")

WORDS: Mapping[str, str] = {"resume": "Resume", "identify": "Identify", "token": "new token"}
"""What a client may do about a close, as the table has it."""


@dataclass(frozen=True)
class Measured:
    """What one client did after one close code. `did`: its first steps, keys of WORDS, up to its return or to
    the end of what was watched. `back_s`: real seconds from the close to READY or RESUMED; None where it did
    not come back. `exit`: its exit status, where it ended."""

    did: tuple[str, ...]
    back_s: float | None = None
    exit: int | None = None


Rows = Mapping[str, Mapping[int, Measured]]
"""By client and its version, then by code."""


def steps(records: Sequence[Record]) -> tuple[str, ...]:
    """What a bot did, in order; what it repeats at once is named once."""
    found: list[str] = []
    for row in records:
        step = ""
        if row["k"] == "ws.in":
            step = str(row["d"]["op"])
        elif row["k"] == "http.request" and row["d"]["endpoint"] == "token":
            step = "token"
        if step in WORDS and found[-1:] != [step]:
            found.append(step)
    return tuple(found)


def back_at(records: Sequence[Record]) -> int | None:
    """When its session was ready or resumed, microseconds; None if it was not."""
    back = (row["t"] for row in records if row["k"] == "session" and row["d"]["what"] in ("ready", "resumed"))
    return next(back, None)


def forbidden(code: CloseCode, step: str) -> bool:
    """Whether the official table says that a client may not do this after the code. Where it has no row,
    nothing is forbidden; a new token never is."""
    return {"resume": code.resume, "identify": code.identify}.get(step) is False


def read(path: Path = FILE) -> Rows:
    """The rows of a file."""
    held: dict[str, dict[str, dict[str, Any]]] = json.loads(path.read_text(encoding="utf-8"))
    return {
        client: {int(code): Measured(**{**row, "did": tuple(row["did"])}) for code, row in rows.items()}
        for client, rows in held.items()
    }


def write(rows: Rows, path: Path = FILE) -> None:
    """Write rows as a file, one line a code."""
    parts = []
    for client, codes in sorted(rows.items()):
        lines = [f'    "{code}": {json.dumps(asdict(row))}' for code, row in sorted(codes.items())]
        parts.append(f"  {json.dumps(client)}: {{\n" + ",\n".join(lines) + "\n  }")
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def wanted(code: CloseCode) -> str:
    """What the official table asks."""
    if code.resume is None:
        return "no row"
    return "Resume, or Identify" if code.resume else "Identify" if code.identify else "stay away"


def cell(code: CloseCode, row: Measured | None) -> str:
    """What a client did, what is forbidden in bold, and how many seconds later it was back."""
    if row is None:
        return ""
    did = [f"**{WORDS[step]}**" if forbidden(code, step) else WORDS[step] for step in row.did]
    ended = [f"exits with {row.exit}"] if row.exit is not None else []
    back = f" ({row.back_s:.0f} s)" if row.back_s is not None else ""
    stays = [] if row.back_s is not None or ended else ["not back"] if did else ["stays away"]
    return ", ".join([*did, *ended, *stays]) + back


def table_rows(rows: Rows) -> Iterator[tuple[str, ...]]:
    """A line a code."""
    for number, code in CLOSE_CODES.items():
        yield str(number), code.meaning, wanted(code), *(cell(code, rows[name].get(number)) for name in rows)
