"""What is compared: each toxic, on each stream, put on before or after the connection, removed or not; and
what is held when a toxic goes or changes: long chunks, the end of the stream, with a toxic behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fake_qq_server.toxics.definition import DOWN
from fake_qq_server.toxics.proxy_link import OTHER, Stream

CHUNKS, SIZE, EVERY_MS = 5, 1000, 20
"""What each end sends: so many chunks of so many bytes, one each so many milliseconds."""
LATER_MS = 5
"""By how much the origin sends later: what one end brings about must not meet what the other does."""
ON_MS, OFF_MS, NEXT_OFF_MS, END_MS, LAST_MS = 48, 150, 300, 900, 1300
"""When a toxic comes on that was not there before, when one goes or changes, when the one behind it goes,
when the origin ends its stream, and how long is watched."""

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
    """One toxic on one connection. `changed`: the attributes that it gets instead of going. `behind`: a
    second one that came on after it, and goes after it. `size`: the bytes of a chunk. `end_ms`: when the
    origin ends its stream."""

    kind: str
    attributes: Mapping[str, int] = field(default_factory=dict, hash=False)
    stream: Stream = "downstream"
    before: bool = False
    removed: bool = False
    changed: Mapping[str, int] | None = field(default=None, hash=False)
    behind: tuple[str, Mapping[str, int]] | None = field(default=None, hash=False)
    size: int = SIZE
    end_ms: int = END_MS

    @property
    def toxic(self) -> str:
        """As a table names it: `latency 200`."""
        own = in_words(self.kind, self.attributes)
        return f"{own}, {in_words(*self.behind)}" if self.behind else own

    @property
    def name(self) -> str:
        """Which one it is, in words."""
        return f"{self.toxic}, {self.stream}, {self.when}"

    @property
    def when(self) -> str:
        """When it came on, and whether it went."""
        words = ["before" if self.before else "after"]
        words += ["removed"] if self.removed else []
        words += [f"changed to {in_words('', self.changed)}"] if self.changed else []
        words += [f"chunks of {self.size} B"] if self.size != SIZE else []
        words += [f"end at {self.end_ms} ms"] if self.end_ms != END_MS else []
        return ", ".join(words)


def in_words(kind: str, attributes: Mapping[str, int]) -> str:
    """`latency 200`."""
    return " ".join([kind, *map(str, attributes.values())]).strip()


def held_cases() -> Iterator[Case]:
    """What bandwidth and latency hold when they go or change."""
    slow, slower, late = {"rate": 10}, {"rate": 5}, {"latency": 400}
    slow_close = ("slow_close", {"delay": 500})
    for stream in OTHER:
        yield Case("bandwidth", slow, stream, before=True, removed=True, size=20_000)
        yield Case("bandwidth", slow, stream, before=True, changed=slower)
        yield Case("latency", {"latency": 200}, stream, before=True, changed=late)
    for behind in (None, slow_close, ("latency", late)):
        yield Case("bandwidth", slow, "downstream", True, removed=True, behind=behind, end_ms=60)
    yield Case(*slow_close, "downstream", True, removed=True, behind=("latency", late))


def all_cases() -> Iterator[Case]:
    """In the order of the table."""
    for kind, attributes in TOXICS:
        for stream in OTHER:
            for before in (True, False):
                for removed in (False, True):
                    yield Case(kind, attributes, stream, before, removed)
    yield Case(DOWN)
    yield from held_cases()
