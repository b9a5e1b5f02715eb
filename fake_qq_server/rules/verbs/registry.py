"""What a verb is: one row. The validator, the JSON Schema, the docs page and the engine read only this.

Three classes (see docs/verbs.md):

* ANSWER replaces the default reply to one event. `act(args, ask)` gets an `Ask` and returns a reply of the
  place's own type (`HttpReply`, `FrameReply`, `OutReply`, `SeamReply`).
* PUSH adds something on the bot's newest open connection. `act(args, target)` gets a `PushTarget` and
  returns an `Effect`. One that `acts_on` the subject's process gets a `SignalProcess`, on the subject a
  `RestartSubject`, on the bot's account a `BotAccount`; one that acts on nothing gets None. It returns None
  where it did not act.
* CONDITION holds for the rule's window. `act(args)` returns a `conditions.Condition`, put on each connection
  it matches.

A verb is pure: it decides, the place does.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from fake_qq_server.platform.payloads import SOMEBODY, Said


class Class(enum.Enum):
    """What a verb is: the answer to an event, something pushed besides, or a condition on connections."""

    ANSWER = "answer"
    PUSH = "push"
    CONDITION = "condition"


class ArgumentError(ValueError):
    """An argument is not what its verb takes. The text says what would be right."""


@dataclass(frozen=True)
class Argument:
    """One argument: `parse` turns the written value into the verb's own or raises ArgumentError.

    `what` is its name, `means` what it is in a few words; `schema` is its JSON Schema; `required` arguments
    must be written.
    """

    what: str
    parse: Callable[[Any], Any]
    schema: Mapping[str, Any]
    required: bool = False
    default: Any = None
    means: str = ""


@dataclass(frozen=True)
class Effect:
    """How much a verb did. All zero is allowed: a FIN has no bytes."""

    bytes: int = 0
    frames: int = 0
    us: int = 0


class EventTarget(Protocol):
    """A session, as an event sees it: with a connection, or without one."""

    def dispatch(self, event_type: str, fields: Mapping[str, Any], said: Said = SOMEBODY) -> Effect:
        """An event of the session, `fields` laid over its payload. Its intents may exclude it."""


class PushTarget(EventTarget, Protocol):
    """One open connection, as a push sees it. Everything goes through the link, so it arrives later."""

    def frame(self, text: str) -> Effect:
        """A text frame with this text, whatever it means."""

    def raw(self, data: bytes) -> Effect:
        """These bytes as they stand, a frame or not."""

    def close(self, code: int | None, reason: str) -> Effect:
        """A close frame, with no payload at all where `code` is None."""

    def fin(self) -> Effect:
        """The end of the stream."""

    def rst(self) -> Effect:
        """A reset of the connection."""


class BotAccount(Protocol):
    """What the platform keeps of a bot besides its connections and sessions."""

    def revoke(self) -> bool:
        """Make its tokens worthless; whether one was valid."""


class BotOwner(Protocol):
    """Who can make the bot act."""

    def speak(self, scene: str, to: str, text: str) -> bool:
        """Make it send this to the user or group of this name; whether it will try."""


SpeakAs = Callable[[str, str, str], bool]
"""Makes the subject send: the scene, the id of the user or group, the text. The harness's, where the subject
can be made to."""


SignalProcess = Callable[[str], bool]
"""Sends the subject's process a signal by name; whether it could. The harness's, where it has a process."""


RestartSubject = Callable[[str, int], bool]
"""Stops the subject in one of the verb's ways and starts it again so many microseconds later; whether it
will. The harness's, where the subject can be restarted."""


@dataclass(frozen=True)
class Args:
    """A verb's parsed arguments: the main one (what the verb's own key was given) and the further ones."""

    main: Any = None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verb:
    """One row. `places` are event-name prefixes where it can act ("http", "ws.connect", "ws.in", "ws.out",
    "seam", "link"; "any" for pushes, which may hang on every event or moment).

    `check` raises ArgumentError where the arguments do not fit each other, `fits` where the verb or its
    arguments do not fit an event that its places allow.
    `story` is one line for the docs; `seen_as` how a plain client sees it (its own test asserts that).
    """

    name: str
    places: tuple[str, ...]
    kind: Class
    story: str
    seen_as: str
    act: Callable[..., Any]
    main: Argument | None = None
    more: Mapping[str, Argument] = field(default_factory=dict)
    acts_on: Literal["connection", "process", "subject", "account", "owner", "nothing"] = "connection"
    check: Callable[[Args], None] = lambda args: None
    fits: Callable[[str, Args], None] = lambda event, args: None


VERBS: dict[str, Verb] = {}


def register(verb: Verb) -> Verb:
    """Enter a row. Each verb's file calls this once, at the bottom."""
    if verb.name in VERBS:
        raise ValueError(f"verb {verb.name} is registered twice")
    VERBS[verb.name] = verb
    return verb
