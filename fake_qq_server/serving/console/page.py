"""The console's page in one piece: markup, style sheet, script and facts. It fetches nothing but the control
API's answers, holds no token, and no text of a bot can become markup: the policy forbids it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from fake_qq_server.serving.console.facts import facts

PATH = "/console"
Headers = tuple[tuple[str, str], ...]


@cache
def html() -> bytes:
    """The page."""
    # Inside a script element "<" could begin its end.
    told = json.dumps(facts(), ensure_ascii=False).replace("<", "\\u003c")
    parts = {"style": _style(), "script": _script(), "facts": told}
    return re.sub(r"{{(\w+)}}", lambda found: parts[found[1]], _part("console.html")).encode()


@cache
def headers() -> Headers:
    """What a browser is told of the page: this style and this script, and no other text becomes either."""
    policy: Mapping[str, str] = {
        "default-src": "'none'",
        "style-src": _hash(_style()),
        "script-src": _hash(_script()),
        "img-src": "data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return (
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", "; ".join(" ".join(row) for row in policy.items())),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    )


def _style() -> str:
    return _part("console.css")


def _script() -> str:
    return "\n".join(map(_part, ("elements.js", "log.js", "console.js")))


def _part(name: str) -> str:
    return files("fake_qq_server.serving.console").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
