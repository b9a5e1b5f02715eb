"""How the gateway is configured for a run: config.yaml and hermes' own switches. Docs: docs/runner.md.

Written in the worker before anything of hermes is imported, for hermes reads its home on import.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from harness.scenario.run_spec import BotConfig
from harness.worker.subjects import other_platform, qq_config
from harness.worker.subjects.adapter import PLATFORM

ENVIRONMENT = {"TIRITH_ENABLED": "0", "HERMES_DISABLE_LAZY_INSTALLS": "1", "QQ_ALLOW_ALL_USERS": "true"}
"""hermes' own switches: no scanner is downloaded, nothing is installed while it runs, and 0.13.0 answers
users whom the platform's allow-list lets in with more than a pairing code."""

USUAL = BotConfig()


def configuration(
    credentials: tuple[str, str], bot: BotConfig = USUAL, *, beside: bool = False
) -> dict[str, Any]:
    """config.yaml: QQ alone, or with our own platform beside it; and hermes' switches for what would use the
    network or a model."""
    extra = qq_config.extra(credentials, bot)
    others = {other_platform.NAME: other_platform.CONFIGURATION} if beside else {}
    return {
        "platforms": {PLATFORM: {"enabled": True, "extra": extra}, **others},
        "security": {"allow_lazy_installs": False, "tirith_enabled": False},
        "kanban": {"dispatch_in_gateway": False},
    }


def write_home(credentials: tuple[str, str], bot: BotConfig = USUAL, *, beside: bool = False) -> None:
    """Write config.yaml into HERMES_HOME, and set hermes' environment variables."""
    os.environ.update(ENVIRONMENT)
    path = Path(os.environ["HERMES_HOME"]) / "config.yaml"
    path.write_text(configuration_text(credentials, bot, beside=beside), encoding="utf-8")


def configuration_text(credentials: tuple[str, str], bot: BotConfig = USUAL, *, beside: bool = False) -> str:
    """config.yaml as it is written; JSON is YAML."""
    return json.dumps(configuration(credentials, bot, beside=beside))
