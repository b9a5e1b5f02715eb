"""A guard in the subject that refuses private addresses, and the subject's own switch for it.

Newer trees talk HTTP through a client that dials no private address ("SSRF-safe"), and all look at the URL
of a picture before they fetch it. The fake platform is on 127.0.0.1: behind the first not one request would
be sent, and behind the second no picture would arrive. Known by what the source can do, as layouts are.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

from harness.errors import SubjectError
from harness.hermes.layouts import Layout

GUARDED_CLIENT = "ssrf_safe"
"""Part of the names of what makes a guarded client, such as `create_ssrf_safe_async_client`."""

GUARDED_URL = "is_safe_url"
"""The name of what looks at a URL."""

SWITCH_FILES = ("tools/url_safety.py",)
"""Where the guard is."""

SWITCHES: Mapping[str, str] = {"HERMES_ALLOW_PRIVATE_URLS": "true"}
"""Environment variables that open such a guard, with their value; the first one that its file names is
set."""


def opening(root: Path, layout: Layout) -> Mapping[str, str]:
    """What must stand in the subject's environment to let it reach this machine; empty where it may anyway.

    Raises SubjectError for a guard without a switch that is known here.
    """
    names = _names(root / layout.file)
    guarded_client = any(GUARDED_CLIENT in name for name in names)
    if not guarded_client and GUARDED_URL not in names:
        return {}
    texts = [path.read_text("utf-8", "replace") for file in SWITCH_FILES if (path := root / file).is_file()]
    for name, value in SWITCHES.items():
        if any(name in text for text in texts):
            return {name: value}
    if not guarded_client:
        return {}
    raise SubjectError(
        f"{root}: {layout.file} talks HTTP through a guard that refuses private addresses, and has no switch "
        f"that is known here ({', '.join(SWITCHES)}): it cannot reach the fake platform on 127.0.0.1"
    )


def _names(path: Path) -> frozenset[str]:
    """Every name that a source file uses."""
    tree = ast.parse(path.read_bytes(), str(path))
    names = (
        getattr(node, "id", getattr(node, "attr", getattr(node, "name", None))) for node in ast.walk(tree)
    )
    return frozenset(name for name in names if isinstance(name, str))
