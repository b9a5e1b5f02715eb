"""`restart: kill`: the bot is stopped, or killed without a word, and is started again.

It acts on the subject, not on a connection: with `disconnect` its own disconnect() is called (a whole program
is sent SIGTERM), with `kill` its connections are cut and nothing of it runs any more. `down` later a new
adapter connects, in a new process where the subject is a program.
"""

from __future__ import annotations

from fake_qq_server.platform.units import MINUTE, SECOND
from fake_qq_server.rules.verbs.arguments import duration, one_of
from fake_qq_server.rules.verbs.registry import (
    Args,
    ArgumentError,
    Class,
    Effect,
    RestartSubject,
    Verb,
    register,
)

HOW = ("disconnect", "kill")
DOWN_US = 5 * SECOND
"""How long it is down unless `down` says so."""

LONGEST_DOWN_US = 2 * MINUTE
"""A killed bot's status file goes on saying connected, which for longer than this would be held against
it."""


def act(args: Args, restart: RestartSubject) -> Effect | None:
    """None where there is nothing to restart, or it is being restarted: then it has not acted."""
    return Effect() if restart(args.main, args.more.get("down", DOWN_US)) else None


def check(args: Args) -> None:
    """A bot is not down for long."""
    if args.more.get("down", 0) > LONGEST_DOWN_US:
        raise ArgumentError("restart: down is 2m at most")


register(
    Verb(
        name="restart",
        places=("any",),
        kind=Class.PUSH,
        story="The bot (at the runner level its program) is stopped or killed, and started again.",
        seen_as="Its connections end, with or without a close frame; then a new client connects.",
        act=act,
        check=check,
        main=one_of("restart", HOW, required=True, means="as it is told to, or without a word"),
        more={"down": duration("down", means="how long nothing runs, 5s unless said")},
        acts_on="subject",
    )
)
