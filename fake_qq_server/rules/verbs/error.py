"""`error: 100016`: an error of the platform's own, in the form of the endpoint that was asked.

The token endpoint reports errors with HTTP 200 and `{"code", "message"}`; the API with an error status and
`{"message", "code", "err_code", "trace_id"}`. The known numbers stand in `protocol`, each with its source.
"""

from __future__ import annotations

from fake_qq_server.platform.protocol import REST_ERRORS, TOKEN_ERRORS, RestError
from fake_qq_server.platform.replies import HttpAsk, HttpReply
from fake_qq_server.rules.verbs.arguments import integer
from fake_qq_server.rules.verbs.registry import Args, Class, Verb, register

_TOKEN = {row.code: row for row in TOKEN_ERRORS.values()}
_REST = {row.code: row for row in REST_ERRORS.values()}
_UNLISTED = REST_ERRORS["failed"]
_TRACE = "0" * 32


def act(args: Args, ask: HttpAsk) -> HttpReply:
    """The error in the form of the endpoint that was asked; `http` overrules its status."""
    code: int = args.main
    asked: int | None = args.more.get("http")
    if ask.endpoint == "token":
        message = _TOKEN[code].message if code in _TOKEN else _UNLISTED.message
        return HttpReply(asked or 200, {"code": code, "message": message})
    row = _REST.get(code, RestError(_UNLISTED.status, code, _UNLISTED.message, "unlisted"))
    payload = {"message": row.message, "code": code, "err_code": row.err_code or code, "trace_id": _TRACE}
    return HttpReply(asked or row.status, payload, {"X-Tps-trace-ID": _TRACE})


register(
    Verb(
        name="error",
        places=("http",),
        kind=Class.ANSWER,
        story="The platform refuses with this error number, in the form of the endpoint asked.",
        seen_as="HTTP 200 with a code from the token endpoint; an error status with a code from the API.",
        act=act,
        main=integer(
            "error", 1, 999_999_999, example=100016, required=True, means="the platform's error number"
        ),
        more={
            "http": integer(
                "http", 200, 599, example=429, means="the HTTP status, where it is not the usual one"
            )
        },
    )
)
