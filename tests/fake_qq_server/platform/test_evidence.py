"""Every behaviour says where it is known from; docs/fidelity.md is made from it."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.platform import evidence, protocol
from fake_qq_server.platform.options import PROFILES, STRICT, Options, written
from fake_qq_server.platform.sends import SENDS
from fake_qq_server.serving.options import SETTABLE


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("doc openapi/error/error.md; the status: inf", ("documented", "inferred")),
        ("log botpy#139", ("log",)),
        ("inf; src botgo", ("SDK", "inferred")),
        ("run", ("SDK",)),
        ("somebody said so", ()),
    ],
)
def test_a_source_is_graded_by_its_labels(source: str, found: tuple[str, ...]) -> None:
    assert evidence.grades(source) == found


def test_no_row_of_any_table_is_without_evidence() -> None:
    rows: list[Any] = [*evidence.BEHAVIOURS, *SENDS, *protocol.REFUSALS.values()]
    for table in (protocol.CLOSE_CODES, protocol.TOKEN_ERRORS, protocol.REST_ERRORS):
        rows += table.values()
    assert len(rows) > 90 and [row for row in rows if not evidence.grades(row.source)] == []


def test_a_behaviour_says_what_the_strict_profile_makes_of_it_where_a_part_of_it_is_inferred() -> None:
    for row in evidence.BEHAVIOURS:
        assert bool(row.strict) == ("inferred" in evidence.grades(row.source)), row


def test_the_strict_profile_changes_nothing_but_behaviours_of_the_table_and_changes_each() -> None:
    told = [row.strict for row in evidence.BEHAVIOURS if "=" in row.strict]
    assert sorted(told) == sorted(f"{name}={written(value)}" for name, value in PROFILES[STRICT].items())
    default = Options()
    assert all(getattr(default, name) != value for name, value in PROFILES[STRICT].items())


def test_an_option_of_a_behaviour_can_be_set() -> None:
    options = [row.option for row in evidence.BEHAVIOURS if row.option]
    assert options and set(options) <= set(SETTABLE)
