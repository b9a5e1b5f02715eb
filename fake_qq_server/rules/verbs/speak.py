"""`speak: good morning`: the bot sends a message that nobody asked for, as a scheduled job makes it.

It acts on the subject: the client's own send is called, and what becomes of that is its affair.
"""

from __future__ import annotations

from fake_qq_server.rules.verbs.arguments import checked, one_of, text
from fake_qq_server.rules.verbs.dispatch import SENDER_SCHEMA, parse_sender
from fake_qq_server.rules.verbs.registry import Args, ArgumentError, BotOwner, Class, Effect, Verb, register

SCENES = ("c2c", "group")


def act(args: Args, owner: BotOwner) -> Effect | None:
    """None where nothing can be made to speak."""
    scene = args.more.get("scene", "c2c")
    return Effect() if owner.speak(scene, args.more["to"], args.main) else None


def check(args: Args) -> None:
    """To say nothing is not to speak, and neither is to speak to nobody."""
    if "to" not in args.more:
        raise ArgumentError("speak needs to, the name of a user or group, as in {speak: hi, to: anna}")
    if not args.main.strip():
        raise ArgumentError("speak is what the bot is to say, such as good morning")


register(
    Verb(
        name="speak",
        places=("any",),
        kind=Class.PUSH,
        story="The bot is made to send this message, which answers nobody, to a user or group.",
        seen_as="A message without msg_id arrives at the API, if the bot sends it.",
        act=act,
        check=check,
        main=text("speak", required=True, means="what it is to say"),
        more={
            "to": checked("to", parse_sender, SENDER_SCHEMA, means="a name, as in dispatch's from"),
            "scene": one_of("scene", SCENES, means="to the user alone, or to the group; c2c unless said"),
        },
        acts_on="owner",
    )
)
