"""The workflow that hermes' CI may copy: it is YAML, and its commands are commands."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import yaml

from harness.commands.arguments import parse
from tests.generated_tables import ROOT

WORKFLOW: Any = yaml.safe_load((ROOT / "docs/ci/qqchaos.yml").read_text(encoding="utf-8"))
STEPS = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]


def commands() -> list[str]:
    lines = [line for step in STEPS for line in step.get("run", "").splitlines()]
    plain = [re.sub(r"\$\{\{.*?\}\}", "HEAD", line).partition("||")[0].partition("|")[0] for line in lines]
    return [line for line in plain if line.startswith("qqchaos ")]


@pytest.mark.parametrize("command", commands())
def test_each_command_parses(command: str) -> None:
    parse(shlex.split(command)[1:])


def test_each_step_runs_something_or_uses_an_action_of_a_version() -> None:
    assert len(commands()) == 4
    for step in STEPS:
        assert ("run" in step) != ("uses" in step)
        assert "@v" in step.get("uses", "@v")


def test_each_job_ends_in_time_by_itself() -> None:
    assert all(job["timeout-minutes"] <= 15 for job in WORKFLOW["jobs"].values())
