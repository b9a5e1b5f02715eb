"""What answers the messages that reach the bot: at the adapter level, and in the agent's place above it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fake_qq_server.platform.told import opening
from harness.journal.run_kinds import How, SpanPhase, SubjAnswer
from harness.journal.writer import Recorder
from harness.scenario.run_spec import Answers
from harness.worker.subjects.observer import record_calls

REPLY = "received: "


class MessageHandler:
    """Answers each message as the scenario's `answers` says, and records each call.

    An answer takes time even where nothing is said: with 0, reply and typing notice are under way at the same
    instant, and on Python 3.11 hermes' typing task then loses its cancellation in asyncio.wait_for (measured:
    busy-spin).
    """

    def __init__(self, answers: Answers, record: Recorder) -> None:
        self._answers = answers
        self._record = record

    async def __call__(self, event: Any, *others: Any) -> str:
        """The answer to one message; `others` is what an agent is told besides."""
        del others
        call = _Call(str(event.message_id), self._answer)
        answer = await record_calls(call.answer, self._record, lambda: call.span)(str(event.text))
        return str(answer)

    async def _answer(self, text: str) -> str:
        await asyncio.sleep(self._answers.after_us / 1e6)
        if self._answers.kind == "raise":
            raise RuntimeError("the message handler raises, as the scenario says")
        return reply_to(text, self._answers.length)


def reply_to(text: str, length: int | None) -> str:
    """The answer to a text; one with a length goes on in numbered lines, so that no two parts are alike.

    It repeats the first line only: further ones may name files of the bot's, which hermes takes out of an
    answer and sends along.
    """
    short = REPLY + next(iter(text.splitlines()), "")
    if length is None:
        return short
    lines, size, number = [short], len(short), 0
    while size < length:
        number += 1
        lines.append(f"line {number} of a long answer")
        size += 1 + len(lines[-1])
    return "\n".join(lines)[:length]


class _Call:
    """One call of the handler, for the message of this id."""

    def __init__(self, message: str, handler: Callable[[str], Awaitable[str]]) -> None:
        self._message = message
        self._handler = handler
        self._said: str | None = None

    async def answer(self, text: str) -> str:
        """What the handler says."""
        self._said = await self._handler(text)
        return self._said

    def span(self, phase: SpanPhase, how: How | None, error: str | None) -> SubjAnswer:
        """The record of its begin, or of its end with what was said."""
        if self._said is None:
            return SubjAnswer(phase, how, error, self._message)
        return SubjAnswer(phase, how, error, self._message, opening(self._said), len(self._said))
