"""A real Toxiproxy beside each run: a server of its own, three proxies, and a channel to the worker."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from harness.errors import HarnessError
from harness.process.control_channel import Serving
from harness.process.worker_spec import WorkerSpec
from harness.scenario.run_spec import RunSpec
from harness.toxiproxy import program, server
from harness.toxiproxy.api import Api

LOOPBACK = "127.0.0.1"

_numbers = itertools.count(1)


def check() -> None:
    """Raises HarnessError where there is no server to be had, UsageError where TOXIPROXY_URL is none."""
    if server.named() is None:
        program.needed()


def refusal(spec: RunSpec, level: str) -> str | None:
    """Why this lane cannot carry a run; None where it can."""
    for rule in spec.rules:
        for do in rule.do:
            if do.verb == "toxic" and do.args.main.toxicity not in (0, 1):
                return (
                    f"rule {rule.key}: with --network toxiproxy a toxicity is 0 or 1: the server draws by "
                    "itself which connections it hits, and does not tell"
                )
            if do.row.acts_on == "subject" and level != "adapter":
                return (
                    f"rule {rule.key}: with --network toxiproxy the program cannot be restarted, for its "
                    "sockets are then those of another process"
                )
    return None


@contextlib.contextmanager
def beside(spec: WorkerSpec) -> Iterator[WorkerSpec]:
    """What the supervisor does around each run. Nothing of it is left behind, whatever the run does."""
    with server.running() as one, Proxies(one) as proxies, Serving(proxies.functions) as channel:
        yield replace(spec, network=channel.name)


class Proxies:
    """The proxies of one run on one server, by host."""

    def __init__(self, one: server.Server) -> None:
        self._server = one
        self._api = Api(one.host, one.port)
        self._names: dict[str, str] = {}
        self._prefix = f"qqchaos-{os.getpid()}-{next(_numbers)}"
        self._reserved: list[socket.socket] = []

    def __enter__(self) -> Proxies:
        try:
            self._api.version()
        except HarnessError as problem:
            raise HarnessError(f"--network toxiproxy: {problem}") from None
        return self

    def __exit__(self, *exc: object) -> None:
        for name in self._names.values():
            with contextlib.suppress(HarnessError):
                self._api.delete(name)
        for sock in self._reserved:
            sock.close()

    @property
    def functions(self) -> Mapping[str, Any]:
        """What the worker may ask, by name."""
        return {
            "open": self._asked(self._open),
            "add": self._asked(lambda host, toxic: self._api.add(self._names[host], toxic)),
            "change": self._asked(lambda host, toxic: self._api.change(self._names[host], toxic)),
            "remove": self._asked(lambda host, name: self._api.remove(self._names[host], name)),
            "enable": self._asked(lambda host, on: self._api.enable(self._names[host], on)),
            "check": self._asked(self._api.version),
        }

    def _asked(self, call: Any) -> Any:
        """A server that is gone is that, whatever it was asked."""

        def do(*arguments: Any) -> Any:
            try:
                return call(*arguments)
            except HarnessError:
                if self._server.alive:
                    raise
                raise HarnessError(f"Toxiproxy ended in the middle of the run ({self._server.end})") from None

        return do

    def _open(self, host: str, address: str, port: int) -> tuple[str, int]:
        """Put a proxy before a host; where it listens."""
        listen = self._reserve()
        name = f"{self._prefix}-{host}"
        self._api.create(name, f"{address}:{port}", f"{LOOPBACK}:{listen}")
        self._names[host] = name
        return LOOPBACK, listen

    def _reserve(self) -> int:
        """A free port that stays ours while the proxy is disabled: bound, and never listening. Toxiproxy may
        listen there all the same, for both ask for SO_REUSEADDR."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._reserved.append(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((LOOPBACK, 0))
        return int(sock.getsockname()[1])
