"""Platforms that register themselves; QQ is built in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PlatformEntry:
    """One platform: its name and what builds its adapter."""

    name: str
    label: str
    adapter_factory: Callable[[Any], Any]
    check_fn: Callable[[], bool]
    allow_all_env: str = ""


class PlatformRegistry:
    """By name."""

    def __init__(self) -> None:
        self.entries: dict[str, PlatformEntry] = {}

    def register(self, entry: PlatformEntry) -> None:
        self.entries[entry.name] = entry


platform_registry = PlatformRegistry()
