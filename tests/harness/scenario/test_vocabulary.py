"""The lists of words fit together."""

from __future__ import annotations

import pytest

from harness.scenario import vocabulary


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("LEVELS_DRIVEN", "LEVELS"),
        ("LIMITED", "CHECKS"),
        ("NOT_AT_ADAPTER", "CHECKS"),
        ("REQUIRED", "KEYS"),
        ("KEYS", "RESOLVED_KEYS"),
        ("VARIANT_KEYS", "DOCUMENT_KEYS"),
    ],
)
def test_a_list_that_is_part_of_another_has_its_words_in_the_same_order(part: str, whole: str) -> None:
    words = getattr(vocabulary, part)
    assert words == tuple(word for word in getattr(vocabulary, whole) if word in words)


@pytest.mark.parametrize(
    "name",
    [name for name, words in vars(vocabulary).items() if name.isupper() and isinstance(words, tuple)],
)
def test_no_word_is_listed_twice(name: str) -> None:
    words = getattr(vocabulary, name)
    assert isinstance(words, tuple) and len(words) == len(set(words)) > 0
