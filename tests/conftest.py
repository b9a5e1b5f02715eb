"""Which tests run where: each gets its kind from the folder that it lies in, and CI skips none.

tox.ini chooses by these marks; what each means stands in pyproject.toml.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

HERE = Path(__file__).parent

KINDS = {
    "": "project",
    "fake_qq_server": "pure",
    "harness": "pure",
    "harness/clock": "clock",
    "harness/process": "process",
    "harness/worker": "process",
    "harness/hermes": "runs",
    "harness/hermes/fixes": "pure",
    "harness/commands": "runs",
    "harness/toxiproxy": "runs",
    "harness/commands/report": "pure",
    "calibration": "runs",
    "clients": "runs",
    "regression": "runs",
    "power": "runs",
    "benchmark": "runs",
    "fidelity": "runs",
    "hardening": "runs",
