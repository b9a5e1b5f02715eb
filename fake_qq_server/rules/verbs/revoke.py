"""`revoke`: the bot's access tokens are worthless from now on, however much of their life was left.

As where its owner resets the secret, or another program of the same bot was given a new token. What uses an
old one is refused as the tables of `protocol` have it: REST with 11244, Identify and Resume with 4004.
"""

from __future__ import annotations

from fake_qq_server.rules.verbs.registry import Args, BotAccount, Class, Effect, Verb, register


def act(args: Args, account: BotAccount) -> Effect | None:
    """None where the bot has no valid token: then it has not acted."""
    del args
    return Effect() if account.revoke() else None


register(
    Verb(
        name="revoke",
        places=("any",),
        kind=Class.PUSH,
        story="The bot's tokens become worthless, until it asks for a new one.",
        seen_as="401 with code 11244 from the API, and 4004 to an Identify or Resume; nothing before that.",
        act=act,
        acts_on="account",
    )
)
