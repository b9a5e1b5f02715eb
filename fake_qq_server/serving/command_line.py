"""A command line whose refusals are one sentence on one line, whatever was typed."""

from __future__ import annotations

import argparse
import itertools
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

WRONG_USAGE = 2

_TWO_DASHES = re.compile(r"(--[^=]+=|-[^-])--")
"""An option whose value is two dashes. Most releases of argparse take them for the end of all options
and hand on no value."""


def on_one_line(text: str) -> str:
    """The text with what is no printable character, such as a line end, as its escape: a value of somebody's
    stands in many a sentence."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


class Parser(argparse.ArgumentParser):
    """Its errors are one sentence, and where to read on; the exit status is 2."""

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """As argparse's; a value of two dashes is refused."""
        words = sys.argv[1:] if args is None else args
        for word in itertools.takewhile(lambda word: word != "--", words):
            if _TWO_DASHES.fullmatch(word):
                self.error(f"argument {word[:-2].rstrip('=')}: -- is no value")
        return super().parse_known_args(words, namespace)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and exit."""
        self.exit(WRONG_USAGE, on_one_line(f"{self.prog}: {message}; see `{self.prog} --help`") + "\n")
