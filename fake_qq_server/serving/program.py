"""Serving until told to stop: the ports, the first line, the log, the signals, the end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shlex
import signal
import ssl
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from fake_qq_server.addresses import HOSTS
from fake_qq_server.client import shapes
from fake_qq_server.events import ClockSet, Held, Host, Sink
from fake_qq_server.owned_folders import owned_folder
from fake_qq_server.platform.options import Options
from fake_qq_server.platform.protocol import GATEWAY_URL
from fake_qq_server.rules.forbids import Forbid
from fake_qq_server.rules.moments import Moment
from fake_qq_server.rules.rule import Rule
from fake_qq_server.server import FakeQQ
from fake_qq_server.serving.clock import MovableClock
from fake_qq_server.serving.command_line import WRONG_USAGE, on_one_line
from fake_qq_server.serving.console import opening
from fake_qq_server.serving.control import Control
from fake_qq_server.serving.control_http import ControlServer
from fake_qq_server.serving.garbage_collection import rare_collections
from fake_qq_server.serving.history import History
from fake_qq_server.serving.idle import sweep
from fake_qq_server.serving.log import FORMS, left_out
from fake_qq_server.serving.options import LOOPBACK, Settings
from fake_qq_server.serving.printing import Printer
from fake_qq_server.serving.proxy import Proxy, leads
from fake_qq_server.serving.tls import CA_FILE, environment, server_context

ENDED, FAILED = 0, 1
ANYWHERE = "0.0.0.0"
CA_PREFIX = "qqchaos-ca-"
"""What the name of the folder begins with that has the certificate of the private CA."""


@dataclass(frozen=True)
class Story:
    """What acts from the start: rules, prohibitions (`written`, `written_forbids`: as they stand in their
    file), and the moment that ends all rules."""

    rules: Sequence[Rule] = ()
    written: Sequence[Any] = ()
    forbids: Sequence[Forbid] = ()
    written_forbids: Sequence[Any] = ()
    heal: Moment | None = None
    held: Held = "keep"

    @property
    def loaded(self) -> shapes.Rules:
        """The rules as the control API tells them."""
        return shapes.Rules(
            rules=list(self.written),
            forbids=list(self.written_forbids),
            heal=self.heal.text() if self.heal else None,
            held=self.held,
        )


@dataclass
class Program:
    """One served platform. `record` is a journal; it gets every record first, and numbers it. `on_secrets` is
    told of each new secret and token, by name. `on_ready` is told where it serves, in place of the first line
    and the ready file."""

    settings: Settings
    story: Story = field(default_factory=Story)
    record: Sink | None = None
    on_secrets: Callable[[Mapping[str, str]], None] = lambda secrets: None
    on_ready: Callable[[shapes.Ready], None] | None = None
    end: Callable[[int], None] = lambda status: None
    """Ends it with an exit status; it can from `run` or `serve` on. Called in its loop."""
    said_by: str = ""
    """What that sentence begins with: the name of the command."""
    problem: BaseException | None = None
    """How the fake itself failed, if it did."""
    _fake: FakeQQ | None = None

    def run(self) -> int:
        """Serve until SIGINT, SIGTERM, or until nobody reads the log; returns the exit status: 0 ended, 1 the
        fake itself failed, 2 it cannot serve as asked, with one sentence on stderr."""
        try:
            with rare_collections():
                return asyncio.run(self._serve_until_a_signal())
        except OSError as problem:
            where = f"{problem.filename}: " if problem.filename else ""
            told = f"{self.said_by}cannot serve: {where}{problem.strerror or problem}"
            print(on_one_line(told), file=sys.stderr)
            return WRONG_USAGE

    def now_us(self) -> int:
        """The time of the fake, microseconds since it began."""
        return self._fake.now_us() if self._fake else 0

    async def _serve_until_a_signal(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, lambda: self.end(ENDED))
        return await self.serve()

    async def serve(self) -> int:
        """Serve in this loop until `end`, in any thread; returns the exit status. Raises OSError where it
        cannot serve as asked."""
        over: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def end(status: int) -> None:
            if not over.done():
                over.set_result(status)

        def failed(problem: BaseException) -> None:
            traceback.print_exception(problem)
            self.problem = problem
            end(FAILED)

        self.end = end
        if self.settings.proxy and not self.settings.tls:
            raise OSError(0, "--proxy leads to QQ's hosts by https: say --tls too")
        with owned_folder(CA_PREFIX) as folder:
            return await self._serve_until(over, failed, folder)

    async def _serve_until(
        self, over: asyncio.Future[int], failed: Callable[[BaseException], None], folder: Path
    ) -> int:
        loop = asyncio.get_running_loop()
        print_line = Printer(self._left_out, partial(_call_soon, loop, lambda: self.end(ENDED)))
        history = History(partial(self._show, print_line), self.record)
        clock = MovableClock(loop, self.settings.speed)
        fake = self._fake = self._built(history, clock, self._context(folder))
        fake.on_error = failed
        history.now_us = fake.now_us
        control = ControlServer(
            Control(fake, clock, history, self.story.loaded),
            secrets.token_urlsafe(24),
            console=self.settings.console,
        )
        sweeping: asyncio.Task[None] | None = None
        proxy = self._proxy(fake.addresses.ports)
        try:
            at = await control.start(LOOPBACK, (self.settings.port_base or -len(HOSTS)) + len(HOSTS))
            proxied = await proxy.start(LOOPBACK) if self.settings.proxy else None
            fake.start()
            needed = environment(folder / CA_FILE, proxied) if self.settings.tls else {}
            sweeping = loop.create_task(sweep(fake.listeners.values(), fake.now_us))
            self._tell(fake, at, control.token, needed, print_line)
            if self.settings.speed != 1:
                history("peer", ClockSet(self.settings.speed, 0))
            return await over
        finally:
            if sweeping is not None:
                sweeping.cancel()
            await control.stop()
            await proxy.stop()
            if self.record is not None:
                fake.director.report_unmet()
            fake.stop()
            await asyncio.sleep(0)  # sockets close in the loop's next turn
            print_line.close()

    def _context(self, folder: Path) -> ssl.SSLContext | None:
        """Of TLS, whose CA's certificate is then in `folder`."""
        asked = self.settings
        names = {LOOPBACK, "localhost", asked.advertise or LOOPBACK, asked.bind} - {ANYWHERE}
        return server_context(folder, sorted(names)) if asked.tls else None

    def _proxy(self, ports: Mapping[Host, int]) -> Proxy:
        """Not started: it leads QQ's hosts, and every name of this platform's ports, to them."""
        asked = self.settings
        names = {LOOPBACK, "localhost", asked.bind, asked.advertise or asked.bind}
        return Proxy(leads(names, ports), LOOPBACK if asked.bind == ANYWHERE else asked.bind)

    def _built(self, history: History, clock: MovableClock, tls: ssl.SSLContext | None) -> FakeQQ:
        asked = self.settings
        ports: dict[Host, int] = {}
        if asked.port_base is not None:
            ports = {host: asked.port_base + place for place, host in enumerate(HOSTS)}
        options = Options(
            seed=secrets.randbits(48) if asked.seed is None else asked.seed,
            epoch_us=time.time_ns() // 1000,
            any_credentials=not asked.bots,
            gateway_url=asked.gateway_url or GATEWAY_URL,
            speed=asked.speed,
            **asked.platform,
        )
        name = asked.advertise or (LOOPBACK if asked.bind == ANYWHERE else None)
        return FakeQQ(
            history,
            asked.bots,
            rules=self.story.rules,
            forbids=self.story.forbids,
            heal=self.story.heal,
            held=self.story.held,
            seed=options.seed,
            delay_us=0,
            options=options,
            address=asked.bind,
            ports=ports,
            name=name,
            observer=history,
            on_secrets=self.on_secrets,
            tls=tls,
            clock=clock,
        )

    def _show(self, print_line: Callable[[str], None], row: shapes.Record) -> None:
        line = FORMS[self.settings.log](row)
        if line is not None:
            print_line(line)

    def _left_out(self, lines: int) -> str:
        return FORMS[self.settings.log](left_out(lines, self.now_us())) or ""

    def _tell(
        self,
        fake: FakeQQ,
        control_url: str,
        token: str,
        needed: Mapping[str, str],
        print_line: Callable[[str], None],
    ) -> None:
        """`on_ready`, or the first line and the ready file: who has one of them can connect."""
        at = fake.addresses
        ready = shapes.Ready(
            token=at.token,
            api=at.api,
            gateway=fake.platform.options.gateway_url,
            control=control_url,
            control_token=token,
            ports={
                **{str(host): port for host, port in at.ports.items()},
                "control": int(control_url.rpartition(":")[2]),
            },
            pid=os.getpid(),
            env=dict(needed),
        )
        if self.on_ready is not None:
            self.on_ready(ready)
            return
        console = opening.address(control_url, token) if self.settings.console else None
        if console is not None:
            ready["console"] = console
        if self.settings.bind != LOOPBACK:
            print(
                f"warning: anybody who reaches {self.settings.bind} may connect, and nothing is encrypted",
                file=sys.stderr,
                flush=True,
            )
        if self.settings.ready_file is not None:
            write_whole(self.settings.ready_file, json.dumps(ready) + "\n")
        print_line(json.dumps(ready))
        for name, value in needed.items() if self.settings.print_env else ():
            print_line(f"export {name}={shlex.quote(value)}")
        if console is not None:
            opening.tell(console)


def _call_soon(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    """Call it in its loop, from another thread."""
    with contextlib.suppress(RuntimeError):  # the loop is closed: it is over anyway
        loop.call_soon_threadsafe(call)


def write_whole(path: Path, text: str) -> None:
    """Write a file that is there as a whole or not at all, for its owner only. Raises OSError."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
