"""Small stand-ins for hermes-agent, shaped as each layout is, written for these tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

OWN_LOOP = '''\
"""A stand-in for the adapter: three exits, as the real one has."""
from __future__ import annotations

import asyncio

API_BASE = "https://api.example"
TOKEN_URL = "https://token.example"
LIMIT = 100


class QQAdapter:
    def __init__(self, failures=()):
        self.failures = list(failures)
        self.calls = []

    async def connect(self):
        self._task = asyncio.create_task(self._listen_loop())

    async def disconnect(self):
        self._mark_disconnected()
        return

    async def _listen_loop(self):
        for failure in self.failures:
            try:
                raise failure
            except ConnectionError:
                if failure:
                    self._mark_disconnected()
                    return
                else:
                    self._mark_disconnected()
                    return
            except Exception:
                self._mark_disconnected()
                return

    async def _reconnect(self, index):
        return False

    def _mark_disconnected(self):
        self.calls.append("mark")

    def _set_fatal_error(self, code, message, *, retryable):
        self.calls.append((code, retryable))

    async def _notify_fatal_error(self):
        self.calls.append("notified")
'''

SDK = """\
class QQAdapter:
    async def connect(self):
        self._qq_ws = object()

    async def disconnect(self):
        self._qq_ws = None

    async def _listen_loop(self):
        return None

    async def _reconnect(self, index):
        return False
"""

METADATA = """\
Metadata-Version: 2.4
Name: hermes-agent
Version: {version}
Provides-Extra: slack
Requires-Dist: aiohttp==9.9.9; extra == "slack"
Provides-Extra: messaging
Requires-Dist: aiohttp==3.13.3; extra == "messaging"
"""

FILES = {
    "A": ("gateway/platforms/qqbot/adapter.py", OWN_LOOP),
    "A1": ("gateway/platforms/qqbot.py", OWN_LOOP),
    "B": ("plugins/platforms/qqbot/adapter.py", OWN_LOOP),
    "C": ("plugins/platforms/qqbot/adapter.py", SDK),
}

MakeTree = Callable[..., Path]


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def make_tree(root: Path, layout: str = "A", version: str | None = "0.19.0") -> Path:
    """A folder with a hermes-agent of that layout; with `version`, as a distribution is unpacked."""
    file, text = FILES[layout]
    write(root / "hermes_constants.py", "HOME = None\n")
    write(root / "gateway" / "__init__.py")
    write(root / "gateway" / "run.py", "class GatewayRunner:\n    pass\n")
    write(root / "gateway" / "platforms" / "__init__.py")
    write(root / "plugins" / "__init__.py")
    write(root / "hermes_cli" / "__init__.py")
    write(root / "hermes_cli" / "main.py", "def main():\n    return 0\n")
    target = write(root / file, text)
    if target.name == "adapter.py":
        write(target.with_name("__init__.py"))
    if version is not None:
        info = root / f"hermes_agent-{version}.dist-info"
        write(info / "METADATA", METADATA.format(version=version))
        write(info / "top_level.txt", "gateway\nhermes_cli\nhermes_constants\nplugins\n")
    return root


@pytest.fixture
def tree() -> MakeTree:
    """`tree(folder, layout="A", version="0.19.0")` writes a stand-in and gives the folder back."""
    return make_tree
