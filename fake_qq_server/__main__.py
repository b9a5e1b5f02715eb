"""`python -m fake_qq_server`: the fake platform on loopback, in real time, for a real bot.

Prints the three addresses, then a line for each thing that happens, until Ctrl-C (exit status 130).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from fake_qq_server.addresses import HOSTS, Addresses
from fake_qq_server.events import NOBODY, NOTHING, Envelope, Event, Host
from fake_qq_server.server import FakeQQ

BOT = ("102000001", "secret-of-102000001")
INTERRUPTED = 130


class Printer:
    """A sink that prints: plain lines for people, or JSON Lines. Times are those of `fake`."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._count = 0
        self.fake: FakeQQ | None = None

    def __call__(
        self, src: str, event: Event, about: Envelope = NOBODY, x: Mapping[str, Any] = NOTHING
    ) -> int:
        self._count += 1
        t = self.fake.now_us() if self.fake else 0
        self.line(_json(self._count, t, src, event, about) if self._as_json else _plain(t, event, about))
        return self._count

    def addresses(self, at: Addresses) -> None:
        """The first lines: where a client finds the fake."""
        if self._as_json:
            self.line(json.dumps({"api": at.api, "token": at.token, "gateway": at.gateway}))
            return
        for name, where in (("token", at.token), ("api", at.api), ("gateway", at.gateway)):
            self.line(f"{name:8} {where}")

    def line(self, text: str) -> None:
        """Print a line at once."""
        print(text, flush=True)


def _json(n: int, t: int, src: str, event: Event, about: Envelope) -> str:
    record = {"n": n, "t": t, "src": src, "k": event.KIND, **asdict(about), "d": asdict(event)}
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def _plain(t: int, event: Event, about: Envelope) -> str:
    said = [f"{key}={value}" for key, value in asdict(event).items() if value not in (None, "", False)]
    who = [f"{key} {n}" for key, n in (("bot", about.bot), ("connection", about.conn)) if n is not None]
    by = [f"by rule {about.rule}"] if about.rule else []
    return f"{t / 1e6:10.3f}  {event.KIND:14} " + "  ".join([*said, *who, *by])


def _bot(text: str) -> tuple[str, str]:
    app_id, colon, secret = text.partition(":")
    if not (app_id and colon and secret):
        raise argparse.ArgumentTypeError(f"{text!r} is not APPID:SECRET")
    return app_id, secret


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535 - len(HOSTS) + 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no port with two more above it")
    return int(text)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m fake_qq_server", description=__doc__.splitlines()[0])
    made.add_argument(
        "--bot",
        type=_bot,
        action="append",
        metavar="APPID:SECRET",
        help=f"a bot's credentials; may be given again (default: {BOT[0]}:{BOT[1]})",
    )
    made.add_argument(
        "--port-base",
        type=_port,
        metavar="PORT",
        help="token, api and gateway get this port and the next two",
    )
    made.add_argument("--json", action="store_true", help="JSON Lines instead of plain ones")
    return made


async def serve(bots: Sequence[tuple[str, str]], ports: Mapping[Host, int], printer: Printer) -> int:
    """Serve until interrupted, or until the fake itself fails. Returns the exit status."""
    over: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def end(status: int) -> None:
        if not over.done():
            over.set_result(status)

    def failed(problem: BaseException) -> None:
        if isinstance(problem, BrokenPipeError):  # nobody reads on: `| head`
            end(INTERRUPTED)
        else:
            traceback.print_exception(problem)
            end(1)

    fake = FakeQQ(printer, bots, delay_us=0, ports=ports)
    fake.on_error = failed
    printer.fake = fake
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end, INTERRUPTED)
    printer.addresses(fake.start())
    try:
        return await over
    finally:
        fake.stop()
        await asyncio.sleep(0)  # sockets close in the loop's next turn


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve; returns the exit status: 130 interrupted, 1 failed, 2 wrong usage or a port is taken."""
    given = parser().parse_args(arguments)
    bots = given.bot or [BOT]
    if len({app_id for app_id, _ in bots}) < len(bots):
        parser().error("an app id is given twice")
    ports: dict[Host, int] = {}
    if given.port_base:
        ports = {host: given.port_base + place for place, host in enumerate(HOSTS)}
    try:
        status = asyncio.run(serve(bots, ports, Printer(given.json)))
    except OSError as problem:
        print(f"cannot serve: {problem.strerror or problem}", file=sys.stderr)
        return 2
    with contextlib.suppress(ValueError, OSError):
        sys.stdout.flush()
        return status
    os.dup2(
        os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
    )  # else the interpreter complains at its end
    return status


if __name__ == "__main__":
    sys.exit(main())
