"""What is compared: each toxic, on each stream, put on before or after the connection, removed or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fake_qq_server.toxics.definition import DOWN
from fake_qq_server.toxics.proxy_link import OTHER, Stream

CHUNKS, SIZE, EVERY_MS = 5, 1000, 20
"""What each end sends: so many chunks of so many bytes, one each so many milliseconds."""
LATER_MS = 5
"""By how much the origin sends later: what one end brings about must not meet what the other does."""
ON_MS, OFF_MS, END_MS, LAST_MS = 48, 150, 900, 1300
"""When a toxic comes on that was not there before, when one goes that is removed, when the origin ends its
stream, and how long is watched."""

TOXICS: tuple[tuple[str, Mapping[str, int]], ...] = (
    ("latency", {"latency": 200}),
    ("bandwidth", {"rate": 10}),
    ("slow_close", {"delay": 200}),
    ("timeout", {"timeout": 150}),
    ("timeout", {"timeout": 0}),
    ("reset_peer", {"timeout": 100}),
    ("slicer", {"average_size": 250, "delay": 10000}),
    ("limit_data", {"bytes": 2500}),
)


@dataclass(frozen=True)
class Case:
    """One toxic on one connection."""

    kind: str
    attributes: Mapping[str, int] = field(default_factory=dict, hash=False)
    stream: Stream = "downstream"
    before: bool = False
    removed: bool = False

    @property
    def toxic(self) -> str:
        """As a table names it: `latency 200`."""
        return " ".join([self.kind, *map(str, self.attributes.values())])

    @property
    def name(self) -> str:
        """Which one it is, in words."""
        return f"{self.toxic}, {self.stream}, {self.when}"

    @property
    def when(self) -> str:
        """When it came on, and whether it went."""
        return ("before" if self.before else "after") + (", removed" if self.removed else "")


def all_cases() -> Iterator[Case]:
    """In the order of the table."""
    for kind, attributes in TOXICS:
        for stream in OTHER:
            for before in (True, False):
                for removed in (False, True):
                    yield Case(kind, attributes, stream, before, removed)
    yield Case(DOWN)
