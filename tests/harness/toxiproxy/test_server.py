"""Servers: ours, and one that runs already."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import HarnessError, UsageError
from harness.toxiproxy import program, server
from harness.toxiproxy.api import Api
from tests.harness.toxiproxy.test_program import executable


def answers(one: server.Server) -> bool:
    try:
        return bool(Api(one.host, one.port).version())
    except HarnessError:
        return False


def test_each_server_has_a_port_of_its_own_and_is_ended(toxiproxy: Path) -> None:
    with server.running() as one, server.running() as other:
        assert one.port != other.port and answers(one) and answers(other)
    assert not answers(one) and not answers(other)


def test_a_server_is_ended_whatever_happens(toxiproxy: Path) -> None:
    with pytest.raises(KeyboardInterrupt), server.running() as one:
        raise KeyboardInterrupt
    assert not one.alive and not answers(one)


def test_a_program_that_ends_at_once_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = executable(tmp_path / "toxiproxy-server", "#!/bin/sh\nexit 3\n")
    monkeypatch.setattr(program, "find", lambda cache=None: broken)
    with pytest.raises(HarnessError, match=r"does not start: it ended with 3$"), server.running():
        pass


def test_a_file_that_is_no_program_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "find", lambda cache=None: executable(tmp_path / "x", "\0"))
    with pytest.raises(HarnessError, match=r"does not start: "), server.running():
        pass


def test_a_server_that_runs_already_is_used_and_left_alone(
    running: server.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(server.URL, f"http://localhost:{running.port}")
    with server.running() as one:
        assert one.port == running.port
    assert answers(running)


@pytest.mark.parametrize("value", ["http://192.0.2.1:8474", "http://127.0.0.1", "127.0.0.1:x", "?"])
def test_an_address_that_is_none_or_elsewhere_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(server.URL, value)
    with pytest.raises(UsageError, match=r"TOXIPROXY_URL is .*: name a server on this machine"):
        server.named()
