"""The QQ gateway's vocabulary as tables: opcodes, close codes, intents, errors, refusals and control frames.

Every row says where it comes from. Labels: `doc` is the official documentation
(tencent-connect/bot-docs@645787a, paths under docs/develop/api-v2/), `src` a client's source, `log` a
real server's answer quoted in a public issue, `run` measured with a real client, `inf` an inference without
public evidence.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HEARTBEAT_MS = 41250
"""Default of Hello's heartbeat_interval, milliseconds. The doc's example prints 45000 [doc
dev-prepare/interface-framework/reference.md]; "~41 s" is what hermes notes of the real one [src]."""

GATEWAY_URL = "wss://api.sgroup.qq.com/websocket"
"""What GET /gateway names in real logs; the doc's example ends in a slash [doc openapi/wss]."""

MEDIA_URL = "https://multimedia.nt.qq.com.cn"
"""Where the attachments of real messages lie [log]."""

EVENT_EMIT = "doc dev-prepare/interface-framework/event-emit.md"
ERROR_TABLE = "doc dev-prepare/error-trace/websocket.md"
BOTGO = "src botgo errs/err.go, not in the official table"


class Op(enum.IntEnum):
    """Opcodes [doc dev-prepare/interface-framework/event-emit.md]. 12 and 13 belong to the webhook."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    RESUME = 6
    RECONNECT = 7
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11
    HTTP_CALLBACK_ACK = 12
    CALLBACK_VALIDATION = 13


_NAME_OF_OP: Mapping[int, str] = {
    Op.DISPATCH: "dispatch",
    Op.HEARTBEAT: "heartbeat",
    Op.IDENTIFY: "identify",
    Op.RESUME: "resume",
    Op.RECONNECT: "reconnect",
    Op.INVALID_SESSION: "invalid",
    Op.HELLO: "hello",
    Op.HEARTBEAT_ACK: "ack",
}
_NAME_OF_DISPATCH: Mapping[str, str] = {"READY": "ready", "RESUMED": "resumed"}

GATEWAY_OPS: frozenset[int] = frozenset(_NAME_OF_OP)
"""The opcodes that exist on a WebSocket; 12 and 13 do not."""

OP_NAMES: frozenset[str] = frozenset(_NAME_OF_OP.values()) | frozenset(_NAME_OF_DISPATCH.values())
"""The names that rules and the journal use. READY and RESUMED are dispatch frames with names of their own."""


def op_name(frame: Mapping[str, Any]) -> str:
    """The name of a parsed frame: one of OP_NAMES, or "other" where its op is none of the gateway's."""
    op = integer(frame.get("op"))
    t = frame.get("t")
    if op == Op.DISPATCH and isinstance(t, str):
        return _NAME_OF_DISPATCH.get(t, "dispatch")
    return "other" if op is None else _NAME_OF_OP.get(op, "other")


def integer(value: Any) -> int | None:
    """`value` where it is a JSON integer, else None (true and false are none)."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def parse(text: str) -> dict[str, Any] | None:
    """The JSON object in `text`, or None where there is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


@dataclass(frozen=True)
class CloseCode:
    """One close code. `resume`, `identify`: may the client retry with it; None where no table says."""

    code: int
    meaning: str
    resume: bool | None
    identify: bool | None
    source: str
    reason: str = ""


TOO_FAST = 4008
"""The close code after which a client waits before it comes back, with its session as it was."""

_CLOSE_CODES = (
    CloseCode(4000, "unknown error", None, None, BOTGO),
    CloseCode(4001, "invalid opcode", False, False, ERROR_TABLE),
    CloseCode(4002, "invalid payload", False, False, ERROR_TABLE),
    CloseCode(4003, "not authenticated", None, None, BOTGO),
    CloseCode(4004, "authentication failed", None, None, BOTGO + "; clients take it as token expired"),
    CloseCode(4005, "authenticated twice", None, None, BOTGO),
    CloseCode(4006, "invalid session id, identify", False, True, ERROR_TABLE),
    CloseCode(4007, "seq error", False, True, ERROR_TABLE),
    CloseCode(4008, "payloads sent too fast", True, True, ERROR_TABLE),
    CloseCode(4009, "connection expired, resume", True, True, ERROR_TABLE + "; reason: log openclaw#78889",
              "Session timed out"),
    CloseCode(4010, "invalid shard", False, False, ERROR_TABLE),
    CloseCode(4011, "too many guilds, use shards", False, False, ERROR_TABLE),
    CloseCode(4012, "invalid version", False, False, ERROR_TABLE),
    CloseCode(4013, "invalid intent", False, False, ERROR_TABLE),
    CloseCode(4014, "intent without permission", False, False, ERROR_TABLE),
    CloseCode(4902, "internal error, reconnect", False, True, ERROR_TABLE + "; reason: log bot-node-sdk#94",
              "reset by resume"),
    CloseCode(4903, "internal error, reconnect", False, True,
              ERROR_TABLE + "; reason: log openclaw-qqbot#18", "create session error"),
    *(CloseCode(code, "internal error, reconnect", False, True, ERROR_TABLE)
      for code in range(4900, 4914) if code not in (4902, 4903)),
    CloseCode(4914, "bot taken down, sandbox only", False, False, ERROR_TABLE),
    CloseCode(4915, "bot banned", False, False, ERROR_TABLE),
)  # fmt: skip
CLOSE_CODES: Mapping[int, CloseCode] = {row.code: row for row in sorted(_CLOSE_CODES, key=lambda r: r.code)}
"""Below the same table the doc contradicts it: "4009 resume; 4914, 4915 do not connect; all others
identify". botgo and satori follow that sentence, hermes from 0.15 on the table."""


class Intent(enum.IntFlag):
    """Intent bits [doc dev-prepare/interface-framework/event-emit.md; ENTER_AIO: src botgo;
    GROUP_MEMBERS: src nonebot-adapter-qq 1.7.3]."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    DIRECT_MESSAGE = 1 << 12
    OPEN_FORUM_EVENT = 1 << 18
    AUDIO_OR_LIVE_CHANNEL_MEMBER = 1 << 19
    ENTER_AIO = 1 << 23
    GROUP_MEMBERS = 1 << 24
    GROUP_AND_C2C_EVENT = 1 << 25
    INTERACTION = 1 << 26
    MESSAGE_AUDIT = 1 << 27
    FORUMS_EVENT = 1 << 28
    AUDIO_ACTION = 1 << 29
    PUBLIC_GUILD_MESSAGES = 1 << 30


ALL_INTENTS = sum(Intent)


@dataclass(frozen=True)
class Refusal:
    """How the platform turns a connection down: op 9 `d:false` first where `invalid`, then the close.

    A close always follows: botpy, satori and bot-node-sdk note op 9 and wait for the server [src].
    `close` is (code, reason); None leaves the connection open.
    """

    invalid: bool
    close: tuple[int, str] | None
    source: str


REFUSALS: Mapping[str, Refusal] = {
    "unknown-opcode": Refusal(False, (4001, ""), ERROR_TABLE),
    "bad-payload": Refusal(False, (4002, ""), ERROR_TABLE),
    "not-authenticated": Refusal(False, (4003, ""), "inf; " + BOTGO),
    "bad-token": Refusal(False, (4004, ""), "src botgo, botpy, openclaw read 4004 as token expired"),
    "already-authenticated": Refusal(False, (4005, ""), "inf; " + BOTGO),
    "unknown-session": Refusal(True, (4006, ""), "op 9: log qqpd-bot-java#35; close: inf, " + ERROR_TABLE),
    "bad-seq": Refusal(False, (4007, ""), "inf; " + ERROR_TABLE),
    "bad-shard": Refusal(False, (4010, ""), ERROR_TABLE),
    "bad-intents": Refusal(True, (4903, "create session error"),
                           "log openclaw-qqbot#18, DeepSeek-Reasonix#7512, bub-contrib PR#61"),
    "too-many-sessions": Refusal(True, (4903, "create session error"),
                                 "inf; off unless sessions are enforced"),
    "displaced": Refusal(False, (4902, "reset by resume"), "inf, one reading of log bot-node-sdk#94"),
    "no-heartbeat": Refusal(False, (4009, "Session timed out"), "inf; off unless a time-out is set"),
}  # fmt: skip
"""What the platform answers to what it does not accept. `options.Options.refusals` replaces rows."""


@dataclass(frozen=True)
class TokenError:
    """An error of the token endpoint. They come as HTTP 200 [src nonebot-adapter-qq PR #164]."""

    code: int
    message: str
    when: str
    source: str

    @property
    def body(self) -> dict[str, Any]:
        """The JSON that the endpoint answers."""
        return {"code": self.code, "message": self.message}


TOKEN_ERRORS: Mapping[str, TokenError] = {
    "too-many": TokenError(100001, "Too many requests", "frequency", "log Yunzai-QQBot-Plugin#34"),
    "bad-body": TokenError(100002, "internal err", "appId is a number, or the body is not JSON",
                           "log bot-docs#220, bot-docs#225, botpy#197"),
    "bad-appid": TokenError(100007, "appid invalid", "wrong Content-Type; unknown, banned or deleted bot",
                            "log qq-official-bot#88, Yunzai-QQBot-Plugin#34"),
    "bad-secret": TokenError(100016, "invalid appid or secret", "wrong secret",
                             "log Yunzai-QQBot-Plugin#34"),
    "no-bot": TokenError(10004, "机器人不存在", "no such bot", "log Yunzai-QQBot-Plugin#34"),
}  # fmt: skip


@dataclass(frozen=True)
class RestError:
    """An error of the API. Body: message, code, err_code, trace_id; header X-Tps-trace-ID [log]."""

    status: int
    code: int
    message: str
    source: str
    err_code: int | None = None


_ERROR_MD = "doc openapi/error/error.md"
REST_ERRORS: Mapping[str, RestError] = {
    "ip": RestError(401, 11298, "接口访问源IP不在白名单", "log openclaw-qqbot#240, botpy#189", 40023002),
    "wrong-token": RestError(401, 11242, "wrong bot token", "log botpy#139"),
    "token": RestError(401, 11244, "token not exist or expire", "log qqpd-bot-java#39; the status: inf"),
    "fixed-token": RestError(401, 11245, "固定Token已禁用，请使用AccessToken鉴权",  # noqa: RUF001
                             "log satori#381; the status: inf"),
    "repeated": RestError(400, 40054005, "消息被去重，请检查请求msgseq", "log LangBot#2290"),  # noqa: RUF001
    "bad-msg-id": RestError(400, 40034024, "请求参数msg_id无效或越权", "log AstrBot#6931"),
    "no-push-right": RestError(400, 40034102, "主动消息失败, 无权限",
                               "log openclaw-qqbot#52, nanobot#1307; the status: inf"),
    "too-many-replies": RestError(400, 22009, "msg limit exceed",
                                  "doc server-inter/message/send-receive/send.md; the status: inf"),
    "reply-too-late": RestError(400, 304027, "MSG_EXPIRE", _ERROR_MD + "; the status, and here: inf"),
    "empty": RestError(400, 50006, "message is empty", _ERROR_MD + "; the status: inf"),
    "not-connected": RestError(400, 304018, "SESSION_NOT_EXIST", _ERROR_MD + "; the status: inf"),
    "bad-form": RestError(400, 50035, "invalid form body", _ERROR_MD + "; the status: inf"),
    "bad-message-id": RestError(400, 306002, "消息id错误", _ERROR_MD + "; the status: inf"),
    "retract-too-late": RestError(400, 306011, "超出可撤回消息时间", _ERROR_MD + "; the status: inf"),
    "upload": RestError(400, 304082, "upload media info fail", _ERROR_MD + "; the status: inf"),
    "not-found": RestError(404, 404, "no such API", _ERROR_MD + "; the code: inf"),
    "bad-method": RestError(405, 405, "method not allowed", _ERROR_MD + "; the code: inf"),
    "too-many": RestError(429, 429, "too many requests", _ERROR_MD + "; the code: inf"),
    "failed": RestError(500, 500, "处理失败", _ERROR_MD + "; the code: inf"),
    "timed-out": RestError(504, 504, "处理失败", _ERROR_MD + "; the code: inf"),
}  # fmt: skip
"""Where no source gives the HTTP status, it is an inference and the row says so."""


def encode(frame: Mapping[str, Any]) -> str:
    """A frame as the text that goes on the wire."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def hello(heartbeat_ms: int = HEARTBEAT_MS) -> dict[str, Any]:
    """The first frame of every connection; nonebot asserts that it is [doc reference.md; src]."""
    return {"op": int(Op.HELLO), "d": {"heartbeat_interval": heartbeat_ms}}


def ack() -> dict[str, Any]:
    """The answer to a heartbeat [doc reference.md]."""
    return {"op": int(Op.HEARTBEAT_ACK)}


def reconnect() -> dict[str, Any]:
    """Op 7. The server closes after it, with 4009 as seen in the wild [log openclaw#78889]."""
    return {"op": int(Op.RECONNECT)}


def invalid(resumable: bool = False) -> dict[str, Any]:
    """Op 9; `d` false is what real servers send [log openclaw-qqbot#18]. The server closes after it."""
    return {"op": int(Op.INVALID_SESSION), "d": resumable}


def dispatch(t: str, d: Any, s: int, event_id: str | None = None) -> dict[str, Any]:
    """Op 0. `id` is the event id that a passive reply may name as event_id [doc event-emit.md]."""
    frame: dict[str, Any] = {"op": int(Op.DISPATCH), "s": s, "t": t}
    return frame | ({} if event_id is None else {"id": event_id}) | {"d": d}


def ready(session_id: str, user: Mapping[str, Any], shard: Sequence[int], s: int = 1) -> dict[str, Any]:
    """READY, with the client's own shard echoed. Clients need every one of its fields: botpy and nonebot
    fail without `s`, botgo and botpy index the shard [src]."""
    d = {"version": 1, "session_id": session_id, "user": dict(user), "shard": list(shard)}
    return dispatch("READY", d, s)


def resumed(s: int) -> dict[str, Any]:
    """RESUMED: `d` is an empty string; it follows the replay [doc reference.md §4; log QwenPaw#7946]."""
    return dispatch("RESUMED", "", s)
