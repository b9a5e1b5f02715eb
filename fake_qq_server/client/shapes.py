"""What the control API answers, and the first line of a served platform, as types: the server builds these,
its OpenAPI document is made from them, and the clients return them.

Times are microseconds since the fake began. `n` is the number of a record; whatever has an `n` can be asked
for from that number on (`after`).
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

Held = Literal["keep", "release"]
"""What becomes of what a condition holds, when all rules end."""


class Ready(TypedDict):
    """The first line: the URLs for bots, and those of the control API with its token. `ports` are those of
    `token`, `api`, `ws` and `control`; `env` is what a client's environment must have, empty without TLS;
    `console` the address of the live page, where there is one."""

    token: str
    api: str
    gateway: str
    control: str
    control_token: str
    ports: dict[str, int]
    pid: int
    env: dict[str, str]
    console: NotRequired[str]


class State(TypedDict):
    """The fake as a whole: where bots find it, its time, its newest record's number, its rules' names."""

    token: str
    api: str
    gateway: str
    now_us: int
    last: int
    rules: list[str]


class Bot(TypedDict):
    """One bot: `connected` says whether a session of it is ready or resumed and open."""

    number: int
    app_id: str
    user_id: str
    username: str
    connected: bool


class Connection(TypedDict):
    """One open connection; `session` is the ordinal of its session."""

    host: str
    number: int
    protocol: str
    bot: int | None
    session: int | None
    serving: bool


class Session(TypedDict):
    """One session that can be resumed. `s` is its last sequence number, `kept` the events that it keeps."""

    ordinal: int
    id: str
    bot: int
    intents: int
    shard: list[int]
    s: int
    conn: int | None
    kept: int


class Record(TypedDict):
    """One record as in a journal: kind `k`, fields `d`, and whom it concerns."""

    n: int
    t: int
    src: str
    k: str
    conn: int | None
    req: int | None
    bot: int | None
    cause: int | None
    rule: str | None
    d: dict[str, Any]


class Request(TypedDict):
    """One request and its answer. Bodies are JSON where they can be read as such, else text.

    `status` is null where none was sent. `accepted`: whether the platform itself did what was asked, null
    where a rule answered.
    """

    n: int
    t: int
    conn: int
    bot: int | None
    host: str
    endpoint: str
    method: str
    path: str
    headers: dict[str, str]
    body: Any
    status: int | None
    answer: Any
    accepted: bool | None


class Send(TypedDict):
    """One message, notice or medium that a bot sent, whole, and how it was answered."""

    n: int
    t: int
    bot: int | None
    scene: str
    target: str
    what: str
    msg_type: int | None
    msg_id: str | None
    msg_seq: int | None
    event_id: str | None
    text: str | None
    body: Any
    status: int | None
    answer: Any
    accepted: bool | None


class Frame(TypedDict):
    """One text frame; `direction` is `in` (from the bot) or `out`."""

    n: int
    t: int
    conn: int
    bot: int | None
    direction: str
    text: str


class Rules(TypedDict):
    """The rules and prohibitions there are, as they were written, and the moment that ends all rules, if
    there is one; `held`: what becomes then of what a condition holds."""

    rules: list[Any]
    forbids: list[Any]
    heal: str | None
    held: Held


class Pushed(TypedDict):
    """What a push did: how many of its verbs `acted`, the ids of messages and clicks, all records of it."""

    acted: int
    ids: list[str]
    records: list[Record]


class Waited(TypedDict):
    """Whether a condition was met in time, and the records that meet it."""

    met: bool
    records: list[Record]


class Moved(TypedDict):
    """The platform's time after its clock was moved, and all records of what happened in between."""

    now_us: int
    records: list[Record]
