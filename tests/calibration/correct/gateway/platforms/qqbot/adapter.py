"""A small QQ bot that does everything right, by the protocol and by the checks of this project.

It stands where hermes-agent has its adapter and has the same face, so that the whole pipeline drives it
unmodified. Where it fails a check, the check is wrong.

One listener reads and reconnects; a connection counts once READY or RESUMED has come, and as a success once
it held for three heartbeats, so that neither budget nor back-off is reset by connections that never last.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any

import aiohttp

from ...config import Platform, PlatformConfig
from ..base import SendResult
from .local import Local
from .messages import MessageEvent, read
from .rules import (
    ATTEMPT_S,
    BACKOFF_S,
    CLOSING_S,
    FATAL,
    FETCH_S,
    HEARTBEAT_S,
    HELD_HEARTBEATS,
    IDENTIFY_EVERY_S,
    INTENTS,
    MISSED_ACKS,
    MOST_ATTEMPTS,
    MOST_RESUMES,
    NO_RESUME,
    PROXIES,
    REMEMBERED,
    REPEATED,
    REPLY_PATHS,
    REPLY_PAUSES_S,
    SHOWN_TYPING,
    STEP_S,
    TOKEN_EVERY_S,
    TOO_FAST,
    TOO_FAST_S,
    TOO_MANY,
    TYPES_AFTER_S,
    TYPING_S,
    WRONG_CREDENTIALS,
    WRONG_TOKEN,
    Fatal,
    Lost,
    Refused,
)

API_BASE = "https://api.sgroup.qq.com"
TOKEN_URL = "https://bots.qq.com/app/getAppAccessToken"

logger = logging.getLogger(__name__)


class QQAdapter:
    """One bot on one connection. `connect()` returns True once it is in service."""

    platform = Platform("qqbot")

    def __init__(self, config: PlatformConfig) -> None:
        self._app_id, self._secret = str(config.extra["app_id"]), str(config.extra["client_secret"])
        self._local = Local(self._app_id)
        self._http: aiohttp.ClientSession | None = None
        self._ws: aiohttp.ClientWebSocketResponse | None = None
        self._in_service = False
        self._token, self._token_until, self._token_asked = "", 0.0, -TOKEN_EVERY_S
        self._token_lock = asyncio.Lock()
        self._session_id: str | None = None
        self._seq: int | None = None
        self._authenticating = False
        self._resumes, self._identified_at = 0, -IDENTIFY_EVERY_S
        self._interval, self._unanswered = HEARTBEAT_S, 0
        self._failures, self._pause = 0, 0.0
        self._seen: dict[str, None] = {}
        self._fatal: Fatal | None = None
        self._listener: asyncio.Task[None] | None = None
        self._others: set[asyncio.Task[None]] = set()
        self._beating: asyncio.Task[None] | None = None
        self._on_message: Callable[[MessageEvent], Awaitable[str | None]] | None = None
        self._on_fatal: Callable[[QQAdapter], Awaitable[None]] | None = None

    # -- its face

    @property
    def is_connected(self) -> bool:
        return self._in_service

    @property
    def has_fatal_error(self) -> bool:
        return self._fatal is not None

    @property
    def fatal_error_code(self) -> str | None:
        return self._fatal.code if self._fatal else None

    @property
    def fatal_error_retryable(self) -> bool:
        return self._fatal is not None and self._fatal.retryable

    def set_message_handler(self, handler: Callable[[MessageEvent], Awaitable[str | None]]) -> None:
        self._on_message = handler

    def set_fatal_error_handler(self, handler: Callable[[QQAdapter], Awaitable[None]]) -> None:
        self._on_fatal = handler

    async def connect(self) -> bool:
        """Come into service, once. Its caller decides about another try, so nobody else is told."""
        if not self._app_id or not self._secret:
            self._fatal = Fatal("qq_no_credentials", retryable=False)
            self._local.say("fatal")
            return False
        if not self._local.take_lock():
            self._fatal = Fatal("qq_locked", retryable=True)
            return False
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=STEP_S))
        try:
            async with asyncio.timeout(ATTEMPT_S):
                await self._attempt()
        except Exception as problem:
            logger.warning("connect failed: %s", type(problem).__name__)
            self._fatal = _reason(problem) or Fatal("qq_connect", retryable=True)
            self._local.say("fatal")
            await self._release()
            return False
        self._listener = asyncio.create_task(self._listen_loop())
        return True

    async def disconnect(self) -> None:
        """End everything, whoever calls: the handler of a fatal error may be one of its own tasks."""
        tasks = [task for task in (self._listener, *self._others) if task is not None]
        tasks = [task for task in tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._fatal is None:
            self._local.say("disconnected")
        await self._release()

    # -- serving and coming back

    async def _listen_loop(self) -> None:
        try:
            while True:
                await self._serve()
                await self._come_back()
        except Fatal as end:
            await self._give_up(end)

    async def _serve(self) -> None:
        """Until the connection is over. Whatever ends it, the bot goes on."""
        began = time.monotonic()
        try:
            while True:
                await self._take(await self._next_frame())
        except Exception as problem:
            logger.warning("out of service: %s", type(problem).__name__)
            await self._drop()
            if time.monotonic() - began >= HELD_HEARTBEATS * self._interval:
                self._failures = self._resumes = 0
            self._learn(problem)

    async def _come_back(self) -> None:
        """Attempts with growing pauses. Raises Fatal when the budget is used up."""
        back = False
        while not back:
            if self._failures >= MOST_ATTEMPTS:
                raise Fatal("qq_reconnect_exhausted", retryable=True)
            wait = BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)]
            self._failures += 1
            await asyncio.sleep(max(wait, self._pause))
            back = await self._reconnect()

    async def _reconnect(self) -> bool:
        """One attempt. Raises Fatal where no other can succeed."""
        try:
            async with asyncio.timeout(ATTEMPT_S):
                await self._attempt()
        except Exception as problem:
            logger.warning("attempt %d failed: %s", self._failures, type(problem).__name__)
            await self._drop()
            self._learn(problem)
            return False
        return True

    def _learn(self, problem: Exception) -> None:
        """What the end of a connection means for the next one."""
        end = _reason(problem)
        if end is not None:
            raise end
        code = problem.code if isinstance(problem, Lost) else None
        if code in NO_RESUME:
            self._session_id = self._seq = None
        if code == WRONG_TOKEN:
            self._token_until = 0.0
        self._pause = TOO_FAST_S if code == TOO_FAST else 0.0

    async def _give_up(self, end: Fatal) -> None:
        """Say so, let everything go, then tell: in a task of its own, so that the handler may disconnect."""
        logger.error("gave up: %s", end.code)
        self._fatal = end
        self._local.say("fatal")
        await self._release()
        self._spawn(self._tell())

    async def _tell(self) -> None:
        if self._on_fatal is not None:
            try:
                await self._on_fatal(self)
            except Exception:
                logger.exception("the fatal-error handler failed")

    # -- one connection

    @property
    def _client(self) -> aiohttp.ClientSession:
        if self._http is None:
            raise ConnectionError("not connected")
        return self._http

    async def _attempt(self) -> None:
        """Token, gateway, socket, then Hello up to READY or RESUMED."""
        await self._open_ws(await self._get_gateway_url())
        self._authenticating, self._unanswered = False, 0
        while not self._in_service:
            await self._take(await self._next_frame())
        self._local.say("connected")
        self._beating = self._spawn(self._beat())

    async def _drop(self) -> None:
        """Leave the connection behind."""
        self._in_service = False
        if self._fatal is None:
            self._local.say("disconnected")
        if self._beating is not None:
            self._beating.cancel()
            self._beating = None
        if self._ws is not None:
            with contextlib.suppress(Exception):
                await self._ws.close(code=4000)
            self._ws = None

    async def _release(self) -> None:
        """Connection, HTTP client and lock."""
        self._in_service = False
        if self._ws is not None:
            with contextlib.suppress(Exception):
                await self._ws.close()
            self._ws = None
        if self._http is not None:
            await self._http.close()
        self._local.free_lock()

    async def _ensure_token(self) -> str:
        async with self._token_lock:
            now = time.monotonic()
            if now < self._token_until:
                return self._token
            if now < self._token_asked + TOKEN_EVERY_S:
                raise ConnectionError("a token was asked for a moment ago")
            self._token_asked = now
            credentials = {"appId": self._app_id, "clientSecret": self._secret}
            async with self._client.post(TOKEN_URL, json=credentials) as answer:
                answer.raise_for_status()
                said = await answer.json(content_type=None)
            if said.get("code") in WRONG_CREDENTIALS:
                raise Fatal("qq_credentials", retryable=False)
            life = int(said["expires_in"])
            fresh = max(life - min(60.0, life / 2), TOKEN_EVERY_S)
            self._token, self._token_until = str(said["access_token"]), now + min(life, fresh)
            return self._token

    async def _get_gateway_url(self) -> str:
        headers = {"Authorization": f"QQBot {await self._ensure_token()}"}
        async with self._client.get(f"{API_BASE}/gateway", headers=headers) as answer:
            if answer.status == 401:
                self._token_until = 0.0
            answer.raise_for_status()
            return str((await answer.json(content_type=None))["url"])

    async def _open_ws(self, url: str) -> None:
        proxy = next((found for name in PROXIES if (found := os.environ.get(name))), None)
        timeout = aiohttp.ClientWSTimeout(ws_close=CLOSING_S)
        self._ws = await self._client.ws_connect(url, timeout=timeout, proxy=proxy)

    async def _next_frame(self) -> dict[str, Any]:
        """The next frame that is one. Raises Lost when the connection is over."""
        while self._ws is not None:
            message = await self._ws.receive()
            if message.type is aiohttp.WSMsgType.CLOSE:
                raise Lost(message.data)
            if message.type in (aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR):
                raise Lost
            with contextlib.suppress(ValueError, TypeError):
                frame = json.loads(message.data)
                if isinstance(frame, dict):
                    return frame
        raise Lost

    async def _send(self, op: int, d: Any = None) -> None:
        if self._ws is not None:
            await self._ws.send_json({"op": op, "d": d})

    async def _beat(self) -> None:
        """Beat a little faster than asked. Two answers missing: nobody is there; the listener wakes up."""
        with contextlib.suppress(ConnectionError):
            while self._ws is not None:
                await asyncio.sleep(0.8 * self._interval)
                if self._unanswered >= MISSED_ACKS:
                    logger.warning("no answer to %d heartbeats", self._unanswered)
                    await self._ws.close(code=4000)
                    return
                self._unanswered += 1
                await self._send(1, self._seq)

    # -- frames

    async def _take(self, frame: dict[str, Any]) -> None:
        """One frame. Raises Lost where the platform asks for another connection."""
        op, d = frame.get("op"), frame.get("d")
        if op == 0:
            self._dispatch(frame.get("t"), d)
            if isinstance(frame.get("s"), int):
                self._seq = max(frame["s"], self._seq or 0)
        elif op == 1:
            await self._send(11)
        elif op == 7:
            raise Lost
        elif op == 9:
            if d is not True:
                self._session_id = self._seq = None
            raise Lost
        elif op == 10:
            await self._greeted(d)
        elif op == 11:
            self._unanswered = 0

    async def _greeted(self, d: Any) -> None:
        """Hello: Resume where there is a session that is worth it, else Identify. A second one is no news."""
        interval = d.get("heartbeat_interval") if isinstance(d, dict) else None
        if isinstance(interval, int) and interval > 0:
            self._interval = interval / 1000
        if self._authenticating or self._in_service:
            return
        self._authenticating = True
        if self._session_id is not None and self._resumes < MOST_RESUMES:
            self._resumes += 1
            token = f"QQBot {await self._ensure_token()}"
            await self._send(6, {"token": token, "session_id": self._session_id, "seq": self._seq})
            return
        self._session_id, self._seq, self._resumes = None, None, 0
        await asyncio.sleep(max(0.0, self._identified_at + IDENTIFY_EVERY_S - time.monotonic()))
        self._identified_at = time.monotonic()
        token = f"QQBot {await self._ensure_token()}"
        await self._send(2, {"token": token, "intents": INTENTS, "shard": [0, 1]})

    def _dispatch(self, t: Any, d: Any) -> None:
        if t == "RESUMED":
            self._in_service = True
        elif t == "READY" and isinstance(d, dict):
            self._session_id = str(d["session_id"])
            self._in_service = True
        elif t in REPLY_PATHS:
            try:
                event = read(t, d)
            except (KeyError, TypeError, AttributeError, StopIteration):
                logger.warning("a message without its fields")
                return
            self._deliver(event)
        elif t == "INTERACTION_CREATE" and isinstance(d, dict) and "id" in d:
            self._spawn(self._acknowledge(str(d["id"])))

    def _deliver(self, event: MessageEvent) -> None:
        """Once, however often it comes."""
        if event.message_id in self._seen:
            return
        self._seen[event.message_id] = None
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        self._spawn(self._receive(event))

    async def send(self, place: str, text: str) -> SendResult:
        """Say something that nobody asked for, to a user or group; whether the platform took it. It needs the
        API, not the WebSocket."""
        scene = "groups" if place in self._local.groups() else "users"
        try:
            await self._try(f"/v2/{scene}/{place}/messages", {"msg_type": 0, "content": text})
        except (Refused, TimeoutError, aiohttp.ClientError, ConnectionError) as problem:
            logger.warning("a message was not sent: %s", type(problem).__name__)
            return SendResult(success=False)
        return SendResult(success=True)

    async def _receive(self, event: MessageEvent) -> None:
        """Fetch what comes with it."""
        if event.source.chat_type == "group":
            self._local.remember_group(event.source.chat_id)
        fetched = [await self._fetch(url) for url in event.pictures]
        await self.handle_message(replace(event, media_urls=tuple(one for one in fetched if one)))

    async def _fetch(self, url: str) -> str | None:
        """A picture as a data: URL."""
        try:
            async with asyncio.timeout(FETCH_S), self._client.get(url) as answer:
                answer.raise_for_status()
                encoded = base64.b64encode(await answer.read()).decode("ascii")
                return f"data:{answer.content_type};base64,{encoded}"
        except (TimeoutError, aiohttp.ClientError, ConnectionError, ValueError) as problem:
            logger.warning("a picture was not fetched: %s", type(problem).__name__)
            return None

    async def handle_message(self, event: MessageEvent) -> None:
        """Ask the handler, send its answer."""
        typing = self._spawn(self._type(event))
        try:
            text = await self._on_message(event) if self._on_message else None
            typing.cancel()
            if text:
                await self._reply(event, {"content": text, "msg_type": 0, "msg_seq": 1})
        except Exception as problem:
            logger.warning("a message was not answered: %s", type(problem).__name__)
        finally:
            typing.cancel()

    async def _type(self, event: MessageEvent) -> None:
        """Show that it is typing for as long as the answer takes; where that fails, soon again."""
        if event.source.chat_type not in SHOWN_TYPING:
            return
        notify = {"input_type": 1, "input_second": TYPING_S}
        body = {"msg_type": 6, "msg_id": event.message_id, "msg_seq": 1, "input_notify": notify}
        with contextlib.suppress(Refused):
            while True:
                await asyncio.sleep(TYPES_AFTER_S)
                with contextlib.suppress(TimeoutError, aiohttp.ClientError, ConnectionError):
                    await self._post(event.reply_path, body)
                    await asyncio.sleep(TYPING_S - 2 * TYPES_AFTER_S)

    async def _reply(self, event: MessageEvent, said: dict[str, Any]) -> None:
        """A few tries, all with one msg_seq: what the platform has already, it refuses as a repetition."""
        body = {**said, "msg_id": event.message_id}
        await self._try(event.reply_path, body)

    async def _try(self, path: str, body: dict[str, Any]) -> None:
        """A few times. Raises what the last one raises."""
        for pause in REPLY_PAUSES_S:
            try:
                await self._post(path, body)
                return
            except (TimeoutError, aiohttp.ClientError, ConnectionError) as problem:
                logger.warning("a reply failed: %s", type(problem).__name__)
                await asyncio.sleep(pause)
        await self._post(path, body)

    async def _acknowledge(self, interaction: str) -> None:
        """Tell the platform that a click has come; until then who clicked is made to wait."""
        headers = {"Authorization": f"QQBot {await self._ensure_token()}"}
        url = f"{API_BASE}/interactions/{interaction}"
        with contextlib.suppress(TimeoutError, aiohttp.ClientError):
            async with self._client.put(url, json={"code": 0}, headers=headers):
                pass

    async def _post(self, path: str, body: dict[str, Any]) -> None:
        """Send it. Raises Refused where another try can only fail the same way, others where it may not.

        A success counts though its body cannot be read: the platform has it.
        """
        headers = {"Authorization": f"QQBot {await self._ensure_token()}"}
        async with self._client.post(API_BASE + path, json=body, headers=headers) as answer:
            said = await self._error_in(answer)
            if answer.status == 401:
                self._token_until = 0.0
                raise ConnectionError("the token was not accepted")
            if answer.status == 429 or answer.status >= 500 or said == TOO_MANY:
                raise ConnectionError(f"status {answer.status}, code {said}")
            if said not in (None, 0, REPEATED):
                raise Refused(said)

    @staticmethod
    async def _error_in(answer: aiohttp.ClientResponse) -> int | None:
        """The platform's error code, if its answer has one."""
        try:
            said = json.loads(await answer.text())
        except (ValueError, aiohttp.ClientError):
            return answer.status if answer.status >= 400 else None
        code = said.get("code") if isinstance(said, dict) else None
        return code if isinstance(code, int) else None

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._others.add(task)
        task.add_done_callback(self._others.discard)
        return task


def _reason(problem: Exception) -> Fatal | None:
    """Why no other connection can succeed, null where one can."""
    if isinstance(problem, Lost) and problem.code in FATAL:
        return Fatal(f"qq_closed_{problem.code}", retryable=False)
    return problem if isinstance(problem, Fatal) else None
