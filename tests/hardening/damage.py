"""Damage to a text that is done without understanding it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

ODD_BITS = (
    "\t", "\n", ": ", "- ", "{", "}", "[", "]", "'", '"', "&a ", "*a", "!x ", "!!python/object:os.system ",
    "|", ">", "#", "%", "---\n", "?", "\0", "\x85", "\u2028", "\ufeff", "\\ud800", "\\u0000", "<<: *a\n", "é",
    "9" * 400, "1e999", "0x", ".nan", "-.inf", "~", "yes", "2001-01-01", "1:00:00", "=", "\r", "\x1b[31m",
    "\U0010ffff",
)  # fmt: skip

Damage = Callable[[random.Random, str], str]


def insert_bits(rng: random.Random, text: str) -> str:
    """One to five odd pieces, anywhere; some in place of what is there."""
    for _ in range(rng.randint(1, 5)):
        at, gone = rng.randint(0, len(text)), rng.choice((0, 0, 1, 5, 40))
        text = text[:at] + rng.choice(ODD_BITS) + text[at + gone :]
    return text


def lose_lines(rng: random.Random, text: str) -> str:
    """A few lines are gone."""
    lines = text.splitlines(keepends=True)
    at = rng.randrange(len(lines) + 1)
    del lines[at : at + rng.randint(1, 6)]
    return "".join(lines)


def move_lines(rng: random.Random, text: str) -> str:
    """A few lines stand elsewhere, or in two places."""
    lines = text.splitlines(keepends=True)
    at, to = rng.randrange(len(lines) + 1), rng.randrange(len(lines) + 1)
    taken = lines[at : at + rng.randint(1, 6)]
    if rng.random() < 0.5:
        del lines[at : at + len(taken)]
    return "".join(lines[:to] + taken + lines[to:])


def indent_lines(rng: random.Random, text: str) -> str:
    """A few lines stand further in, or out."""
    lines = text.splitlines(keepends=True)
    at, by = rng.randrange(len(lines) + 1), rng.choice((-2, -1, 1, 2, 4))
    for n in range(at, min(at + rng.randint(1, 4), len(lines))):
        lines[n] = " " * by + lines[n] if by > 0 else lines[n][min(-by, len(lines[n]) - 1) :]
    return "".join(lines)


def cut_short(rng: random.Random, text: str) -> str:
    """The end is missing."""
    return text[: rng.randrange(len(text) + 1)]


def other_line_ends(rng: random.Random, text: str) -> str:
    """Windows' line ends, or an old Mac's; a byte order mark."""
    return rng.choice(("", "\ufeff")) + text.replace("\n", rng.choice(("\r\n", "\r")))


def swap_words(rng: random.Random, text: str) -> str:
    """Two words of the text change places, or one comes twice."""
    words = text.split(" ")
    one, two = rng.randrange(len(words)), rng.randrange(len(words))
    words[one], words[two] = words[two], words[one] if rng.random() < 0.5 else words[two]
    return " ".join(words)


BLIND: Sequence[Damage] = (
    insert_bits, insert_bits, lose_lines, move_lines, indent_lines, cut_short, other_line_ends, swap_words
)  # fmt: skip


def as_bytes(rng: random.Random, text: str) -> bytes:
    """UTF-8; seldom with bytes in it that are not."""
    data = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.05:
        at = rng.randint(0, len(data))
        data = data[:at] + bytes(rng.randrange(256) for _ in range(rng.randint(1, 8))) + data[at:]
    return data
