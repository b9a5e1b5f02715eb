"""Where the console is told of, and when a browser is opened."""

from __future__ import annotations

import sys
import threading
import webbrowser

import pytest

from fake_qq_server.serving.console import opening

URL = opening.address("http://127.0.0.1:1", "secret")


def opened(
    monkeypatch: pytest.MonkeyPatch, *, terminal: bool, display: str, fails: bool = False
) -> list[str]:
    """What a browser is asked to show."""
    asked: list[str] = []
    done = threading.Event()

    def show(url: str) -> bool:
        asked.append(url)
        done.set()
        if fails:
            raise webbrowser.Error("no browser")
        return True

    monkeypatch.setattr(webbrowser, "open", show)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setenv("WAYLAND_DISPLAY", "")
    opening.tell(URL)
    if terminal and display:
        assert done.wait(60)
    return asked


def test_the_token_stands_where_no_browser_sends_it() -> None:
    assert URL == "http://127.0.0.1:1/console#token=secret"


@pytest.mark.parametrize("fails", [False, True])
def test_on_a_terminal_with_a_display_a_browser_is_opened(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fails: bool
) -> None:
    assert opened(monkeypatch, terminal=True, display=":0", fails=fails) == [URL]
    assert capsys.readouterr().err == f"console: {URL}\n"


@pytest.mark.parametrize(("terminal", "display"), [(False, ":0"), (True, "")])
def test_elsewhere_it_is_only_told_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], terminal: bool, display: str
) -> None:
    assert opened(monkeypatch, terminal=terminal, display=display) == []
    assert capsys.readouterr().err == f"console: {URL}\n"
