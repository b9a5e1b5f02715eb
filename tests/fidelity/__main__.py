"""`python -m tests.fidelity`: measures a real Toxiproxy beside ours, and writes docs/network-fidelity.md."""

from __future__ import annotations

import sys
from pathlib import Path

from fake_qq_server.toxics.proxy_link import OTHER
from harness.toxiproxy import program, server
from harness.toxiproxy.api import Api
from tests.fidelity.cases import (
    CHUNKS,
    END_MS,
    EVERY_MS,
    LATER_MS,
    NEXT_OFF_MS,
    OFF_MS,
    ON_MS,
    SIZE,
    all_cases,
)
from tests.fidelity.comparing import BOUND_MS, Compared, compare, in_words

COLUMNS = ("toxic", "stream", "on", "client, real", "client, ours", "origin, real", "origin, ours", "alike")
PAGE = Path(__file__).parents[2] / "docs/network-fidelity.md"
HEAD = f"""\
# The relay beside a real Toxiproxy

Measured with Toxiproxy {program.VERSION} by `python -m tests.fidelity`, which writes this page. Both ends
send {CHUNKS} chunks of {SIZE} bytes, one each {EVERY_MS} ms, the origin {LATER_MS} ms after the client, and
the origin ends its stream at {END_MS} ms, unless a row says otherwise. The toxic is there before the
connection, or comes on {ON_MS} ms after; where it is removed or changed, that is at {OFF_MS} ms. A second
toxic came on behind it, and is removed at {NEXT_OFF_MS} ms. The same is played to ours in virtual time, each
thing at the moment at which it was really done.

*Alike*: the same bytes at the same times, at most {BOUND_MS:.0f} ms apart, in at least as many pieces, and
the same end. A cell says how many bytes came in how many pieces, from when to when, and the end, in
milliseconds since the connection.

A real proxy reads no further while a toxic is busy; ours reads at once. Where the end of a stream waits
behind several chunks when `bandwidth` is removed, it is luck in the real one whether that toxic
[leaves its place behind](network.md#where-it-is-not-what-one-expects). In ours it does.

| {" | ".join(COLUMNS)} |
|{"---|" * len(COLUMNS)}
"""


def main() -> int:
    """Measure all, write the page; 1 if anything differs."""
    with server.running() as one:
        found = compare(Api(one.host, one.port), list(all_cases()))
    PAGE.write_text(HEAD + "".join(map(_line, found)), encoding="utf-8")
    alike = sum(not one.differences for one in found)
    print(f"{PAGE}: {alike} of {len(found)} alike")
    return int(alike < len(found))


def _line(one: Compared) -> str:
    client, origin = ([in_words(seen[end]) for seen in (one.real, one.our)] for end in OTHER)
    stream = one.case.stream if one.case.attributes else "both"
    cells = [f"`{one.case.toxic}`", stream, one.case.when, *origin, *client]
    return f"| {' | '.join([*cells, '; '.join(one.differences) or 'yes'])} |\n"


if __name__ == "__main__":
    sys.exit(main())
