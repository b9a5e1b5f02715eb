"""Toxics of one name, over all rules of a run. Part of `language`."""

from __future__ import annotations

from collections.abc import Sequence

from fake_qq_server.rules.language_errors import LanguageError, Path
from fake_qq_server.rules.language_verbs import Link
from fake_qq_server.rules.rule import Rule
from fake_qq_server.rules.toxic_rules import toxics


def refuse_two_meanings(rules: Sequence[Rule], places: Sequence[Path]) -> None:
    """Toxics of one name on one host are one toxic, which may be changed but stays of its type and stream."""
    for number, (rule, place) in enumerate(zip(rules, places, strict=True)):
        for other in rules[:number]:
            if not _meet(rule, other):
                continue
            for one in toxics(rule.do):
                for two in toxics(other.do):
                    if one.name == two.name and (one.type, one.stream) != (two.type, two.stream):
                        text = (
                            f"{one.name} is a {two.type} {two.stream} in another rule: give it another name"
                        )
                        raise LanguageError((*place, "do", "toxic"), text)


def _meet(rule: Rule, other: Rule) -> bool:
    """Whether they are about one host."""
    hosts = [one.trigger.host if isinstance(one.trigger, Link) else "" for one in (rule, other)]
    return all(hosts) and ("any" in hosts or hosts[0] == hosts[1])
