"""Rules as written, and what becomes of them: the parsed rules, the only rule, or the mistake."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.language_errors import LanguageError
from fake_qq_server.rules.rule import Rule

CLOSE = {"close": 4009}
DROP = {"id": "drop", "at": "ready + 60s", "do": CLOSE}


def rules(*items: Any) -> tuple[Rule, ...]:
    return parse_rules(list(items))


def rule(**item: Any) -> Rule:
    return rules(item)[0]


def refused(*items: Any) -> LanguageError:
    with pytest.raises(LanguageError) as caught:
        rules(*items)
    assert "\n" not in caught.value.sentence
    assert str(caught.value) == caught.value.sentence
    return caught.value
