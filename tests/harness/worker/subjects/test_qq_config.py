"""How hermes' QQ platform is configured, as the scenario says."""

from __future__ import annotations

import pytest

from harness.scenario.run_spec import BotConfig
from harness.worker.subjects.qq_config import extra

CREDENTIALS = ("app", "secret")


def test_everybody_may_write_to_the_bot() -> None:
    usual = extra(CREDENTIALS, BotConfig())
    assert (usual["app_id"], usual["client_secret"]) == CREDENTIALS
    assert (usual["dm_policy"], usual["group_policy"]) == ("allowlist", "allowlist")
    assert usual["allow_from"] == usual["group_allow_from"] == ["*"]


def test_markdown_is_left_to_hermes_unless_the_scenario_wants_plain_text() -> None:
    usual = extra(CREDENTIALS, BotConfig())
    assert "markdown_support" not in usual
    assert extra(CREDENTIALS, BotConfig(markdown=False)) == {**usual, "markdown_support": False}


@pytest.mark.parametrize(
    ("bot", "lacks"), [(BotConfig(secret=False), "client_secret"), (BotConfig(app_id=False), "app_id")]
)
def test_one_of_the_credentials_may_be_missing(bot: BotConfig, lacks: str) -> None:
    assert extra(CREDENTIALS, bot) == {**extra(CREDENTIALS, BotConfig()), lacks: ""}


def test_without_credentials_both_are_empty() -> None:
    bare = extra(CREDENTIALS, BotConfig(credentials=False))
    assert bare == {**extra(CREDENTIALS, BotConfig()), "app_id": "", "client_secret": ""}
