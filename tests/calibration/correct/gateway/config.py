"""What the adapter is configured with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class PlatformConfig:
    """`extra` holds app_id and client_secret."""

    enabled: bool = False
    extra: dict[str, Any] = field(default_factory=dict)
