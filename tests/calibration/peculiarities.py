"""Bots that are odd and sound: the correct bot with one change after which no check may fail.

Each is a policy that a real client has, or could have: the field's clients beat, answer, close and wait in
ways of their own. A check that fails one of these is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.calibration.saboteurs import ADAPTER, MEDIA, MESSAGES, RULES, Change


@dataclass(frozen=True)
class Peculiarity:
    """`words`: what it does otherwise. `more`: runs besides those that all are looked at in."""

    words: str
    changes: tuple[Change, ...]
    more: tuple[str, ...] = ()


SEND = '                await self._reply(event, {"content": text, "msg_type": 0, "msg_seq": 1})\n'
SEND_ALL = (
    '                body = {{"content": text, "msg_type": 0, "msg_seq": 1}}\n'
    "                for more in {bodies}:\n"
    "                    await self._reply(event, body | more)\n"
)
REPLIES = (
    "calibration-replies/unreadable",
    "calibration-replies/unavailable",
    "calibration-replies/unanswered",
    "calibration-replies/unauthorised",
)
SLEEP = "                await asyncio.sleep(0.8 * self._interval)\n"
BEATS = "            while self._ws is not None:\n" + SLEEP

PECULIARITIES: Mapping[str, Peculiarity] = {
    "answers-in-two-parts": Peculiarity(
        "answers each message with two messages of different content",
        (Change(ADAPTER, SEND, SEND_ALL.format(bodies='({}, {"content": "and more", "msg_seq": 2})')),),
        REPLIES,
    ),
    "answers-twice": Peculiarity(
        "sends the same answer twice, each time on purpose",
        (Change(ADAPTER, SEND, SEND_ALL.format(bodies='({}, {"msg_seq": 2})')),),
        REPLIES,
    ),
    "types-first": Peculiarity(
        "says that it is typing before it answers",
        (
            Change(
                ADAPTER,
                SEND,
                SEND_ALL.format(
                    bodies='({"msg_type": 6, "input_notify": NOTIFY}, {"msg_seq": 2})'.replace(
                        "NOTIFY", '{"input_type": 1, "input_second": 60}'
                    )
                ),
            ),
        ),
        REPLIES,
    ),
    "types-in-short-notices": Peculiarity(
        "says every eight seconds that it is typing for the next ten",
        (
            Change(RULES, "TYPING_S = 60\n", "TYPING_S = 10\n"),
            Change(ADAPTER, "asyncio.sleep(TYPING_S - 2 * TYPES_AFTER_S)", "asyncio.sleep(3)"),
        ),
        ("calibration-slow-answer",),
    ),
    "types-never": Peculiarity(
        "says nowhere that it is typing, where nothing asks for that",
        (Change(RULES, 'SHOWN_TYPING = ("dm",)\n', "SHOWN_TYPING = ()\n"),),
        (*REPLIES, *MEDIA),
    ),
    "writes-around-the-text": Peculiarity(
        "gives its handler a line before the words of a user, and one behind them",
        (
            Change(
                MESSAGES,
                '        text="\\n".join(line for line in lines if line),\n',
                '        text="\\n".join(["[anna, today]", *(line for line in lines if line), "(end)"]),\n',
            ),
        ),
        MEDIA,
    ),
    "gives-files-too": Peculiarity(
        "gives its handler the files themselves, and their names nowhere",
        (
            Change(
                MESSAGES,
                "        *(f\"({row.get('filename')})\" for row in own + others if not _is_picture(row)),\n",
                "",
            ),
            Change(
                MESSAGES,
                '    return str(row.get("content_type")).startswith("image/") and "url" in row\n',
                '    return "asr_refer_text" not in row and "url" in row\n',
            ),
        ),
        MEDIA,
    ),
    "mentions-who-asked": Peculiarity(
        "begins each answer with a mention of whoever asked",
        (
            Change(
                ADAPTER,
                '{"content": text, "msg_type": 0',
                '{"content": f"<@{event.source.user_id}> {text}", "msg_type": 0',
            ),
        ),
        (*REPLIES, *MEDIA, "calibration-slow-answer"),
    ),
    "answers-in-pieces": Peculiarity(
        "cuts a long answer at line ends, and leaves these out",
        (
            Change(
                ADAPTER,
                SEND,
                "                pieces = textwrap.wrap(text, 1500, replace_whitespace=False)\n"
                "                for n, piece in enumerate(pieces, 1):\n"
                '                    said = {"content": piece, "msg_type": 0, "msg_seq": n}\n'
                "                    await self._reply(event, said)\n",
            ),
            Change(ADAPTER, "import time\n", "import textwrap\nimport time\n"),
        ),
        ("calibration-slow-answer",),
    ),
    "answers-in-markdown": Peculiarity(
        "answers with a message of type 2",
        (
            Change(
                ADAPTER,
                SEND,
                SEND_ALL.format(bodies='({"msg_type": 2, "markdown": {"content": text}, "content": ""},)'),
            ),
        ),
    ),
    "never-gives-up": Peculiarity(
        "has no budget of attempts, and a back-off that a connection which did not last does not reset",
        (Change(RULES, "MOST_ATTEMPTS = 100", "MOST_ATTEMPTS = 10**9"),),
    ),
    "gives-up-sooner": Peculiarity(
        "gives up after half an hour and says so",
        (Change(RULES, "MOST_ATTEMPTS = 100", "MOST_ATTEMPTS = 36"),),
    ),
    "gives-up-soonest": Peculiarity(
        "gives up after a little more than a quarter of an hour and says so",
        (Change(RULES, "MOST_ATTEMPTS = 100", "MOST_ATTEMPTS = 20"),),
    ),
    "beats-often": Peculiarity(
        "beats every 20 s whatever Hello said",
        (Change(ADAPTER, SLEEP, "                await asyncio.sleep(20)\n"),),
    ),
    "beats-late": Peculiarity(
        "beats for the first time when the whole interval has passed, as botgo does",
        (Change(ADAPTER, SLEEP, "                await asyncio.sleep(0.99 * self._interval)\n"),),
    ),
    "beats-exactly": Peculiarity(
        "beats once an interval and leaves at the first heartbeat without an answer, as satori does",
        (
            Change(ADAPTER, SLEEP, "                await asyncio.sleep(self._interval)\n"),
            Change(RULES, "MISSED_ACKS = 2", "MISSED_ACKS = 1"),
        ),
        ("calibration-no-acks",),
    ),
    "beats-at-once": Peculiarity(
        "beats as soon as it is ready, and every 30 s from then on, as botpy does",
        (
            Change(
                ADAPTER,
                BEATS,
                BEATS.replace("while", "await self._send(1, self._seq)\n            while").replace(
                    "0.8 * self._interval", "30"
                ),
            ),
        ),
    ),
    "waits-ten-seconds": Peculiarity(
        "waits ten seconds before its first attempt",
        (Change(RULES, "BACKOFF_S = (2.0, 5.0, 10.0, 30.0, 60.0)", "BACKOFF_S = (10.0, 30.0, 60.0)"),),
    ),
    "returns-at-once": Peculiarity(
        "makes its first attempt at once",
        (
            Change(
                RULES, "BACKOFF_S = (2.0, 5.0, 10.0, 30.0, 60.0)", "BACKOFF_S = (0.0, 5.0, 10.0, 30.0, 60.0)"
            ),
        ),
    ),
    "resumes-once": Peculiarity(
        "identifies afresh after one Resume that did not hold",
        (Change(RULES, "MOST_RESUMES = 3", "MOST_RESUMES = 1"),),
    ),
    "misses-one-ack": Peculiarity(
        "takes one heartbeat without an answer for the end",
        (Change(RULES, "MISSED_ACKS = 2", "MISSED_ACKS = 1"),),
    ),
    "wants-clicks-too": Peculiarity(
        "asks for clicks as well",
        (Change(RULES, "INTENTS = 1 << 25", "INTENTS = 1 << 26 | 1 << 25"),),
    ),
    "knows-no-guilds": Peculiarity(
        "does not ask for what is written in guilds, a product of its own",
        (Change(RULES, "INTENTS = 1 << 25 | 1 << 30 | 1 << 12", "INTENTS = 1 << 25"),),
    ),
    "listens-once-ready": Peculiarity(
        "takes no message of a new session before its READY",
        (
            Change(
                ADAPTER,
                "        elif t in REPLY_PATHS:\n",
                "        elif t in REPLY_PATHS and self._session_id is not None:\n",
            ),
        ),
        ("calibration-withheld-ready", "calibration-no-ready"),
    ),
    "closes-with-1000": Peculiarity(
        "ends a dead connection with 1000 instead of 4000",
        (
            Change(
                ADAPTER,
                "                await self._ws.close(code=4000)\n            self._ws = None\n",
                "                await self._ws.close(code=1000)\n            self._ws = None\n",
            ),
        ),
    ),
    "asks-for-a-token-each-time": Peculiarity(
        "asks for a new token for each connection, if it may ask at all",
        (
            Change(
                ADAPTER,
                "        await self._open_ws(await self._get_gateway_url())\n",
                "        if time.monotonic() > self._token_asked + TOKEN_EVERY_S:\n"
                "            self._token_until = 0.0\n"
                "        await self._open_ws(await self._get_gateway_url())\n",
            ),
        ),
    ),
}
