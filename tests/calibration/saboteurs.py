"""One defect a check: each saboteur is the correct bot with one small change, and fails exactly that check.

A change is text for text and must match exactly once, so that a saboteur cannot quietly become correct again
when the bot is rewritten.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CORRECT = Path(__file__).with_name("correct")
ADAPTER = "gateway/platforms/qqbot/adapter.py"
RULES = "gateway/platforms/qqbot/rules.py"
MESSAGES = "gateway/platforms/qqbot/messages.py"
LOCAL = "gateway/platforms/qqbot/local.py"


@dataclass(frozen=True)
class Change:
    """`old` stands exactly once in `file` of the correct bot and becomes `new`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Saboteur:
    """`check` fails in every run of `shows` and nowhere else does any other check fail, but for those of
    `also`, which ask the same in other words.

    `undecided`: checks that cannot pass beside the defect (they may be n/a or unknown, never fail); why is in
    `words`. `ending`: what becomes of the bot, by run, where the defect shows in that too; in the other runs
    it ends as the correct one does (`ENDINGS` here, and in gateways.py).
    """

    check: str
    words: str
    changes: tuple[Change, ...]
    shows: tuple[str, ...]
    undecided: frozenset[str] = frozenset()
    ending: Mapping[str, str] = field(default_factory=dict)
    also: frozenset[str] = frozenset()


ENDINGS: Mapping[str, str] = {
    "calibration-calm": "undisturbed",
    "calibration-click": "tolerated",
    "calibration-twice": "recovered",
    "calibration-resume": "recovered",
    "calibration-forbidden": "recovered",
    "calibration-resumes-in-vain": "recovered",
    "calibration-closes-twice": "recovered",
    "calibration-replies/unreadable": "tolerated",
    "calibration-replies/unavailable": "tolerated",
    "calibration-dead-peer": "recovered",
    "calibration-exhausted": "fatal-notified",
    "calibration-exhausted+heals-30m": "recovered",
    "calibration-dead-for-ever": "fatal-notified",
    "calibration-endless": "fatal-notified",
    "calibration-banned": "fatal-notified",
    "calibration-no-acks": "recovered",
    "calibration-start-down": "never-connected",
    "calibration-media/alone": "tolerated",
    "calibration-media/group": "tolerated",
    "calibration-slow-answer": "tolerated",
    "calibration-speaks": "recovered",
    "calibration-speaks-in-vain": "tolerated",
}
"""What becomes of the correct bot, in each run that a saboteur is looked at in."""


def build(changes: tuple[Change, ...], folder: Path) -> Path:
    """A copy of the correct bot in `folder` with the changes made."""
    shutil.copytree(CORRECT, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for change in changes:
        path = folder / change.file
        text = path.read_text(encoding="utf-8")
        assert text.count(change.old) == 1, f"{change.old!r} stands {text.count(change.old)} times"
        path.write_text(text.replace(change.old, change.new), encoding="utf-8")
    return folder


MEDIA = ("calibration-media/alone", "calibration-media/group")

SABOTEURS: Mapping[str, Saboteur] = {
    "connects": Saboteur(
        "connects",
        "waits more than a minute before it begins",
        (
            Change(
                ADAPTER,
                "            async with asyncio.timeout(ATTEMPT_S):\n                await self._attempt()\n"
                '        except Exception as problem:\n            logger.warning("connect failed',
                "            await asyncio.sleep(70)\n"
                "            async with asyncio.timeout(ATTEMPT_S):\n                await self._attempt()\n"
                '        except Exception as problem:\n            logger.warning("connect failed',
            ),
        ),
        (
            "calibration-calm",
            "calibration-exhausted",
            "calibration-dead-peer",
            "calibration-resume",
            "calibration-endless",
        ),
    ),
    "flag": Saboteur(
        "flag",
        "gives up and tells, but sets no flag",
        (
            Change(
                ADAPTER,
                '("gave up: %s", end.code)\n        self._fatal = end\n',
                '("gave up: %s", end.code)\n',
            ),
        ),
        ("calibration-exhausted", "calibration-endless"),
    ),
    "flag-late": Saboteur(
        "flag",
        "sets the flag only after the handler has been told",
        (
            Change(
                ADAPTER,
                '("gave up: %s", end.code)\n        self._fatal = end\n',
                '("gave up: %s", end.code)\n',
            ),
            Change(
                ADAPTER,
                "                await self._on_fatal(self)\n",
                "                await self._on_fatal(self)\n"
                "                await asyncio.sleep(5)\n"
                '                self._fatal = Fatal("late", retryable=True)\n',
            ),
        ),
        ("calibration-exhausted", "calibration-endless"),
    ),
    "notified": Saboteur(
        "notified",
        "tells twice; to tell nobody would fail settles as well",
        (
            Change(
                ADAPTER,
                "        self._spawn(self._tell())\n",
                "        self._spawn(self._tell())\n        self._spawn(self._tell())\n",
            ),
        ),
        ("calibration-exhausted", "calibration-endless"),
    ),
    "notified-late": Saboteur(
        "notified",
        "tells after a minute and a half",
        (
            Change(
                ADAPTER,
                "    async def _tell(self) -> None:\n",
                "    async def _tell(self) -> None:\n        await asyncio.sleep(90)\n",
            ),
        ),
        ("calibration-exhausted", "calibration-endless"),
    ),
    "truthful": Saboteur(
        "truthful",
        "says connected for 200 s after it lost the connection",
        (
            Change(
                ADAPTER,
                '        if self._fatal is None:\n            self._local.say("disconnected")\n'
                "        if self._beating",
                "        if self._fatal is None:\n"
                "            asyncio.get_running_loop().call_later(\n"
                '                200, lambda: self._in_service or self._local.say("disconnected")\n'
                "            )\n"
                "        if self._beating",
            ),
        ),
        ("calibration-exhausted", "calibration-dead-peer"),
    ),
    "truthful-denies": Saboteur(
        "truthful",
        "says connected only half a minute after it is",
        (
            Change(
                ADAPTER,
                '        self._local.say("connected")\n',
                "        asyncio.get_running_loop().call_later(\n"
                '            30, lambda: self._in_service and self._local.say("connected")\n'
                "        )\n"
                '        self._local.say("connecting")\n',
            ),
        ),
        ("calibration-calm", "calibration-exhausted", "calibration-dead-peer", "calibration-resume"),
    ),
    "awake": Saboteur(
        "awake",
        "beats often, and sleeps for 31 s inside its first heartbeat's turn, while the answer lies there",
        (
            Change(
                ADAPTER,
                "                self._unanswered += 1\n                await self._send(1, self._seq)\n",
                "                self._unanswered += 1\n                await self._send(1, self._seq)\n"
                '                if not hasattr(self, "slept"):\n'
                "                    self.slept = True\n"
                "                    time.sleep(31)\n",
            ),
            Change(ADAPTER, "0.8 * self._interval", "0.22 * self._interval"),
        ),
        ("calibration-calm", "calibration-exhausted", "calibration-dead-peer", "calibration-resume"),
        ending={
            "calibration-calm": "blocked",
            "calibration-exhausted": "blocked",
            "calibration-dead-peer": "blocked",
            "calibration-resume": "blocked",
        },
    ),
    "awake-spins": Saboteur(
        "awake",
        "spins from the first lost connection on: the run ends there, so whole-run checks are undecided",
        (
            Change(
                ADAPTER,
                '            logger.warning("out of service',
                "            while True:\n                await asyncio.sleep(0)\n"
                '            logger.warning("out of service',
            ),
        ),
        ("calibration-exhausted", "calibration-dead-peer", "calibration-resume", "calibration-endless"),
        frozenset(
            {"truthful", "settles", "recovers", "notices", "beats", "patient", "clean"}
            | {"bounded", "polite", "once", "stops", "secret"}
            | {"resumes", "identifies", "exclusive", "reacts"}
        ),
        {
            "calibration-exhausted": "busy-spin",
            "calibration-dead-peer": "busy-spin",
            "calibration-resume": "busy-spin",
            "calibration-endless": "busy-spin",
        },
    ),
    "settles": Saboteur(
        "settles",
        "has no budget: where it is turned away each time it goes up and down for ever",
        (
            Change(
                ADAPTER,
                "            if self._failures >= MOST_ATTEMPTS:\n",
                "            if self._failures >= 1000 * MOST_ATTEMPTS:\n",
            ),
        ),
        ("calibration-endless",),
        frozenset({"bounded"}),  # it is at it when the run ends
        ending={"calibration-endless": "livelock", "calibration-exhausted": "retrying"},
    ),
    "recovers": Saboteur(
        "recovers",
        "hears nobody once it had to reconnect",
        (
            Change(
                ADAPTER,
                "            back = await self._reconnect()\n",
                "            back = await self._reconnect()\n"
                "            self._deliver = lambda event: None\n",
            ),
        ),
        ("calibration-dead-peer", "calibration-resume", "calibration-exhausted+heals-30m"),
        ending={
            "calibration-dead-peer": "deaf",
            "calibration-resume": "deaf",
            "calibration-exhausted+heals-30m": "deaf",
        },
    ),
    "notices": Saboteur(
        "notices",
        "admits at once that nobody answers, but closes much later; without the admission truthful fails",
        (
            Change(
                ADAPTER,
                "                    await self._ws.close(code=4000)\n                    return\n",
                '                    self._local.say("disconnected")\n'
                "                    await asyncio.sleep(90)\n"
                "                    await self._ws.close(code=4000)\n                    return\n",
            ),
        ),
        ("calibration-dead-peer", "calibration-dead-for-ever"),
    ),
    "notices-acks": Saboteur(
        "notices",
        "takes every message for a sign of life",
        (
            Change(
                ADAPTER,
                "        if op == 0:\n            self._dispatch",
                "        if op == 0:\n            self._unanswered = 0\n            self._dispatch",
            ),
        ),
        ("calibration-no-acks",),
        ending={"calibration-no-acks": "tolerated"},
    ),
    "beats": Saboteur(
        "beats",
        "beats more slowly than it was told, and leaves after the first missing ACK, to notice in time",
        (
            Change(ADAPTER, "sleep(0.8 * self._interval)", "sleep(1.2 * self._interval)"),
            Change(RULES, "MISSED_ACKS = 2\n", "MISSED_ACKS = 1\n"),
        ),
        ("calibration-calm", "calibration-exhausted", "calibration-resume"),
    ),
    "beats-number": Saboteur(
        "beats",
        "names no number in its heartbeats",
        (Change(ADAPTER, "await self._send(1, self._seq)", "await self._send(1, None)"),),
        ("calibration-calm", "calibration-resume"),
    ),
    "beats-flood": Saboteur(
        "beats",
        "beats every two seconds",
        (Change(ADAPTER, "sleep(0.8 * self._interval)", "sleep(0.05 * self._interval)"),),
        ("calibration-calm", "calibration-exhausted", "calibration-dead-peer", "calibration-resume"),
    ),
    "patient": Saboteur(
        "patient",
        "gives up after five attempts",
        (Change(RULES, "MOST_ATTEMPTS = 100\n", "MOST_ATTEMPTS = 5\n"),),
        ("calibration-exhausted", "calibration-dead-peer", "calibration-endless"),
        ending={"calibration-dead-peer": "fatal-notified"},
    ),
    "clean": Saboteur(
        "clean",
        "looks at no exception of a future of its own",
        (
            Change(
                ADAPTER,
                "        if self._beating is not None:\n",
                "        asyncio.get_running_loop().create_future().set_exception(ConnectionError())\n"
                "        if self._beating is not None:\n",
            ),
        ),
        ("calibration-exhausted", "calibration-dead-peer", "calibration-resume", "calibration-endless"),
    ),
    "clean-await": Saboteur(
        "clean",
        "calls close() and does not await it, before it does",
        (
            Change(
                ADAPTER,
                "                await self._ws.close(code=4000)\n            self._ws = None\n",
                "                self._ws.close(code=4000)\n"
                "                await self._ws.close(code=4000)\n            self._ws = None\n",
            ),
        ),
        ("calibration-exhausted", "calibration-dead-peer", "calibration-resume", "calibration-endless"),
    ),
    "clean-client": Saboteur(
        "clean",
        "makes a new HTTP client for each connection and closes only the last",
        (
            Change(
                ADAPTER,
                "        await self._open_ws(await self._get_gateway_url())\n",
                "        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=STEP_S))\n"
                "        await self._open_ws(await self._get_gateway_url())\n",
            ),
        ),
        (
            "calibration-calm",
            "calibration-exhausted",
            "calibration-dead-peer",
            "calibration-resume",
            "calibration-endless",
        ),
    ),
    "bounded": Saboteur(
        "bounded",
        "waits five minutes for an upgrade's answer",
        (
            Change(RULES, "ATTEMPT_S = 45.0\n", "ATTEMPT_S = 300.0\n"),
            Change(RULES, "STEP_S = 15.0\n", "STEP_S = 300.0\n"),
        ),
        ("calibration-dead-peer", "calibration-dead-for-ever"),
        ending={"calibration-dead-for-ever": "retrying"},
    ),
    "polite": Saboteur(
        "polite",
        "tries again every ten seconds",
        (
            Change(
                RULES,
                "BACKOFF_S = (2.0, 5.0, 10.0, 30.0, 60.0)\n",
                "BACKOFF_S = (2.0, 5.0, 10.0)\n",
            ),
        ),
        ("calibration-exhausted",),
        also=frozenset({"patient"}),  # it has the same number of attempts in 10 min
    ),
    "polite-tokens": Saboteur(
        "polite",
        "asks for a new token at every attempt and does not wait between two",
        (
            Change(RULES, "BACKOFF_S = (2.0, 5.0, 10.0, 30.0, 60.0)\n", "BACKOFF_S = (2.0, 16.0)\n"),
            Change(ADAPTER, "            if now < self._token_until:\n", "            if False:\n"),
            Change(RULES, "TOKEN_EVERY_S = 31.0\n", "TOKEN_EVERY_S = 0.0\n"),
        ),
        ("calibration-exhausted",),
    ),
    "polite-identifies": Saboteur(
        "polite",
        "forgets a session that was lost at once, and identifies without a pause",
        (
            Change(RULES, "IDENTIFY_EVERY_S = 5.5\n", "IDENTIFY_EVERY_S = 0.0\n"),
            Change(
                ADAPTER,
                "            await self._drop()\n            if time.monotonic() - began >=",
                "            await self._drop()\n"
                "            if time.monotonic() - began < 1.0:\n"
                "                self._session_id = None\n"
                "            if time.monotonic() - began >=",
            ),
        ),
        ("calibration-closes-twice",),
    ),
    "once": Saboteur(
        "once",
        "does not listen before RESUMED: what is replayed is lost",
        (
            Change(
                ADAPTER,
                "        if event.message_id in self._seen:\n",
                "        if event.message_id in self._seen or not self._in_service:\n",
            ),
        ),
        ("calibration-resume", "calibration-twice"),
    ),
    "once-click": Saboteur(
        "once",
        "acknowledges no click",
        (
            Change(
                ADAPTER,
                '        elif t == "INTERACTION_CREATE" and isinstance(d, dict) and "id" in d:\n',
                '        elif t == "NONE" and isinstance(d, dict) and "id" in d:\n',
            ),
        ),
        ("calibration-click",),
    ),
    "once-twice": Saboteur(
        "once",
        "forgets what it has handled",
        (
            Change(
                ADAPTER, "        self._seen[event.message_id] = None\n", '        self._seen[""] = None\n'
            ),
        ),
        ("calibration-twice",),
    ),
    "once-late": Saboteur(
        "once",
        "is deaf for a while: it looks at each message a quarter of a minute after it came",
        (
            Change(
                ADAPTER,
                "        self._spawn(self._receive(event))\n",
                "        asyncio.get_running_loop().call_later(\n"
                "            15, lambda: self._spawn(self._receive(event))\n"
                "        )\n",
            ),
        ),
        ("calibration-twice", "calibration-resume"),
    ),
    "heard": Saboteur(
        "heard",
        "gives its handler the words of a user without the last letter",
        (Change(MESSAGES, '        str(d["content"]),\n', '        str(d["content"])[:-1],\n'),),
        ("calibration-calm", "calibration-resume", *MEDIA),
    ),
    "heard-voice": Saboteur(
        "heard",
        "does not tell what was said in a voice message",
        (
            Change(
                MESSAGES,
                '        *(str(row["asr_refer_text"]) for row in own if row.get("asr_refer_text")),\n',
                "",
            ),
        ),
        MEDIA,
    ),
    "heard-user": Saboteur(
        "heard",
        "takes everybody in a group for one user",
        (Change(MESSAGES, "SCENES[t], user)", 'SCENES[t], user if t[0] == "C" else "the group")'),),
        ("calibration-media/group",),
    ),
    "heard-place": Saboteur(
        "heard",
        "says that what was written in a group was written by a user alone",
        (Change(MESSAGES, 'Source(path.split("/")[-2], ', "Source(user, "),),
        ("calibration-media/group",),
    ),
    "heard-quoted": Saboteur(
        "heard",
        "does not tell the words that a user quotes",
        (Change(MESSAGES, "        *(f\"> {one.get('content')}\" for one in quoted),\n", ""),),
        MEDIA,
    ),
    "heard-pictures": Saboteur(
        "heard",
        "fetches the first picture only",
        (Change(ADAPTER, "for url in event.pictures]", "for url in event.pictures[:1]]"),),
        MEDIA,
    ),
    "heard-files": Saboteur(
        "heard",
        "tells of no file",
        (
            Change(
                MESSAGES,
                "        *(f\"({row.get('filename')})\" for row in own + others if not _is_picture(row)),\n",
                "",
            ),
        ),
        MEDIA,
    ),
    "intact": Saboteur(
        "intact",
        "sends the first two thousand characters of an answer",
        (
            Change(
                ADAPTER,
                '{"content": text, "msg_type": 0, "msg_seq"',
                '{"content": text[:2000], "msg_type": 0, "msg_seq"',
            ),
        ),
        ("calibration-slow-answer",),
    ),
    "intact-words": Saboteur(
        "intact",
        "says that there is an answer instead of giving it",
        (
            Change(
                ADAPTER,
                '{"content": text, "msg_type": 0, "msg_seq"',
                '{"content": "I know it", "msg_type": 0, "msg_seq"',
            ),
        ),
        ("calibration-calm", "calibration-resume", "calibration-slow-answer"),
    ),
    "typing": Saboteur(
        "typing",
        "shows nobody that it is typing",
        (Change(RULES, 'SHOWN_TYPING = ("dm",)\n', "SHOWN_TYPING = ()\n"),),
        ("calibration-slow-answer",),
    ),
    "typing-once": Saboteur(
        "typing",
        "shows once that it is typing, however long the answer takes",
        (
            Change(
                ADAPTER,
                "                    await asyncio.sleep(TYPING_S - 2 * TYPES_AFTER_S)\n",
                "                    return\n",
            ),
        ),
        ("calibration-slow-answer",),
    ),
    "typing-for-ever": Saboteur(
        "typing",
        "goes on showing that it is typing when the answer is there",
        (
            Change(ADAPTER, "            typing.cancel()\n            if text:\n", "            if text:\n"),
            Change(
                ADAPTER,
                "        finally:\n            typing.cancel()\n",
                "        finally:\n            pass\n",
            ),
        ),
        ("calibration-slow-answer",),
    ),
    "delivered": Saboteur(
        "delivered",
        "sends only while its WebSocket is there",
        (
            Change(
                ADAPTER,
                '        scene = "groups" if place',
                "        if not self._in_service:\n            return SendResult(success=False)\n"
                '        scene = "groups" if place',
            ),
        ),
        ("calibration-speaks",),
    ),
    "delivered-scene": Saboteur(
        "delivered",
        "takes every group for a user",
        (Change(ADAPTER, '"groups" if place in self._local.groups() else "users"', '"users"'),),
        ("calibration-speaks",),
    ),
    "reported": Saboteur(
        "reported",
        "says that it was sent, whatever became of it",
        (Change(ADAPTER, "            return SendResult(success=False)\n", "            pass\n"),),
        ("calibration-speaks-in-vain",),
    ),
    "reported-late": Saboteur(
        "reported",
        "says only after three minutes what became of a message",
        (
            Change(
                ADAPTER,
                "        return SendResult(success=True)\n",
                "        await asyncio.sleep(180)\n        return SendResult(success=True)\n",
            ),
        ),
        ("calibration-speaks",),
    ),
    "answered": Saboteur(
        "answered",
        "is seen typing and says nothing, as long as its first connection lives",
        (
            Change(
                ADAPTER,
                '        body = {**said, "msg_id": event.message_id}\n',
                '        body = {**said, "msg_id": event.message_id}\n'
                "        if not self._was_away:\n"
                '            notify = {"input_type": 1, "input_second": 60}\n'
                '            body = {"msg_id": event.message_id, "msg_type": 6, "input_notify": notify}\n',
            ),
            Change(
                ADAPTER,
                "        self._fatal: Fatal | None = None\n",
                "        self._fatal: Fatal | None = None\n        self._was_away = False\n",
            ),
            Change(
                ADAPTER,
                '            logger.warning("out of service',
                '            self._was_away = True\n            logger.warning("out of service',
            ),
        ),
        ("calibration-calm", "calibration-twice"),
        also=frozenset({"recovers"}),  # where its first connection lives, the probe has no answer either
        ending={"calibration-calm": "mute"},
    ),
    "answered-once": Saboteur(
        "answered",
        "does not try again where a reply was not taken",
        (Change(RULES, "REPLY_PAUSES_S = (2.0, 5.0, 10.0)\n", "REPLY_PAUSES_S = ()\n"),),
        ("calibration-replies/unavailable",),
    ),
    "single": Saboteur(
        "single",
        "takes a success that it cannot read for a failure, and says it again with another msg_seq",
        (
            Change(
                ADAPTER,
                "            return answer.status if answer.status >= 400 else None\n",
                '            raise ConnectionError("no answer") from None\n',
            ),
            Change(
                ADAPTER,
                "            try:\n                await self._post(path, body)\n",
                "            try:\n"
                '                body["msg_seq"] = int(pause)\n'
                "                await self._post(path, body)\n",
            ),
        ),
        ("calibration-replies/unreadable",),
    ),
    "final": Saboteur(
        "final",
        "calls retryable what no retry can mend",
        (
            Change(
                ADAPTER,
                'Fatal(f"qq_closed_{problem.code}", retryable=False)',
                'Fatal(f"qq_closed_{problem.code}", retryable=True)',
            ),
        ),
        ("calibration-banned",),
    ),
    "final-start": Saboteur(
        "final",
        "calls it final that its first connect failed",
        (Change(ADAPTER, 'Fatal("qq_connect", retryable=True)', 'Fatal("qq_connect", retryable=False)'),),
        ("calibration-start-down",),
    ),
    "forbidden": Saboteur(
        "forbidden",
        "asks twice for the gateway's address in each attempt",
        (
            Change(
                ADAPTER,
                "        await self._open_ws(await self._get_gateway_url())\n",
                "        await self._get_gateway_url()\n"
                "        await self._open_ws(await self._get_gateway_url())\n",
            ),
        ),
        ("calibration-forbidden",),
    ),
    "resumes": Saboteur(
        "resumes",
        "resumes with the frame before the last; to forget the session would lose messages as well",
        (
            Change(
                ADAPTER,
                '"session_id": self._session_id, "seq": self._seq}',
                '"session_id": self._session_id, "seq": (self._seq or 1) - 1}',
            ),
        ),
        ("calibration-resume", "calibration-twice", "calibration-forbidden"),
    ),
    "resumes-in-vain": Saboteur(
        "resumes",
        "resumes twelve times before it identifies",
        (Change(RULES, "MOST_RESUMES = 3\n", "MOST_RESUMES = 12\n"),),
        ("calibration-resumes-in-vain",),
    ),
    "identifies": Saboteur(
        "identifies",
        "names the first of two shards, and there is one",
        (Change(ADAPTER, '"shard": [0, 1]}', '"shard": [0, 2]}'),),
        (
            "calibration-calm",
            "calibration-exhausted",
            "calibration-dead-peer",
            "calibration-resume",
            "calibration-endless",
        ),
    ),
    "exclusive": Saboteur(
        "exclusive",
        "is in service a second time for 20 s, ten minutes after it came",
        (
            Change(
                ADAPTER,
                "        self._beating = self._spawn(self._beat())\n",
                "        self._beating = self._spawn(self._beat())\n"
                "        self._spawn(self._again())\n\n"
                "    async def _again(self) -> None:\n"
                "        await asyncio.sleep(600)\n"
                "        if not self._in_service:\n"
                "            return\n"
                '        said = {"token": f"QQBot {await self._ensure_token()}", "intents": INTENTS}\n'
                "        async with self._client.ws_connect(await self._get_gateway_url()) as second:\n"
                '            await second.send_json({"op": 2, "d": said})\n'
                "            await asyncio.sleep(20)\n",
            ),
        ),
        ("calibration-calm", "calibration-resume"),
    ),
    "reacts": Saboteur(
        "reacts",
        "waits 20 s before it tries again",
        (
            Change(
                RULES,
                "BACKOFF_S = (2.0, 5.0, 10.0, 30.0, 60.0)\n",
                "BACKOFF_S = (20.0, 20.0, 20.0, 30.0, 60.0)\n",
            ),
        ),
        ("calibration-exhausted", "calibration-resume"),
    ),
    "stops": Saboteur(
        "stops",
        "leaves its lock behind",
        (Change(LOCAL, "            self._lock.unlink(missing_ok=True)\n", ""),),
        (
            "calibration-calm",
            "calibration-exhausted",
            "calibration-dead-peer",
            "calibration-resume",
            "calibration-endless",
        ),
    ),
    "stops-word": Saboteur(
        "stops",
        "says nothing in the status file when it stops",
        (
            Change(
                ADAPTER,
                '            self._local.say("disconnected")\n        await self._release()\n',
                "            pass\n        await self._release()\n",
            ),
        ),
        ("calibration-calm", "calibration-dead-peer", "calibration-resume"),
    ),
    "stops-client": Saboteur(
        "stops",
        "never closes its HTTP client, and keeps it",
        (
            Change(
                ADAPTER,
                "            await self._http.close()\n",
                "            pass\n",
            ),
        ),
        (
            "calibration-calm",
            "calibration-exhausted",
            "calibration-dead-peer",
            "calibration-resume",
            "calibration-endless",
        ),
    ),
    "stops-late": Saboteur(
        "stops",
        "takes half a minute to stop",
        (
            Change(
                ADAPTER,
                "        await asyncio.gather(*tasks, return_exceptions=True)\n",
                "        await asyncio.gather(*tasks, return_exceptions=True)\n"
                "        await asyncio.sleep(30)\n",
            ),
        ),
        (
            "calibration-calm",
            "calibration-exhausted",
            "calibration-dead-peer",
            "calibration-resume",
            "calibration-endless",
        ),
    ),
    "stops-task": Saboteur(
        "stops",
        "leaves its heartbeat task behind",
        (
            Change(
                ADAPTER,
                "self._beating = self._spawn(self._beat())",
                "self._beating = asyncio.create_task(self._beat())",
            ),
        ),
        ("calibration-calm", "calibration-dead-peer", "calibration-resume"),
    ),
    "secret": Saboteur(
        "secret",
        "logs the token",
        (
            Change(
                ADAPTER,
                "            life = int(said[",
                '            logger.info("token %s", said["access_token"])\n            life = int(said[',
            ),
        ),
        (
            "calibration-calm",
            "calibration-exhausted",
            "calibration-dead-peer",
            "calibration-resume",
            "calibration-endless",
        ),
    ),
    "secret-status": Saboteur(
        "secret",
        "writes its secret into the status file",
        (
            Change(
                LOCAL,
                '"state": state}',
                '"state": state, "key": "canary-secret-0a1b2c3d"}',
            ),
        ),
        (
            "calibration-calm",
            "calibration-exhausted",
            "calibration-dead-peer",
            "calibration-resume",
            "calibration-endless",
        ),
    ),
}
"""By name; the name begins with the check's."""
