"""What stood between the bot and the platform besides itself: answers by rules, conditions on links. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from fake_qq_server.events import HttpAnswer, LinkClose, LinkCondition
from harness.journal.record import Record
from harness.judging.facts import Mark

REST = ("api", "token")
"""What a reply needs: the host that takes it, and the one that gives the token for it."""

REVOKE = "revoke"
"""The verb after which the bot's tokens are worth nothing."""


TOLD = (HttpAnswer, LinkCondition, LinkClose)
"""The kinds of records that tell of it."""


@dataclass(frozen=True)
class Stretch:
    """A condition on one connection of `host`, or on all (conn null); `end` is null while it holds."""

    host: str
    conn: int | None
    name: str
    interrupts: bool
    on: Mark
    end: int | None = None

    def meets(self, start: int, end: int) -> bool:
        """Whether it held at some moment of [start, end]."""
        return self.on.t <= end and (self.end is None or self.end > start)


@dataclass(frozen=True)
class Trouble:
    """`moments`: answers of the API or the token endpoint that a rule gave, and connections to them that were
    refused or cut. `stretches`: conditions on their links. `left`: (connection to the API, when the bot, or a
    proxy, ended it)."""

    moments: tuple[Mark, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    left: tuple[tuple[int, int], ...] = ()

    def on_rest(self, start: int, end: int) -> Mark | None:
        """The first trouble with API or token endpoint in a stretch of time, if there was any."""
        held = (one.on for one in self.stretches if one.host in REST and one.meets(start, end))
        return min((*(one for one in self.moments if start <= one.t <= end), *held), default=None)

    def on_socket(self, conn: int | None, start: int, end: int) -> bool:
        """Whether a condition lay on this WebSocket connection at some moment of [start, end]."""
        mine = (one for one in self.stretches if one.host == "ws" and one.conn in (None, conn))
        return any(one.meets(start, end) for one in mine)

    def hides_answer(self, conn: int | None, start: int, end: int) -> bool:
        """Whether a plain answer on this connection may not have reached the bot: nothing passed, or it came
        late and the connection had ended meanwhile."""
        gone = any(number == conn and start <= t <= end for number, t in self.left)
        return any(
            one.host == "api" and one.conn in (None, conn) and (one.interrupts or gone)
            for one in self.stretches
            if one.meets(start, end)
        )


def trouble_of(body: Iterable[Record]) -> Trouble:
    """Everything of that kind in the run."""
    moments: list[Mark] = []
    left: list[tuple[int, int]] = []
    held = _Held()
    for record in body:
        event = record.event
        if type(event) not in TOLD:
            continue
        mark = Mark(record.t, record.n)
        if isinstance(event, HttpAnswer):
            if event.endpoint in REST and event.verb is not None:
                moments.append(mark)
        elif isinstance(event, LinkCondition):
            held.condition(event, record.about.conn, mark)
        elif isinstance(event, LinkClose):
            if event.by != "peer":
                left += [(record.about.conn, record.t)] if event.host == "api" and record.about.conn else []
            if (
                event.by != "subject"
                and event.host in REST
                and (event.how != "fin" or record.about.rule is not None)
            ):
                moments.append(mark)
            held.connection_ended(event.host, record.about.conn, record.t)
    return Trouble(tuple(moments), held.all(), tuple(left))


@dataclass
class _Held:
    """The conditions so far: those that are over, and those that hold, by host and connection."""

    over: list[Stretch] = field(default_factory=list)
    on: dict[tuple[str, int | None], list[Stretch]] = field(default_factory=dict)

    def condition(self, event: LinkCondition, conn: int | None, mark: Mark) -> None:
        held = self.on.setdefault((event.host, conn), [])
        if event.on:
            held.append(Stretch(event.host, conn, event.name, event.interrupts, mark))
            return
        ended = [one for one in held if one.name == event.name]
        self.over += [replace(one, end=mark.t) for one in ended]
        self.on[event.host, conn] = [one for one in held if one.name != event.name]

    def connection_ended(self, host: str, conn: int | None, t: int) -> None:
        """What holds on a whole host (conn null) goes on."""
        if conn is not None:
            self.over += [replace(one, end=t) for one in self.on.pop((host, conn), [])]

    def all(self) -> tuple[Stretch, ...]:
        return tuple(sorted([*self.over, *(one for held in self.on.values() for one in held)], key=_begun))


def _begun(one: Stretch) -> Mark:
    return one.on
