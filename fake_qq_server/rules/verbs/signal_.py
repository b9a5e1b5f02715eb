"""`signal: SIGTERM`: somebody stops the subject's process, as an operator or a service manager does.

It acts on the process, not on a connection: there is one only where the whole program is the subject.
"""

from __future__ import annotations

from fake_qq_server.rules.verbs.arguments import one_of
from fake_qq_server.rules.verbs.registry import (
    Args,
    ArgumentError,
    Class,
    Effect,
    SignalProcess,
    Verb,
    register,
)

KILL = "SIGKILL"
SIGNALS = ("SIGTERM", "SIGINT", KILL)

JOBS = ("stop", "none")
"""Who sends it: the service manager on a stop job, or somebody of whom the service manager does not know. A
SIGKILL is always of the second kind."""


def act(args: Args, send: SignalProcess) -> Effect | None:
    """None where there is no process to tell, or it is gone already: then it has not acted."""
    return Effect() if send(args.main) else None


def check(args: Args) -> None:
    """A stop job begins with SIGTERM."""
    if args.main == KILL and args.more.get("job") == "stop":
        raise ArgumentError("signal: a stop job does not begin with SIGKILL: leave job out")


register(
    Verb(
        name="signal",
        places=("any",),
        kind=Class.PUSH,
        story="The subject's process is sent this signal: a service manager's stop, Ctrl-C, or kill -9.",
        seen_as="The signal's handler runs; nothing on the wire.",
        act=act,
        check=check,
        main=one_of(
            "signal",
            SIGNALS,
            required=True,
            means="which one (levels runner, process; SIGKILL: process)",
        ),
        more={
            "job": one_of(
                "job", JOBS, means="stop, unless said: a stop job, after which nobody starts it again"
            )
        },
        acts_on="process",
    )
)
