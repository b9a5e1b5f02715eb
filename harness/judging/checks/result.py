"""What a check answers, and the limits it measures against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from fake_qq_server.platform.protocol import HEARTBEAT_MS
from harness.judging.intervals import SECOND
from harness.judging.terms import Terms
from harness.scenario.limits import PROBE_REPLY_US, RECOVERY_HEARTBEATS, RECOVERY_US, SETTLING_US

HEARTBEAT_US = HEARTBEAT_MS * 1000

CheckState = Literal["pass", "fail", "unknown", "n/a"]


@dataclass(frozen=True)
class Finding:
    """A state, why in one plain sentence, and the numbers of the journal records that prove it."""

    state: CheckState
    because: str
    lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class CheckResult:
    """A finding under its check's name, after the premise and the run's end were weighed."""

    name: str
    state: CheckState
    because: str
    lines: tuple[int, ...] = ()


def passes(because: str, *lines: int) -> Finding:
    """The property holds; `lines` are the numbers of the records that prove it."""
    return Finding("pass", because, lines)


def fails(because: str, *lines: int) -> Finding:
    """The property was violated; `lines` are the numbers of the records that prove it."""
    return Finding("fail", because, lines)


def unknown(because: str, *lines: int) -> Finding:
    """The run does not decide it; `lines` are the numbers of the records that come closest."""
    return Finding("unknown", because, lines)


def not_applicable(because: str, *lines: int) -> Finding:
    """n/a: what the check is about did not occur."""
    return Finding("n/a", because, lines)


def worst(found: Sequence[Finding]) -> Finding:
    """Of several occasions of one thing, at least one: the first that failed, else the first undecided
    one, else a pass with all their lines."""
    first = min(found, key=lambda one: ("fail", "unknown", "pass").index(one.state))
    if first.state != "pass":
        return first
    return passes(first.because, *dict.fromkeys(line for one in found for line in one.lines))


@dataclass(frozen=True)
class Limit:
    """A bound in seconds plus a number of heartbeats, as the platform's Hello sets their interval."""

    seconds: float = 0.0
    heartbeats: int = 0

    @property
    def us(self) -> int:
        """In virtual microseconds."""
        return int(self.seconds * SECOND) + self.heartbeats * HEARTBEAT_US


ADAPTER: Mapping[str, Limit] = {
    "connects": Limit(60),
    "flag": Limit(1),
    "notified": Limit(60),  # the handler is called at most this long after the give-up
    "notified.before": Limit(1),
    "truthful": Limit(10, heartbeats=3),  # says connected while not serving
    "truthful.denies": Limit(10),  # says something else while serving
    "settles": Limit(SETTLING_US / SECOND),  # after a rule first acted
    "settles.gaveup": Limit(120),  # after it gave up
    "settles.trying": Limit(
        RECOVERY_US / SECOND
    ),  # between two signs of trying: a longer pause could not meet `recovers`
    "settles.flapping": Limit(heartbeats=3),  # a connection held this long does not flap
    "recovers": Limit(RECOVERY_US / SECOND),
    "recovers.held": Limit(heartbeats=RECOVERY_HEARTBEATS),
    "recovers.reply": Limit(
        PROBE_REPLY_US / SECOND
    ),  # a probe this old and unanswered is lost, a younger one undecided
    "notices": Limit(10, heartbeats=3),
    "beats": Limit(1),  # a heartbeat may be this late, besides the time it is under way
    "patient": Limit(15 * 60),  # an outage younger than this is no reason to give up
    "bounded": Limit(120),
    "once": Limit(1),  # a message is due if its connection is still open this much later
    "once.handled": Limit(10),  # from its arrival to its handling
    "answered": Limit(60),  # from its handling to a reply that the platform took
    "typing": Limit(10),  # after the handler began, and between two notices
    "delivered": Limit(60),
    "reported": Limit(120),
    "stops": Limit(25),
    "released": Limit(60),  # between the give-up and the run's end, to let everything go
    "others": Limit(60),  # a message of the other platform is answered
    "final": Limit(60),  # the fatal flag after what no retry can mend
    "resumes": Limit(240),  # the window is 5 min, as far as anybody knows: a bot may count it shorter
    "exclusive": Limit(10),
    "reacts": Limit(15),  # after op 7, op 9, a CLOSE frame or the end of TCP: a first pause of 10 s is sound
    "reacts.limited": Limit(90),  # after 4008
}
"""The adapter level's limits. The plain name of a check is the one that a scenario may set."""

PROGRAM: Mapping[str, Limit] = {
    **ADAPTER,
    "stops": Limit(90),  # systemd's TimeoutStopSec by default: from then on it kills
}
"""The limits where the whole program is the subject."""

OUTSIDE: Mapping[str, Limit] = {
    **PROGRAM,
    "truthful": Limit(600),
    "truthful.denies": Limit(600),
    "connects": Limit(300),
}
"""The limits where it is seen from outside: at rate 400, ten minutes are a second and a half of real time."""

LIMITS: Mapping[str, Mapping[str, Limit]] = {"adapter": ADAPTER, "runner": PROGRAM, "process": OUTSIDE}


@dataclass(frozen=True)
class CheckLimits:
    """The limits in force: the level's, with the scenario's own laid over them."""

    table: Mapping[str, Limit]
    own_us: Mapping[str, int]

    @classmethod
    def of(cls, terms: Terms, level: str) -> CheckLimits:
        """The limits of `level` (those of the adapter level where it is unknown), with the scenario's own."""
        return cls(LIMITS.get(level, ADAPTER), terms.limits_us)

    def us(self, name: str) -> int:
        """In virtual microseconds. Raises KeyError for a name that no table has."""
        return self.own_us[name] if name in self.own_us else self.table[name].us
