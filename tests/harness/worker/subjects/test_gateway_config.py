"""What the gateway is configured with, before anything of hermes is imported."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from harness.scenario.run_spec import BotConfig
from harness.worker.subjects import qq_config
from harness.worker.subjects.gateway_config import ENVIRONMENT, configuration, write_home


def test_qq_is_the_only_platform_and_everybody_may_write_to_it() -> None:
    platforms = configuration(("app", "secret"))["platforms"]
    assert list(platforms) == ["qqbot"]
    extra = platforms["qqbot"]["extra"]
    assert (extra["app_id"], extra["client_secret"]) == ("app", "secret")
    assert extra["allow_from"] == extra["group_allow_from"] == ["*"]


def test_qq_is_configured_as_at_the_adapter_level() -> None:
    bot = BotConfig(markdown=False)
    (qq,) = configuration(("app", "secret"), bot)["platforms"].values()
    assert qq["extra"] == qq_config.extra(("app", "secret"), bot)


def test_another_platform_stands_beside_it_where_the_scenario_says_so() -> None:
    platforms = configuration(("app", "secret"), beside=True)["platforms"]
    assert {name: one["enabled"] for name, one in platforms.items()} == {"qqbot": True, "beside": True}


def test_the_home_has_the_configuration_and_the_environment_has_the_switches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HERMES_HOME", str(tmp_path))
    for name in ENVIRONMENT:
        monkeypatch.setenv(name, "")
    write_home(("app", "secret"))
    assert json.loads((tmp_path / "config.yaml").read_text()) == configuration(("app", "secret"))
    assert {name: os.environ[name] for name in ENVIRONMENT} == ENVIRONMENT


def test_the_home_has_the_scenario_s_bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HERMES_HOME", *ENVIRONMENT):
        monkeypatch.setenv(name, str(tmp_path))
    bot = BotConfig(credentials=False)
    write_home(("app", "secret"), bot)
    assert json.loads((tmp_path / "config.yaml").read_text()) == configuration(("app", "secret"), bot)
