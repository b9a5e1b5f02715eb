"""A fork of hermes-agent that goes by another name: which environment variables it reads.

hermes' own begin with HERMES_. A fork that renamed them reads, say, FABRIC_HOME, and would look for its
configuration where there is none, and be judged for it. Known by what the source says, as layouts are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

PREFIX = "HERMES_"

VARIABLES: Mapping[str, str] = {
    "HOME": "$HERMES_HOME",
    "GATEWAY_LOCK_DIR": "$HERMES_GATEWAY_LOCK_DIR",
    "DISABLE_LAZY_INSTALLS": "1",
}
"""What is set in a run's environment, by the name behind the prefix. `$HERMES_HOME` and the like stand for
folders of the run (`harness.process.private_dirs`)."""

CONSTANTS = "*_constants.py"
"""The files, beside the packages, of which one reads the home."""

_HOME = re.compile(r"""(?:environ(?:\.get\(|\[)|getenv\()\s*["']([A-Z][A-Z0-9_]*_)HOME["']""")


def variables(root: Path) -> Mapping[str, str]:
    """What must stand in the environment under the fork's own names; empty where it reads hermes' own."""
    texts = [path.read_text("utf-8", "replace") for path in sorted(root.glob(CONSTANTS)) if path.is_file()]
    prefixes = [prefix for text in texts for prefix in _HOME.findall(text) if not prefix.startswith("XDG_")]
    if not prefixes or PREFIX in prefixes:
        return {}
    return {prefixes[0] + name: value for name, value in VARIABLES.items()}
