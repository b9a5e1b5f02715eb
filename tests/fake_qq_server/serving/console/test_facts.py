"""The console's buttons: complete, and each something that the control API takes."""

from __future__ import annotations

import json

import pytest

from fake_qq_server.platform.protocol import CLOSE_CODES
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.verbs.registry import Class
from fake_qq_server.serving.console.facts import EXAMPLE, FAULTS, Button, facts, groups

BUTTONS = [button for group in groups() for button in group.buttons]


@pytest.mark.parametrize("button", BUTTONS, ids=lambda button: button.name)
def test_a_button_is_a_push_that_the_language_takes(button: Button) -> None:
    (rule,) = parse_rules([{"at": "0s", "do": button.do}])
    assert [do.row.kind for do in rule.do] == [Class.PUSH]


def test_every_close_code_of_the_table_has_one_button() -> None:
    codes = [one.do["close"] for one in BUTTONS if isinstance(one.do, dict) and "close" in one.do]
    assert sorted(codes) == sorted(CLOSE_CODES)


def test_no_two_buttons_have_the_same_name_and_no_group_is_empty() -> None:
    assert len({button.name for button in BUTTONS}) == len(BUTTONS)
    assert all(group.buttons for group in groups())


def test_what_there_is_besides_close_codes() -> None:
    rest = [one.name for one in BUTTONS if not one.name.startswith("close ")]
    assert rest == ["op 7", "op 9, d: false", "op 9, d: true", "fin", "revoke", "rst"]


def test_what_many_close_codes_mean_is_said_once() -> None:
    (many,) = [group for group in groups() if group.title.endswith("internal error, reconnect")]
    assert [one.name for one in many.buttons] == [f"close {code}" for code in range(4900, 4914)]
    assert not any(one.means for one in many.buttons)


def test_all_faults_together_are_rules_and_none_has_to_act() -> None:
    rules = parse_rules([dict(fault.rule) for fault in FAULTS])
    assert all(rule.id is not None and rule.fires.holds(0) for rule in rules)


def test_the_example_is_good_rules() -> None:
    assert len(parse_rules(list(EXAMPLE))) == 2


def test_the_facts_can_be_written_as_json() -> None:
    assert json.loads(json.dumps(facts()))["messages"]
