"""The helpers for an error's sentence."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.rules.language_errors import quoted, suggest


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("clsoe", ["close", "cut"], "did you mean close?"),
        ("zzzz", ["cut", "close"], "there is close, cut"),
        ("zzzz", [], "there is none"),
    ],
)
def test_suggest_names_the_nearest_word_or_all_of_them(word: Any, known: list[str], said: str) -> None:
    assert suggest(word, known) == said


def test_a_quoted_value_is_short_and_on_one_line() -> None:
    assert quoted("a\nb") == r"'a\nb'"
    assert quoted("x" * 58) == "'" + "x" * 58 + "'"
    assert quoted("x" * 59) == "'" + "x" * 56 + "..."
    assert quoted(10**5000) == "<int>"
