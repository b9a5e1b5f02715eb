"""Writes fuzzed inputs to a served platform, many connections at once, and watches what becomes of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fake_qq_server.serving.served import PROGRAM
from tests.fuzz.inputs import KINDS, Kind, Known

AT_ONCE = 32
ENDS_WITHIN_S = 20.0
"""After the client's FIN the platform has so long to end the connection; real seconds, on a busy machine."""


@dataclass
class Platform:
    """A served platform as a process, with its log written to nowhere. `at` is its first line."""

    child: subprocess.Popen[bytes]
    at: dict[str, Any]
    errors: Path

    def end(self) -> tuple[int, str]:
        """Its exit status after SIGTERM, or what it ended with before; and what it wrote on stderr."""
        self.child.terminate()
        status = self.child.wait(timeout=60)
        return status, self.errors.read_text(errors="replace")


@contextlib.contextmanager
def served_platform(*options: str) -> Iterator[Platform]:
    """One that is ready. It writes its log, so that every input passes through that, too."""
    with tempfile.TemporaryDirectory() as made, Path(made, "errors").open("wb") as errors:
        ready = Path(made, "ready.json")
        command = [*PROGRAM, "--log", "text", "--ready-file", str(ready), *options]
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        try:
            while not ready.exists():
                assert child.poll() is None, Path(errors.name).read_text()
                time.sleep(0.02)
            yield Platform(child, json.loads(ready.read_text()), Path(errors.name))
        finally:
            child.kill()
            child.wait()


class Fell(Exception):
    """The platform is gone."""


def memory_kib(pid: int) -> int:
    """What a process has in memory. Raises Fell where it has ended."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    if found is None:  # a zombie has none
        raise Fell
    return int(found[1])


@dataclass
class Fuzz:
    """One series of inputs against the platform of this first line. `show` is told of each tenth of it.

    `inputs` were written, by kind; `open` connections did not end in time although the client had ended
    them; `memory` of the platform's process is in KiB, after each tenth.
    """

    at: dict[str, Any]
    known: Known
    chance: random.Random
    show: Callable[[str], None] = lambda line: None
    inputs: Counter[str] = field(default_factory=Counter)
    open: Counter[str] = field(default_factory=Counter)
    memory: list[int] = field(default_factory=list)
    fell: str = ""
    """Why a plain client was not served afterwards, if it was not."""

    async def run(self, count: int, kinds: Sequence[str] = tuple(KINDS)) -> None:
        """At least so many inputs, in equal shares of the kinds, tenth by tenth."""
        for tenth in range(1, 11):
            for name in kinds:
                await self._share(name, count * tenth // 10 // len(kinds))
            self.memory.append(memory_kib(self.at["pid"]))
            self.show(f"{sum(self.inputs.values()):7,} inputs, {self.memory[-1] / 1024:.0f} MiB")

    async def _share(self, name: str, until: int) -> None:
        """Connections of one kind until so many of its inputs are written."""

        async def work() -> None:
            while self.inputs[name] < until:
                await self._connection(name, KINDS[name])

        async with asyncio.TaskGroup() as workers:
            for _ in range(AT_ONCE):
                workers.create_task(work())

    async def _connection(self, name: str, kind: Kind) -> None:
        pieces = list(kind.make(self.chance, self.known))
        self.inputs[name] += len(pieces)
        port = self.at["ports"][self.chance.choice(kind.hosts)]
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:  # a rule of the control requests refuses just now
            return
        try:
            async with asyncio.timeout(ENDS_WITHIN_S):
                if kind.greeted:
                    pieces = await _greeted(reader, writer, pieces)
                async with asyncio.TaskGroup() as both:
                    both.create_task(_write(writer, pieces))
                    both.create_task(_read(reader))
        except TimeoutError:
            self.open[name] += 1
        finally:
            writer.transport.abort()


async def _greeted(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pieces: list[bytes]
) -> list[bytes]:
    """Write the first and wait for its answer; returns the others."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        writer.write(pieces[0])
        await reader.readuntil(b"\r\n\r\n")
    return pieces[1:]


async def _write(writer: asyncio.StreamWriter, pieces: Sequence[bytes]) -> None:
    with contextlib.suppress(OSError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        writer.write_eof()


async def _read(reader: asyncio.StreamReader) -> None:
    """Until the platform has ended the connection."""
    with contextlib.suppress(OSError):
        while await reader.read(1 << 16):
            pass
