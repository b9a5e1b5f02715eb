"""Where the console is: its address for people, and a browser for who has one."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import webbrowser

from fake_qq_server.serving.console.page import PATH


def address(control_url: str, token: str) -> str:
    """The page with its token, behind a # so that no browser sends it and no log has it."""
    return f"{control_url}{PATH}#token={token}"


def tell(url: str) -> None:
    """Say it on stderr; on a terminal, where there is a display, open a browser. Never fails."""
    with contextlib.suppress(OSError):
        print(f"console: {url}", file=sys.stderr, flush=True)
    # The browser inherits both: a reader of a pipe would wait for the browser's end.
    if sys.stdout.isatty() and sys.stderr.isatty() and _has_display():
        # Some browsers are waited for, for seconds.
        threading.Thread(target=_open, args=(url,), daemon=True).start()


def _has_display() -> bool:
    """Without one, `webbrowser` would start a browser of text in this terminal."""
    return sys.platform in ("darwin", "win32") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


def _open(url: str) -> None:
    with contextlib.suppress(OSError, webbrowser.Error):
        webbrowser.open(url)
