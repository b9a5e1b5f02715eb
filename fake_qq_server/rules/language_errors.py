"""What is wrong in a document, and where: the error, and helpers for its sentence.

Whatever reads a document (YAML, the rules, a scenario) raises `LanguageError`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

Path = tuple[str | int, ...]
"""Where in the document: keys and list positions from its root, such as ("rules", 0, "do")."""


class LanguageError(ValueError):
    """The document says something the language does not. `sentence` says what would be right."""

    def __init__(self, path: Path, sentence: str) -> None:
        super().__init__(sentence)
        self.path = path
        self.sentence = sentence


def suggest(word: object, known: Iterable[str]) -> str:
    """`did you mean X?`, or what there is; for the end of a sentence."""
    names = sorted(known)
    close = difflib.get_close_matches(str(word)[:80], names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"there is {', '.join(names)}" if names else "there is none"


def quoted(value: object) -> str:
    """A value for use inside a sentence: on one line, and short."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 60 else text[:57] + "..."
