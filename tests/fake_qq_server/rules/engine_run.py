"""An engine driven by hand: `EngineRun` acts on every decision, and follows the clock.

Times are seconds here, to be read easily; the engine counts microseconds.
"""

from __future__ import annotations

from typing import Any

from fake_qq_server.rules.decisions import Act, Decision, Step
from fake_qq_server.rules.engine import Engine
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.moments import parse_moment


def us(seconds: float) -> int:
    return round(seconds * 1_000_000)


GATEWAY = "http.gateway"
FAIL: dict[str, Any] = {"when": GATEWAY, "do": {"status": 500}}
DROP: dict[str, Any] = {"id": "drop", "at": "ready + 60s", "do": {"close": 4009}}


class EngineRun:
    """One bot's engine and what came out of it: `pushed` and `turned` as (seconds, verb or rule, ...)."""

    def __init__(
        self, *rules: dict[str, Any], seed: int = 0, heal: str | None = None, acting: bool = True
    ) -> None:
        self.rules = parse_rules(list(rules))
        ids = [rule.id for rule in self.rules if rule.id]
        self.engine = Engine(self.rules, seed, parse_moment(heal, (), ids) if heal else None)
        self.acting = acting
        self.now = 0
        self.pushed: list[tuple[float, str]] = []
        self.turned: list[tuple[float, str, bool]] = []
        self.healed: list[float] = []

    def event(self, name: str, t: float | None = None, **about: Any) -> list[str]:
        """What the rules do to this event at once: the verbs' names, answers first."""
        return [act.do.verb for act in self._acts(self.decision(name, t, **about))]

    def decision(self, name: str, t: float | None = None, **about: Any) -> Decision:
        self.until(self.now / 1e6 if t is None else t)
        decision = self.engine.decide(name, self.now, **about)
        for act in self._acts(decision):
            self.act(act)
        self._settle()
        return decision

    def mark(self, name: str, t: float) -> None:
        self.until(t)
        self.engine.mark(name, self.now)
        self._settle()

    def act(self, act: Act) -> None:
        if self.acting:
            self.engine.acted(act, self.now)

    def until(self, t: float) -> None:
        """Follows `next_due` up to t."""
        for _ in range(100_000):
            due = self.engine.next_due()
            if due is None or due > us(t):
                self.now = max(self.now, us(t))
                return
            self.now = max(self.now, due)
            self._step(self.engine.advance(self.now))
        raise AssertionError("next_due makes no progress")

    def _settle(self) -> None:
        self.until(self.now / 1e6)

    def _step(self, step: Step) -> None:
        now = self.now / 1e6
        for push in step.pushes:
            assert push.due_us <= self.now
            self.pushed.append((now, push.do.verb))
            self.act(push)
        self.turned += [(now, act.rule.key, True) for act in step.on]
        self.turned += [(now, act.rule.key, False) for act in step.off]
        self.healed += [now] if step.healed else []

    @staticmethod
    def _acts(decision: Decision) -> list[Act]:
        return [*decision.answers, *decision.pushes]

    def conditions(self, host: str, direction: str | None = None, conn: int | None = None) -> list[str]:
        return [act.do.verb for act in self.engine.conditions(self.now, host, direction, conn)]

    def unmet(self) -> list[tuple[str, str, int]]:
        return [(unmet.rule.key, unmet.wanted, unmet.got) for unmet in self.engine.unmet()]
