"""What the gateway and its adapters are configured with."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Platform:
    """A platform by its name."""

    value: str


@dataclass(frozen=True)
class PlatformConfig:
    """`extra` holds app_id and client_secret."""

    enabled: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


def load() -> dict[Platform, PlatformConfig]:
    """The platforms of config.yaml, which is JSON here, in their order."""
    text = (Path(os.environ["HERMES_HOME"]) / "config.yaml").read_text(encoding="utf-8")
    found = json.loads(text)["platforms"].items()
    return {Platform(name): PlatformConfig(bool(one["enabled"]), dict(one["extra"])) for name, one in found}
