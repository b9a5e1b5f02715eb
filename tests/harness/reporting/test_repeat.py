"""The command that does a stored run again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.journal.record import Record
from harness.reporting.repeat import repeat_command
from tests.harness.journals import SUBJECT
from tests.harness.reporting.made import FIX, SHIPPED, dies, run_of, told

HERMES = "--hermes 0.19.0 --python 3.12"


def command(records: list[Record], **changed: Any) -> str:
    return repeat_command(run_of(records, **changed), SHIPPED)


def of_a_checkout(**subject: Any) -> list[Record]:
    first, *rest = dies()
    event = replace(first.event, subject={**SUBJECT, "source": "path", **subject})  # type: ignore[call-arg]
    return [replace(first, event=event, x={"subject": {"path": "/src/her mes"}}), *rest]


def test_a_release_is_named_with_its_python() -> None:
    assert command(dies()) == f"qqchaos run story/a {HERMES} --seed 7"


@pytest.mark.parametrize(
    ("changed", "end"),
    [
        ({"seed": 0}, ""),
        ({"seed": 0, "level": "runner"}, " --level runner"),
        ({"seed": 0, "fix": {"name": "my change.patch"}}, " --with-fix 'my change.patch'"),
    ],
)
def test_level_fix_and_seed_are_named_where_they_are_not_the_usual(changed: Any, end: str) -> None:
    assert command(dies(), **changed) == f"qqchaos run story/a {HERMES}{end}"


def test_the_fix_of_a_journal_is_named() -> None:
    assert command(told(dies(), fix=FIX)).endswith("--with-fix reference --seed 7")


def test_a_checkout_is_named_by_its_commit_or_its_folder() -> None:
    assert "--hermes git:abc " in command(of_a_checkout(commit="abc"))
    assert "--hermes '/src/her mes' " in command(of_a_checkout(commit="abc-dirty"))
    assert "--hermes '/src/her mes' " in command(of_a_checkout())


def test_without_its_journal_a_checkout_is_a_path_that_the_reader_knows() -> None:
    assert "--hermes PATH " in command(of_a_checkout(), digest="sha256:0")


def test_a_scenario_that_is_not_shipped_was_a_files() -> None:
    assert repeat_command(run_of(dies()), frozenset()).startswith("qqchaos run FILE::story/a ")
