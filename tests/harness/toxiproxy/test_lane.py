"""A real Toxiproxy beside a run: what is refused, and that nothing is left behind."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from typing import Any

import pytest
import requests

from harness.errors import HarnessError
from harness.process.control_channel import Asking
from harness.process.worker_spec import WorkerSpec
from harness.scenario.loading import load_text
from harness.scenario.run_spec import RunSpec
from harness.toxiproxy import lane, program, server

SPEC = WorkerSpec("a-run", "adapter", 0, "/nowhere")


def scenario(rule: str, levels: str = "adapter") -> RunSpec:
    head = f"scenario: mine\nstory: A story.\nissues: []\nlevels: [{levels}]\nasks: [connects]\nend: 10m\n"
    (one,) = load_text(f"{head}rules: [{rule}]\n", "mine.yaml")
    return one.runs[0]


def test_toxicity_is_refused_for_the_server_does_not_tell_whom_it_hits(toxiproxy: Path) -> None:
    rule = "{id: some, link: ws, do: {toxic: {type: latency, toxicity: 0.5, attributes: {latency: 1}}}}"
    said = lane.refusal(scenario(rule), "adapter")
    assert said and said.startswith("rule some: with --network toxiproxy a toxicity is 0 or 1: ")


def test_a_restart_is_refused(toxiproxy: Path) -> None:
    rule = "{id: again, at: 1m, do: {restart: kill}}"
    said = lane.refusal(scenario(rule, "adapter, runner"), "runner")
    assert said and "the program cannot be restarted" in said
    assert lane.refusal(scenario(rule), "adapter") is None


def test_a_missing_server_is_found_out_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "find", lambda cache=None: None)
    with pytest.raises(HarnessError, match=r"`qqchaos toxiproxy install`"):
        lane.check()


def test_a_worker_opens_proxies_and_they_and_the_server_are_gone_afterwards(toxiproxy: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as origin,
        lane.beside(SPEC) as told,
        Asking(told.network) as parent,
    ):
        address = tuple(parent.ask("open", "ws", *origin.getsockname()))
        with socket.create_connection(address, 5) as client, origin.accept()[0] as accepted:
            assert client.send(b"x") and accepted.recv(1) == b"x"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, 5)


def test_on_a_server_that_runs_already_the_proxies_are_removed(
    running: server.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(server.URL, f"http://127.0.0.1:{running.port}")

    def proxies() -> list[str]:
        return list(requests.get(f"http://127.0.0.1:{running.port}/proxies", timeout=5).json())

    with lane.beside(SPEC) as told, lane.beside(SPEC) as other:
        for one in (told, other):
            with Asking(one.network) as parent:
                parent.ask("open", "ws", "127.0.0.1", 9)
        assert len(proxies()) == 2
    assert proxies() == []


def test_a_disabled_proxy_keeps_its_port(toxiproxy: Path) -> None:
    with lane.beside(SPEC) as told, Asking(told.network) as parent:
        address = tuple(parent.ask("open", "ws", "127.0.0.1", 9))
        parent.ask("enable", "ws", False)
        with socket.socket() as stranger, pytest.raises(OSError, match=r"in use"):
            stranger.bind(address)
        parent.ask("enable", "ws", True)
        socket.create_connection(address, 5).close()


def test_a_server_that_has_died_is_told_as_that(toxiproxy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    real = server.running

    @contextlib.contextmanager
    def noted() -> Any:
        with real() as one:
            started.append(one)
            yield one

    monkeypatch.setattr(server, "running", noted)
    with lane.beside(SPEC) as told, Asking(told.network) as parent:
        started[0]._process.kill()
        started[0]._process.wait()
        with pytest.raises(
            HarnessError, match=r"^Toxiproxy ended in the middle of the run \(signal 9, SIGKILL\)$"
        ):
            parent.ask("check")
