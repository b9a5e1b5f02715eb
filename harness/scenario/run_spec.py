"""One run of a scenario as frozen data, the same in the parent and in the worker.

Made by `parse_run` only, which checks it. Times are integer microseconds of virtual time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fake_qq_server.events import Held
from fake_qq_server.rules.forbids import Forbid
from fake_qq_server.rules.moments import Moment
from fake_qq_server.rules.rule import Rule
from harness.scenario.service_unit import Unit
from harness.scenario.vocabulary import PORT_OF_GATEWAY


@dataclass(frozen=True)
class Healing:
    """When every rule ends for good, and whether what a condition holds back then stays held."""

    at: Moment
    held: Held = "keep"


@dataclass(frozen=True)
class Handler:
    """What the fatal-error handler of the adapter level does; `slow` takes `slow_us` to return."""

    kind: Literal["record", "slow", "raise", "disconnect"] = "record"
    slow_us: int = 0


@dataclass(frozen=True)
class Answers:
    """What the handler of messages does after `after_us`: it answers with `length` characters (None: a few),
    or raises."""

    kind: Literal["reply", "raise"] = "reply"
    after_us: int = 1_000_000
    length: int | None = None

    @property
    def slower_us(self) -> int:
        """How much longer than usual an answer takes."""
        return max(0, self.after_us - Answers.after_us)


@dataclass(frozen=True)
class BotConfig:
    """How the bot is configured: whether it writes markdown (else plain text), and has credentials, or one of
    the two alone."""

    markdown: bool = True
    credentials: bool = True
    app_id: bool = True
    secret: bool = True


DEFAULT_PROBES = ("c2c",)


@dataclass(frozen=True)
class RunSpec:
    """One run. `resolved` is the whole of it as plain data; everything else is parsed from that.

    It ends at `end_us`, or `end_after_us` after its healing (where nothing heals, after the first give-up) if
    that is sooner. `asks` is by level, `limits` (µs) by check; `delay_us` is the link's, one way. `answers`
    None is the usual handler of messages; `bot` is its configuration, `environment` is set for its process;
    `probes` are kinds of `vocabulary.PROBES`. `hypothetical`: a rule injects what no witness shows to be
    possible.
    """

    name: str
    scenario: str
    story: str
    issues: tuple[int, ...]
    levels: tuple[str, ...]
    asks: Mapping[str, tuple[str, ...]]
    rules: tuple[Rule, ...]
    end_us: int
    end_after_us: int | None = None
    forbids: tuple[Forbid, ...] = ()
    start: Literal["up", "down", "killed"] = "up"
    beside: Literal["healthy"] | None = None
    handler: Handler = field(default_factory=Handler)
    answers: Answers | None = None
    bot: BotConfig = BotConfig()
    environment: Mapping[str, str] = field(default_factory=dict)
    probes: tuple[str, ...] = DEFAULT_PROBES
    delay_us: int = 40_000
    hypothetical: bool = False
    tags: tuple[str, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    restart: Unit | None = None
    heal: Healing | None = None
    resolved: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def variables(self, gateway_port: int) -> dict[str, str]:
        """`environment`, once the gateway has a port."""
        return {
            name: text.replace(PORT_OF_GATEWAY, str(gateway_port)) for name, text in self.environment.items()
        }

    def moments(self) -> tuple[Moment, ...]:
        """Every moment that its rules, its prohibitions and its healing name."""
        named = [moment for one in self.rules for moment in one.moments()]
        named += [moment for one in self.forbids for moment in one.moments()]
        return (*named, self.heal.at) if self.heal else tuple(named)

    def asks_for(self, level: str) -> tuple[str, ...]:
        """The checks that decide the verdict at this level; none where the run is not meant for it."""
        return self.asks.get(level, ())
