"""One defect a check of the whole program: each saboteur is the correct gateway with one small change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.calibration.saboteurs import Change, Saboteur

RUN = "gateway/run.py"
ADAPTER = "gateway/platforms/qqbot/adapter.py"
LOCAL = "gateway/platforms/qqbot/local.py"

GIVES_UP = ("last-platform-lost", "last-platform-lost+heals-20m-after-gaveup-or-3h")
BESIDE = ("beside-another/upgrade-403", "beside-another/upgrade-403+heals-20m-after-gaveup-or-3h")
DOWN = (
    "down-from-the-start/token-500",
    "down-from-the-start/token-500+heals-5m",
    "down-from-the-start/token-500+heals-5h",
)
FATAL = ("closed-for-good/banned-4915", "wrong-secret")
STOPPED = ("told-to-stop/term-connected", "told-to-stop/int-in-back-off", "told-to-stop/term-while-handling")

ENDINGS: Mapping[str, str] = {
    "healthy": "undisturbed",
    "beside-healthy": "undisturbed",
    "message-in-flight/reply-hangs+heals-20m": "recovered",
    "last-platform-lost": "fatal-notified",
    "last-platform-lost+heals-20m-after-gaveup-or-3h": "recovered",
    "beside-another/upgrade-403": "fatal-notified",
    "beside-another/upgrade-403+heals-20m-after-gaveup-or-3h": "recovered",
    "down-from-the-start/token-500": "never-connected",
    "down-from-the-start/token-500+heals-5m": "recovered",
    "down-from-the-start/token-500+heals-5h": "recovered",
    "closed-for-good/banned-4915": "exited",
    "wrong-secret": "exited",
    "told-to-stop/int-connected": "exited",
    "told-to-stop/term-connected": "exited",
    "told-to-stop/int-in-back-off": "exited",
    "told-to-stop/term-while-handling": "exited",
}
"""What becomes of the correct gateway, in each run that a saboteur is looked at in."""

_LET_GO_AND_QUEUE = (
    "        await self._let_go(adapter)\n"
    "        if adapter.fatal_error_retryable:\n"
    "            self._queue(platform, 0)\n"
    "        await self._end_if_nothing_is_left()\n"
)

GATEWAYS: Mapping[str, Saboteur] = {
    "back": Saboteur(
        "back",
        "never queues again what gave up; beside another platform it lives on",
        (
            Change(
                RUN,
                _LET_GO_AND_QUEUE,
                "        await self._let_go(adapter)\n",
            ),
        ),
        (*GIVES_UP[:1], *BESIDE[:1]),
        ending={GIVES_UP[0]: "stranded", BESIDE[0]: "stranded"},
    ),
    "back-code": Saboteur(
        "back",
        "ends with code 0 when nothing can help: Restart=on-failure does nothing",
        (Change(RUN, "NOTHING_CAN_HELP = 78\n", "NOTHING_CAN_HELP = 0\n"),),
        FATAL,
    ),
    "stays": Saboteur(
        "stays",
        "ends when the last platform is lost, also where it is queued for another try",
        (
            Change(
                RUN,
                "        if self.adapters or self._failed_platforms:\n",
                "        if self.adapters:\n",
            ),
        ),
        ("last-platform-lost", "down-from-the-start/token-500"),
        ending={"last-platform-lost": "exited", "down-from-the-start/token-500": "exited"},
    ),
    "stays-final": Saboteur(
        "stays",
        "takes an error of the platform's for one that no try can mend, and ends",
        (Change(ADAPTER, 'Fatal("qq_connect", retryable=True)', 'Fatal("qq_connect", retryable=False)'),),
        DOWN,
        ending=dict.fromkeys(DOWN, "exited"),
        also=frozenset({"final"}),
    ),
    "released": Saboteur(
        "released",
        "leaves what gave up in its place until it is back",
        (
            Change(
                RUN,
                "            del self.adapters[platform]\n",
                "            pass\n",
            ),
        ),
        ("last-platform-lost", "beside-another/upgrade-403"),
    ),
    "others": Saboteur(
        "others",
        "lets every platform go when one gives up, and connects them all again",
        (
            Change(
                RUN,
                _LET_GO_AND_QUEUE,
                "        for other in list(self.adapters.values()):\n"
                "            del self.adapters[other.platform]\n"
                "            await self._let_go(other)\n"
                "            self._queue(other.platform, 0)\n" + _LET_GO_AND_QUEUE,
            ),
        ),
        BESIDE,
    ),
    "others-deaf": Saboteur(
        "others",
        "answers nobody while a platform waits for another try",
        (
            Change(
                RUN,
                '        return f"received: {event.text}"\n',
                '        return "" if self._failed_platforms else f"received: {event.text}"\n',
            ),
        ),
        BESIDE[:1],
    ),
    "truthful": Saboteur(
        "truthful",
        "calls connected what it has just queued",
        (
            Change(
                RUN,
                "        pause = min(LONGEST_PAUSE_S",
                '        said = {platform.value: {"state": "connected"}}\n'
                "        path = self._home / 'gateway_state.json'\n"
                '        write(path, lambda file: file["platforms"].update(said))\n'
                "        pause = min(LONGEST_PAUSE_S",
            ),
        ),
        GIVES_UP,
    ),
    "truthful-ghost": Saboteur(
        "truthful",
        "ends itself and leaves a status file that says it runs",
        (Change(RUN, '        self._say("stopped")\n', ""),),
        FATAL,
    ),
    "stops-thread": Saboteur(
        "stops",
        "leaves a thread that holds the process up",
        (
            Change(
                RUN,
                '        self._say("running")\n',
                '        self._say("running")\n'
                '        threading.Thread(target=time.sleep, args=(10**6,), name="left").start()\n',
            ),
            Change(RUN, "import signal\n", "import signal\nimport threading\n"),
        ),
        STOPPED,
    ),
    "stops-task": Saboteur(
        "stops",
        "leaves a task that goes on when it is cancelled, as the loop's end does",
        (
            Change(
                RUN,
                "        self._watching = asyncio.create_task(self._watch())\n",
                "        self._watching = asyncio.create_task(self._watch())\n"
                "        self._stubborn = asyncio.create_task(self._go_on())\n",
            ),
            Change(
                RUN,
                "    async def _watch(self) -> None:\n",
                "    async def _go_on(self) -> None:\n"
                "        while True:\n"
                "            try:\n"
                "                await asyncio.sleep(3600)\n"
                "            except asyncio.CancelledError:\n"
                "                pass\n\n"
                "    async def _watch(self) -> None:\n",
            ),
        ),
        STOPPED,
        ending=dict.fromkeys((*STOPPED, "told-to-stop/int-connected"), "dormant"),
    ),
    "stops-pid-file": Saboteur(
        "stops",
        "leaves its pid file",
        (Change(RUN, "        self._pid_file.unlink(missing_ok=True)\n", ""),),
        STOPPED,
    ),
    "stops-lock": Saboteur(
        "stops",
        "leaves the adapter's lock",
        (Change(LOCAL, "            self._lock.unlink(missing_ok=True)\n", ""),),
        STOPPED,
    ),
    "stops-late": Saboteur(
        "stops",
        "takes two minutes to stop",
        (
            Change(
                RUN,
                "        self.adapters.clear()\n",
                "        self.adapters.clear()\n        await asyncio.sleep(120)\n",
            ),
        ),
        STOPPED,
    ),
}
"""By name; the name begins with the check's."""


@dataclass(frozen=True)
class Sound:
    """The correct gateway with a peculiarity that is no defect: it passes these runs."""

    does: str
    changes: tuple[Change, ...]
    runs: tuple[str, ...]


SOUND: Mapping[str, Sound] = {
    "exit": Sound(
        "leaves by a SystemExit out of a task, which ends the loop at once",
        (
            Change(
                RUN,
                "        stopping.add(asyncio.create_task(runner.stop()))\n",
                "        stopping.add(asyncio.create_task(leave()))\n",
            ),
            Change(
                RUN,
                "    def told(number: int) -> None:\n",
                "    async def leave() -> None:\n"
                "        await runner.stop()\n"
                "        raise SystemExit(runner.exit_code.value or 0)\n\n"
                "    def told(number: int) -> None:\n",
            ),
        ),
        STOPPED,
    ),
    "pool": Sound(
        "leaves a job of three seconds in the loop's pool as it stops: the loop's end waits for it",
        (
            Change(
                RUN,
                '        self._say("stopped")\n',
                '        self._say("stopped")\n'
                "        asyncio.get_running_loop().run_in_executor(None, time.sleep, 3)\n",
            ),
        ),
        (*STOPPED, *FATAL),
    ),
    "task": Sound(
        "has a task that takes fifteen seconds to end once it is cancelled",
        (
            Change(
                RUN,
                "        self._watching = asyncio.create_task(self._watch())\n",
                "        self._watching = asyncio.create_task(self._watch())\n"
                "        self._tidying = asyncio.create_task(self._tidy_up())\n",
            ),
            Change(
                RUN,
                "    async def _watch(self) -> None:\n",
                "    async def _tidy_up(self) -> None:\n"
                "        try:\n"
                "            await asyncio.Event().wait()\n"
                "        finally:\n"
                "            await asyncio.sleep(15)\n\n"
                "    async def _watch(self) -> None:\n",
            ),
        ),
        (*STOPPED, *FATAL),
    ),
}
"""By name."""
