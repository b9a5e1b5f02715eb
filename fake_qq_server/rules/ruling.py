"""What the rules say to one event, and where its outcome is reported. Pure.

ruling = decider.ask("http.api", about, cause)
reply = ruling.reply(ask)        # None: no rule answers, the default is due
...                              # write the event's record, where it is written after the reply
ruling.finish(effect, cause=n)   # once
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fake_qq_server.rules.chains import Chain
from fake_qq_server.rules.decisions import Act, Decision
from fake_qq_server.rules.verbs.registry import Effect


class Ruling:
    """The rules' decision on one event. It belongs to that event alone, whatever is asked in between.

    `rule` and `verb` say whose answer takes the default's place; both are None where no rule answers.
    `cause` is the number of the event's record: the cause of all that the rules do about it. `by` is the
    rule that brought the event about, if one did; `chain` is the chain of pushes that ends in it, if any.
    """

    def __init__(
        self,
        decision: Decision,
        cause: int | None,
        report: Callable[[Act, Effect, int | None], None],
        by: str | None = None,
        chain: Chain | None = None,
    ) -> None:
        """`report(act, effect, cause)` is called where the answer took the default's place."""
        self.cause = cause
        self.by = by
        self.chain = chain
        self._answer = decision.answers[0] if decision.answers else None
        self._report = report
        self._finished = False

    @property
    def rule(self) -> str | None:
        """The key of the rule that answers."""
        return self._answer.rule.key if self._answer else None

    @property
    def verb(self) -> str | None:
        """The verb with which it answers."""
        return self._answer.do.verb if self._answer else None

    @property
    def answered(self) -> bool:
        """Whether a rule answers instead of the default."""
        return self._answer is not None

    def reply(self, ask: object) -> Any:
        """The rule's reply, of the place's own type; None where no rule answers."""
        return self._answer.do.row.act(self._answer.do.args, ask) if self._answer else None

    def finish(self, effect: Effect | None, *, cause: int | None = None) -> None:
        """The event has been dealt with; the answer's act is recorded now, if there is one.

        `effect` is what the answer did, None where it changed nothing. `cause` is for an event that was
        recorded after it was decided on. Raises RuntimeError if called twice, or if a cause was known before.
        """
        if self._finished or (cause is not None and self.cause is not None):
            raise RuntimeError("a ruling is finished once, and has one cause")
        self._finished = True
        self.cause = self.cause if cause is None else cause
        if self._answer is not None and effect is not None:
            self._report(self._answer, effect, self.cause)
