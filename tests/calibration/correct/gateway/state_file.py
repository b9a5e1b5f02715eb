"""gateway_state.json: what the gateway and its platforms say of themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def write(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the file so that a reader sees the old one or the new one and nothing between."""
    said = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"platforms": {}}
    change(said)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(said), encoding="utf-8")
    draft.replace(path)
