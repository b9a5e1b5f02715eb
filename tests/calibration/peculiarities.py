"""Bots that are right in their own way: the correct bot with a change that no check may hold against it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.calibration.saboteurs import ADAPTER, Change

POST = "            if text:\n                await self._reply(event, text)\n"

PECULIARITIES: Mapping[str, tuple[Change, ...]] = {
    # The second has a msg_seq of its own, as a second answer must.
    "answers-twice-with-one-text": (
        Change(ADAPTER, POST, f"{POST}                await self._reply(event, text, 2)\n"),
        Change(
            ADAPTER,
            "    async def _reply(self, event: MessageEvent, text: str) -> None:\n",
            "    async def _reply(self, event: MessageEvent, text: str, seq: int = 1) -> None:\n",
        ),
        Change(
            ADAPTER,
            '"msg_id": event.message_id, "msg_seq": 1}',
            '"msg_id": event.message_id, "msg_seq": seq}',
        ),
    ),
    "answers-twice-with-two-texts": (
        Change(ADAPTER, POST, f'{POST}                await self._reply(event, text + ", too", 2)\n'),
        Change(
            ADAPTER,
            "    async def _reply(self, event: MessageEvent, text: str) -> None:\n",
            "    async def _reply(self, event: MessageEvent, text: str, seq: int = 1) -> None:\n",
        ),
        Change(
            ADAPTER,
            '"msg_id": event.message_id, "msg_seq": 1}',
            '"msg_id": event.message_id, "msg_seq": seq}',
        ),
    ),
    "is-seen-typing-first": (
        Change(
            ADAPTER,
            POST,
            "            if text:\n"
            '                typing = {"msg_type": 6, "msg_id": event.message_id, "msg_seq": 9}\n'
            "                with contextlib.suppress(Exception):\n"
            "                    await self._post(event.reply_path, typing)\n"
            "                await self._reply(event, text)\n",
        ),
    ),
}
"""By name."""
