"""What a rule with a toxic may not say. Part of `language`.

A toxic lies on a proxy, so on all of its connections. What a real proxy cannot do is refused here, so that
every script with toxics can be played to one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fake_qq_server.rules.language_errors import LanguageError, Path
from fake_qq_server.rules.language_verbs import Do
from fake_qq_server.toxics.definition import Definition

TOXIC = "toxic"
"""The verb."""


def toxics(dos: Sequence[Do]) -> Iterator[Definition]:
    """The toxics among the verbs of a rule."""
    return (do.args.main for do in dos if do.verb == TOXIC)


def refuse_toxic(where: bool, chance: bool, dos: Sequence[Do], path: Path) -> None:
    """Raises LanguageError where a rule with a toxic picks connections, or has two of one name."""
    found = list(toxics(dos))
    if found and where:
        text = "a toxic lies on the proxy, so on all of its connections: leave where out, or set toxicity"
        raise LanguageError((*path, "where"), text)
    if found and chance:
        raise LanguageError((*path, "chance"), "a toxic has its own chance: write toxicity inside it")
    names = [one.name for one in found]
    for one in found:
        if names.count(one.name) > 1:
            raise LanguageError(
                (*path, "do"), f"two toxics are called {one.name}: give each its own name inside toxic"
            )
