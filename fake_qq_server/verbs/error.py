"""`error: 100016`: the platform says no in its own words.

The token endpoint reports errors with HTTP 200 and `{"code", "message"}`; the API with an error status and
`{"message", "code", "err_code", "trace_id"}`. Numbers, texts and statuses as quoted in public issues.
"""

from __future__ import annotations

from fake_qq_server.replies import HttpAsk, HttpReply
from fake_qq_server.verbs.arguments import integer
from fake_qq_server.verbs.registry import Args, Class, Verb, register

TOKEN_ERRORS = {
    10004: "机器人不存在",
    100001: "Too many requests",
    100002: "internal err",
    100007: "appid invalid",
    100016: "invalid appid or secret",
}
API_ERRORS = {
    11242: (401, "wrong bot token"),
    11244: (401, "token not exist or expire"),
    11298: (401, "接口访问源IP不在白名单"),
    22009: (400, "msg limit exceed"),
    304018: (400, "SESSION_NOT_EXIST"),
    40034024: (400, "请求参数msg_id无效或越权"),
    40054005: (400, "消息被去重，请检查请求msgseq"),  # noqa: RUF001
}
_UNLISTED = (500, "处理失败")
_TRACE = "0" * 32


def act(args: Args, ask: HttpAsk) -> HttpReply:
    """The error in the form of the endpoint that was asked; `http` overrules its status."""
    code = args.main
    asked = args.more.get("http")
    if ask.endpoint == "token":
        text = TOKEN_ERRORS.get(code, _UNLISTED[1])
        return HttpReply(asked or 200, {"code": code, "message": text})
    status, text = API_ERRORS.get(code, _UNLISTED)
    payload = {"message": text, "code": code, "err_code": code, "trace_id": _TRACE}
    return HttpReply(asked or status, payload, {"X-Tps-trace-ID": _TRACE})


register(
    Verb(
        name="error",
        places=("http",),
        kind=Class.ANSWER,
        story="The platform refuses with this error number, in the form of the endpoint asked.",
        seen_as="HTTP 200 with a code from the token endpoint; an error status with a code from the API.",
        act=act,
        main=integer("error", 1, 999_999_999, example=100016, required=True),
        more={"http": integer("http", 200, 599, example=429)},
    )
)
