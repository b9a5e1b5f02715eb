"""Subjects that leak what a run's own world does not decide, each the correct bot with one small change.

A canary says what it drew as a log record's template, which a journal keeps. `leaks`: it must be caught by
a rerun; otherwise the harness makes it repeatable, and all reruns must be equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.calibration.saboteurs import ADAPTER, Change

AT_SERVICE = '        self._local.say("connected")\n'
AT_BEAT = "                self._unanswered += 1\n"


@dataclass(frozen=True)
class Canary:
    """`rerun`: one that must see it where it leaks; `run`: where it shows."""

    words: str
    changes: tuple[Change, ...]
    leaks: bool
    rerun: str = "again"
    run: str = "calibration-calm"


def says(code: str, where: str = AT_SERVICE, indent: int = 8) -> tuple[Change, ...]:
    """The correct bot with these lines of code at that place."""
    lines = "".join(f"{' ' * indent}{line}\n" for line in code.strip().splitlines())
    return (Change(ADAPTER, where, lines + where),)


ABANDONS = """
import socket
where = API_BASE.removeprefix("http://").split(":")
abandoned = [socket.create_connection((where[0], int(where[1])))]
abandoned.append(abandoned)
del abandoned
"""
KEEPS_A_LOG = """
if logger.isEnabledFor(logging.DEBUG):
    self.log += [[n] for n in range(100)]
"""

CANARIES: Mapping[str, Canary] = {
    "racing-thread": Canary(
        "a thread that the clock does not know counts while the bot connects",
        (
            Change(
                ADAPTER,
                "            async with asyncio.timeout(ATTEMPT_S):\n                await self._attempt()\n"
                '        except Exception as problem:\n            logger.warning("connect failed',
                "            import _thread\n"
                "            self.turns = 0\n"
                "            def race() -> None:\n"
                "                while not self._in_service:\n"
                "                    self.turns += 1\n"
                "            _thread.start_new_thread(race, ())\n"
                "            async with asyncio.timeout(ATTEMPT_S):\n                await self._attempt()\n"
                '            logger.info(f"counted to {self.turns}")\n'
                '        except Exception as problem:\n            logger.warning("connect failed',
            ),
        ),
        leaks=True,
    ),
    "threads": Canary(
        "two threads race for who comes first, under the clock",
        says(
            """
import threading
first: list[str] = []
racers = [threading.Thread(target=first.append, args=(name,)) for name in ("one", "two")]
for racer in racers:
    racer.start()
for racer in racers:
    racer.join()
logger.info(f"came in as {first}")
"""
        ),
        leaks=False,
    ),
    "urandom-device": Canary(
        "reads the system's random device",
        says('with open("/dev/urandom", "rb") as device:\n    logger.info(f"drew {device.read(8).hex()}")'),
        leaks=True,
    ),
    "getrandom": Canary(
        "asks the system for random bytes",
        says('import os\nlogger.info(f"drew {os.getrandom(8).hex()}")'),
        leaks=False,
    ),
    "uuid4": Canary(
        "makes a random uuid",
        says('import uuid\nlogger.info(f"made {uuid.uuid4()}")'),
        leaks=False,
    ),
    "uuid1": Canary(
        "makes a uuid of the time and the machine",
        says('import uuid\nlogger.info(f"made {uuid.uuid1()}")'),
        leaks=False,
    ),
    "secrets": Canary(
        "draws a secret",
        says('import secrets\nlogger.info(f"drew {secrets.token_hex(8)}")'),
        leaks=False,
    ),
    "set-of-texts": Canary(
        "goes through a set of texts in the set's own order",
        says('logger.info(" ".join({f"intent-{n}" for n in range(20)}))'),
        leaks=True,
        rerun="hash-seed",
    ),
    "set-of-objects": Canary(
        "goes through a set of objects in the order of their addresses",
        says(
            """
marks = [type("Mark", (), {})() for n in range(200)]
logger.info(" ".join(str(marks.index(mark)) for mark in set(marks)))
"""
        ),
        leaks=True,
        rerun="fresh",
    ),
    "address": Canary(
        "logs an address, as any default repr does",
        says('logger.info(f"here is {object()!r}")'),
        leaks=False,
    ),
    "folder": Canary(
        "logs the path of its home",
        says('import os\nlogger.info("home is " + os.environ["HERMES_HOME"])'),
        leaks=False,
    ),
    "folder-length": Canary(
        "logs how long the path of its home is",
        says("import os\nlogger.info(f\"home has {len(os.environ['HERMES_HOME'])} letters\")"),
        leaks=True,
        rerun="elsewhere",
    ),
    "process-time": Canary(
        "logs how much CPU it has used",
        says('logger.info(f"used {time.process_time_ns()} ns")'),
        leaks=True,
    ),
    "log-level": Canary(
        "behaves differently where somebody reads its debug log",
        says("if logger.isEnabledFor(logging.DEBUG):\n    await asyncio.sleep(0.001)"),
        leaks=True,
        rerun="verbose",
    ),
    "garbage": Canary(
        "leaves sockets to the garbage collector, which the harness calls at fixed times",
        says(ABANDONS, AT_BEAT, 16),
        leaks=False,
    ),
    "garbage-at-any-time": Canary(
        "the same with automatic collection, whose moments hang on unrelated objects: here those of a log",
        (
            *says(ABANDONS + KEEPS_A_LOG, AT_BEAT, 16),
            *says("import gc\ngc.enable()\ngc.set_threshold(500, 2, 2)\nself.log: list[list[int]] = []"),
        ),
        leaks=True,
        rerun="verbose",
    ),
}
