"""What is compared of one run: verdict, ending, number of attempts, failed checks. Never a digest or a time.

A digest changes with every word of a journal; what a user of the bot would notice does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Verdict = Literal["pass", "fail", "unknown"]
VERDICTS: tuple[Verdict, ...] = ("fail", "unknown", "pass")
"""From the worst to the best."""


def minor_of(python: str) -> str:
    """3.12 of 3.12.1."""
    return ".".join(python.split(".")[:2])


@dataclass(frozen=True)
class Row:
    """What one run did. `failed`: checks that failed, asked or not.

    `also`, of known results only: what else the same run did, with another seed or delay of its links, or on
    the one `python` (3.11) that such a row names.
    """

    verdict: Verdict
    ending: str
    attempts: int
    failed: tuple[str, ...] = ()
    also: tuple[Row, ...] = ()
    python: str = ""

    @classmethod
    def of_outcome(cls, outcome: Mapping[str, Any]) -> Row:
        """From one of outcome.json's outcomes. Raises KeyError, TypeError or ValueError for anything else."""
        failed = [check["name"] for check in outcome["checks"] if check["state"] == "fail"]
        return cls.of_json({**outcome, "failed": failed})

    @classmethod
    def of_json(cls, document: Mapping[str, Any]) -> Row:
        """From a row of a baseline. Raises KeyError, TypeError or ValueError for anything else."""
        verdict, ending, attempts = document["verdict"], document["ending"], document["attempts"]
        failed = tuple(document["failed"])
        if verdict not in VERDICTS or not all(isinstance(text, str) for text in (ending, *failed)):
            raise ValueError(f"{verdict}, {ending}")
        if not isinstance(attempts, int):
            raise TypeError(f"{attempts} attempts")
        also = tuple(cls.of_json(one) for one in document.get("also", ()))
        return cls(verdict, ending, attempts, failed, also, str(document.get("python", "")))

    def on(self, python: str) -> Row:
        """What is known of the run on a Python, by its minor version: what names that one, else what names
        none."""
        own = [replace(one, python="") for one in self.also if one.python == python]
        if own:
            return replace(own[0], also=tuple(own[1:]))
        return replace(self, also=tuple(one for one in self.also if not one.python))

    @property
    def on_others(self) -> tuple[Row, ...]:
        """What is known of single Pythons."""
        return tuple(one for one in self.also if one.python)

    @property
    def all(self) -> tuple[Row, ...]:
        """Everything that is known of the run."""
        return (replace(self, also=()), *self.also)

    def as_json(self) -> dict[str, Any]:
        """As a baseline holds it."""
        also = {"also": [one.as_json() for one in self.also]} if self.also else {}
        python = {"python": self.python} if self.python else {}
        return {
            **python,
            "verdict": self.verdict,
            "ending": self.ending,
            "attempts": self.attempts,
            "failed": list(self.failed),
            **also,
        }

    @property
    def short(self) -> str:
        """For a cell of a table: `FAIL silent-death, 100`."""
        return f"{self.verdict.upper()} {self.ending}, {self.attempts}"

    @property
    def text(self) -> str:
        """For a person: `FAIL silent-death, 100 attempts (flag, notified)`."""
        failed = f" ({', '.join(self.failed)})" if self.failed else ""
        python = f" on Python {self.python}" if self.python else ""
        return " or ".join([f"{self.short} attempts{failed}{python}", *(one.text for one in self.also)])
