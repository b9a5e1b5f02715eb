"""`status: 500`: an HTTP error in place of the answer."""

from __future__ import annotations

from http import HTTPStatus

from fake_qq_server.platform.replies import HttpAsk, HttpReply
from fake_qq_server.rules.verbs.arguments import integer
from fake_qq_server.rules.verbs.registry import Args, Class, Verb, register

_WITHOUT_BODY = (204, 205, 304)
_PHRASES = {known.value: known.phrase for known in HTTPStatus}


def act(args: Args, ask: HttpAsk) -> HttpReply:
    """The status with a short body of the platform's shape, {message, code}."""
    del ask
    if args.main in _WITHOUT_BODY:
        return HttpReply(args.main)
    return HttpReply(args.main, {"message": _PHRASES.get(args.main, "Error"), "code": args.main})


register(
    Verb(
        name="status",
        places=("http",),
        kind=Class.ANSWER,
        story="The request is answered with this HTTP status.",
        seen_as="A complete HTTP answer with that status; the connection stays usable.",
        act=act,
        main=integer("status", 200, 599, example=500, required=True, means="the HTTP status"),
    )
)
