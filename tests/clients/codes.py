"""`python -m tests.clients.codes`: each close code of QQ's gateway against each real client, measured.

Each cell is a process and a platform of its own. The bot is ready and left alone for a while, so that the
close is not a quick one; then the platform closes with the code, and what the bot does is read from the
platform's records until it is back, has ended, or was watched for long enough. Everything is real time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from fake_qq_server.platform.protocol import CLOSE_CODES, TOO_FAST
from tests.clients.code_rows import FILE, Measured, back_at, read, steps, write
from tests.clients.known import CLIENTS
from tests.clients.served_bot import served_bot

SETTLES_S = 7.0
"""How long a session has lasted when it is closed: hermes-agent and its SDK call less than 5 s a quick
disconnect, and count those."""

WATCHED_S = 30.0
WATCHED_LONG_S = 100.0
"""After 4008 clients wait for a minute; after a code that forbids to come back, they may do so late."""

LOOKS_S = 0.25


def measured(client: str, code: int, *, settles_s: float = SETTLES_S) -> Measured:
    """What one client does after one close code."""
    known = CLIENTS[client]
    late = code == TOO_FAST or CLOSE_CODES[code].identify is False
    watched_s = WATCHED_LONG_S if late else WATCHED_S
    with (
        tempfile.TemporaryDirectory(prefix="qqchaos-codes-") as home,
        served_bot(known.command, Path(home), *known.options) as bot,
    ):
        time.sleep(settles_s)
        pushed = bot.qq.push({"close": code})["records"][0]
        until = time.monotonic() + watched_s
        while True:
            records = bot.qq.records(after=pushed["n"])
            back, ended = back_at(records), bot.process.poll()
            if back is not None or ended is not None or time.monotonic() > until:
                break
            time.sleep(LOOKS_S)
    back_s = None if back is None else round((back - pushed["t"]) / 1e6, 1)
    return Measured(steps(records), back_s, ended)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the file after each cell: what was measured before and is not asked stays."""
    parser = argparse.ArgumentParser(prog="python -m tests.clients.codes", description=__doc__)
    parser.add_argument(
        "--client", choices=CLIENTS, action="append", help="only this one; may be given again"
    )
    parser.add_argument("--code", type=int, choices=CLOSE_CODES, action="append", metavar="CODE")
    parser.add_argument("--file", type=Path, default=FILE, help="where the rows go")
    asked = parser.parse_args(arguments)
    for client in asked.client or CLIENTS:
        for code in asked.code or CLOSE_CODES:
            row = measured(client, code)
            held = read(asked.file) if asked.file.exists() else {}
            name = f"{client} {CLIENTS[client].version}"
            write({**held, name: {**held.get(name, {}), code: row}}, asked.file)
            print(name, code, row, flush=True)


if __name__ == "__main__":
    main()
