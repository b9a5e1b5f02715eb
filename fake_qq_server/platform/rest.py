"""The HTTP hosts of the platform: token endpoint, gateway look-up, API. Request in, reply out, pure.

`asked` says what a request is and changes nothing; `respond` decides and changes the platform's state, so a
rule that replaces the answer simply never calls it. Sources of codes stand in `protocol`'s tables.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fake_qq_server.events import Host, HttpSend, InteractionAck
from fake_qq_server.platform import directory, limits, media, payloads, protocol, sends
from fake_qq_server.platform.api import Call, Request, route
from fake_qq_server.platform.authentication import Worth, worth
from fake_qq_server.platform.platform import Platform
from fake_qq_server.platform.replies import HttpReply
from fake_qq_server.platform.rows import Sent
from fake_qq_server.platform.sends import INPUT_NOTIFY

Endpoint = Literal["token", "gateway", "api"]
TOKEN_PATH = "/app/getAppAccessToken"


@dataclass(frozen=True)
class Asked:
    """What a request is, for its events: where it goes, whose it is, what it answers, sends and acknowledges,
    and what its token is worth."""

    endpoint: Endpoint
    bot: int | None
    reply_to: str | None
    send: HttpSend | None = None
    ack: InteractionAck | None = None
    token: Worth | None = None


def endpoint_of(host: Host, method: str, path: str) -> Endpoint:
    """Which of the three a request is for. By path first: the newer host serves tokens and API alike."""
    del method
    route = path.partition("?")[0].rstrip("/")
    if route == TOKEN_PATH:
        return "token"
    if route in ("/gateway", "/gateway/bot"):
        return "gateway"
    return "token" if host == "token" and not any(row.path.fullmatch(route) for row in ROUTES) else "api"


def asked(platform: Platform, request: Request, normal: Callable[[str], str] = lambda text: text) -> Asked:
    """Read a request. The bot is that of the token, however old, or of the app id that it names.

    `normal` makes the texts of equal runs equal, see `sends.read`.
    """
    endpoint = endpoint_of(request.host, request.method, request.path)
    body = request.json() or {}
    if endpoint == "token":
        bot = platform.bot_of_app_id(str(body.get("appId")))
    else:
        token = platform.token_row(request.headers.get("authorization"))
        bot = token.bot if token else platform.bot_of_app_id(request.headers.get("x-union-appid", ""))
    posts = request.method == "POST" and request.route.endswith("/messages")
    reply_to = body.get("msg_id") if posts else None
    send = sends.read(request.method, request.route, request.body, normal) if endpoint == "api" else None
    ack = sends.acknowledged(request.method, request.route, request.body) if endpoint == "api" else None
    return Asked(
        endpoint,
        bot.number if bot else None,
        reply_to if isinstance(reply_to, str) else None,
        send,
        ack,
        _worth(platform, request) if endpoint != "token" else None,
    )


def _worth(platform: Platform, request: Request) -> Worth | None:
    """What its token is worth; null for a file, which needs none."""
    if media.served(request.route) is not None:
        return None
    return worth(platform, request.headers.get("authorization"), request.now)


def respond(platform: Platform, request: Request) -> HttpReply:
    """The platform's own answer: by the table of routes; 404 off it, 405 for another method, then 401."""
    trace_id = platform.fresh("trace")
    medium = media.served(request.route) if request.method == "GET" else None
    if medium is not None:
        return HttpReply(200, medium.content, {"Content-Type": medium.served_as})
    if endpoint_of(request.host, request.method, request.path) == "token":
        return _token_host(platform, request, trace_id)
    matches = [(row, found) for row in ROUTES if (found := row.path.fullmatch(request.route))]
    if not matches:
        return error("not-found", trace_id)
    row, found = next((pair for pair in matches if pair[0].method == request.method), (None, None))
    if row is None or found is None:
        return error("bad-method", trace_id)
    bot = platform.authenticated(request.headers.get("authorization"), request.now)
    if bot is None:
        return error("token", trace_id)
    named = found.groupdict()
    call = Call(platform, bot, request, row.scene, named.get("id", ""), named.get("more", ""))
    answer = row.answer(call)
    if isinstance(answer, str):
        return error(answer, trace_id)
    return HttpReply(row.status, answer, {"X-Tps-trace-ID": trace_id})


def error(name: str, trace_id: str) -> HttpReply:
    """A row of `protocol.REST_ERRORS` as a reply, its trace id in body and header [log]."""
    row = protocol.REST_ERRORS[name]
    err_code = row.code if row.err_code is None else row.err_code
    body = {"message": row.message, "code": row.code, "err_code": err_code, "trace_id": trace_id}
    return HttpReply(row.status, body, {"X-Tps-trace-ID": trace_id})


# -- token endpoint ------------------------------------------------------------------------------------


def _token_host(platform: Platform, request: Request, trace_id: str) -> HttpReply:
    if request.route.rstrip("/") != TOKEN_PATH:
        return error("not-found", trace_id)
    if request.method != "POST":
        return error("bad-method", trace_id)
    outcome = _token(platform, request)
    body = protocol.TOKEN_ERRORS[outcome].body if isinstance(outcome, str) else outcome
    return HttpReply(200, body, {"X-Tps-trace-ID": trace_id})


def _token(platform: Platform, request: Request) -> dict[str, Any] | str:
    """A token, its seconds left as a *string* [doc api-use.md: the example; botpy and botgo need it so], or
    the name of an error, which comes with status 200 too."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return "bad-appid"
    body = request.json()
    if body is None or not isinstance(body.get("appId"), str):
        return "bad-body"
    secret = body.get("clientSecret")
    bot = platform.bot_that_logs_in(body["appId"], str(secret))
    if bot is None:
        return "no-bot"
    if secret != bot.secret and not platform.options.any_credentials:
        return "bad-secret"
    token = platform.token(bot, request.now)
    left = platform.options.told(token.seconds_left(request.now))
    return {"access_token": token.text, "expires_in": str(left)}


# -- API -----------------------------------------------------------------------------------------------


def _gateway(call: Call) -> Mapping[str, Any]:
    """[doc openapi/wss/url_get.md]"""
    options = call.platform.options
    return {"url": options.gateway_urls.get(call.bot.number, options.gateway_url)}


def _gateway_bot(call: Call) -> Mapping[str, Any]:
    """[doc openapi/wss/shard_url_get.md]"""
    limit = call.platform.session_start_limit(call.bot, call.request.now)
    return {**_gateway(call), "shards": call.platform.options.shards, "session_start_limit": limit}


def _me(call: Call) -> Mapping[str, Any]:
    """GET /users/@me; botpy's first request of all [src]."""
    return call.platform.user_of(call.bot)


def _interaction(call: Call) -> Mapping[str, Any]:
    """An empty success; openclaw parses the body as JSON [src]."""
    del call
    return {}


def _file(call: Call) -> Mapping[str, Any] | str:
    """[doc server-inter/message/send-receive/rich-media.md]. ttl 0: it does not expire. With
    srv_send_msg it is a message without msg_id, and counts as one."""
    body = call.request.json() or {}
    if body.get("file_type") not in (1, 2, 3, 4) or not (body.get("url") or body.get("file_data")):
        return "upload"
    sends_it = body.get("srv_send_msg") is True
    refused = limits.proactive(call) if sends_it else None
    if refused is not None:
        return refused
    name = call.platform.fresh("file")
    sent = {"id": _sent(call)} if sends_it else {}
    return {"file_uuid": name, "file_info": f"INFO_{name}", "ttl": 0, **sent}


def _sent(call: Call) -> str:
    """The id of a message that is sent now, and can be retracted by it."""
    name = f"ROBOT1.0_{call.platform.fresh('sent')}!"
    call.platform.keep_sent(Sent(name, call.bot, call.target, call.request.now))
    return name


def _now(call: Call) -> str:
    return payloads.rfc3339(call.platform.options.epoch_us + call.request.now)


def _send(call: Call) -> Mapping[str, Any] | str:
    """POST .../messages: the reply, or the name of the error."""
    body = call.request.fields()
    guild = call.scene in ("channel", "dm")
    if body is None or not _has_content(body, guild):
        return "empty"
    if guild and not _online(call):
        return "not-connected"
    answers = body.get("msg_id") or body.get("event_id")
    refused = limits.passive(call, body) if answers else limits.proactive(call)
    if refused is not None:
        return refused
    reply = {"id": _sent(call), "timestamp": _now(call)}
    if guild:
        of = call.platform.guild_of.get(call.target, call.target)
        place = {"channel_id": call.target, "guild_id": of}
        return reply | place | {"author": _me(call), "content": body.get("content", "")}
    return reply | {"ext_info": {"ref_idx": f"REFIDX_{call.platform.fresh('ref', 16)}=="}}


_CONTENT = ("content", "markdown", "ark", "embed", "media", "keyboard", "image", "file_image")

CONTENT_OF: Mapping[Any, tuple[str, ...]] = {
    0: ("content", "image"),
    2: ("markdown", "keyboard"),
    3: ("ark",),
    4: ("embed",),
    INPUT_NOTIFY: ("input_notify",),
    7: ("media",),
}
"""What a message of a type has, for users and groups [doc server-inter/message/send-receive/send.md]. That
another one is refused as empty is [inf]."""


def _has_content(body: Mapping[str, Any], guild: bool) -> bool:
    """Whether it says something. Guilds know no msg_type."""
    if guild:
        return any(body.get(key) for key in _CONTENT)
    msg_type = protocol.integer(body.get("msg_type", 0))
    if msg_type == INPUT_NOTIFY:
        return _is_notice(body.get("input_notify"))
    return any(body.get(key) for key in CONTENT_OF.get(msg_type, ()))


def _is_notice(told: Any) -> bool:
    """Type 1, and for how many seconds it is shown [doc send.md; that others are refused: inf]."""
    if not isinstance(told, Mapping) or protocol.integer(told.get("input_type")) != 1:
        return False
    seconds = protocol.integer(told.get("input_second"))
    return seconds is not None and 0 < seconds <= LONGEST_NOTICE_S


LONGEST_NOTICE_S = 60
"""[src hermes, openclaw; inf]"""


def _online(call: Call) -> bool:
    """Guild sends need the bot on the gateway (304018) [doc openapi/error/error.md]."""
    session = call.platform.newest_session(call.bot, call.request.now)
    return session is not None and session.conn is not None


def _stream(call: Call) -> Mapping[str, Any] | str:
    """A piece of a message that is written as it comes [src qqbot-nodejs; not in the doc]. It names the
    message that it answers; how often, nothing says [inf]."""
    body = call.request.json() or {}
    if not _has_content(body, guild=True):
        return "empty"
    if limits.replyable(call, body) is None:
        return "bad-msg-id"
    return {"id": _sent(call), "timestamp": _now(call)}


ROUTES = (
    route("GET", "/gateway/?", _gateway),
    route("GET", "/gateway/bot/?", _gateway_bot),
    route("GET", "/users/@me", _me),
    route("POST", "/v2/users/ID/messages", _send, "c2c"),
    route("POST", "/v2/groups/ID/messages", _send, "group"),
    route("POST", "/channels/ID/messages", _send, "channel"),
    route("POST", "/dms/ID/messages", _send, "dm"),
    route("POST", "/v2/users/ID/stream_messages", _stream, "c2c"),
    route("POST", "/v2/users/ID/files", _file, "c2c"),
    route("POST", "/v2/groups/ID/files", _file, "group"),
    route("PUT", "/interactions/ID", _interaction),
    *directory.ROUTES,
)
"""[doc server-inter/message/send-receive/send.md, rich-media.md; openapi]. Whatever is not here is 404."""


def encode(reply: HttpReply) -> bytes:
    """The body on the wire. A mapping is JSON, and its Content-Type then exactly "application/json": botpy
    takes a charset for text [run]."""
    if reply.payload is None:
        return b""
    payload = reply.payload
    if isinstance(payload, bytes):
        return payload
    text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    return text.encode()
