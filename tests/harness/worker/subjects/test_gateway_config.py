"""What the gateway is configured with, before anything of hermes is imported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.worker.subjects.gateway_config import ENVIRONMENT, configuration, write_home


def test_qq_is_the_only_platform_and_everybody_may_write_to_it() -> None:
    platforms = configuration(("app", "secret"))["platforms"]
    assert list(platforms) == ["qqbot"]
    extra = platforms["qqbot"]["extra"]
    assert (extra["app_id"], extra["client_secret"]) == ("app", "secret")
    assert extra["allow_from"] == extra["group_allow_from"] == ["*"]


def test_another_platform_stands_beside_it_where_the_scenario_says_so() -> None:
    platforms = configuration(("app", "secret"), beside=True)["platforms"]
    assert {name: one["enabled"] for name, one in platforms.items()} == {"qqbot": True, "beside": True}


def test_the_home_has_the_configuration_and_the_environment_has_the_switches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HERMES_HOME", str(tmp_path))
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    write_home(("app", "secret"))
    assert json.loads((tmp_path / "config.yaml").read_text()) == configuration(("app", "secret"))
    import os

    assert {name: os.environ[name] for name in ENVIRONMENT} == ENVIRONMENT
