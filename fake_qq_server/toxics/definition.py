"""A toxic as Toxiproxy's API has it: name, type, stream, toxicity and attributes, read from plain data. Pure.

All numbers are Toxiproxy's own, in its units, so that a definition can be sent to a real server as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fake_qq_server.toxics.bandwidth import Bandwidth
from fake_qq_server.toxics.latency import Latency
from fake_qq_server.toxics.limit_data import LimitData
from fake_qq_server.toxics.pipe import LINGERING, NOOP, Toxic
from fake_qq_server.toxics.proxy_link import OTHER, Stream
from fake_qq_server.toxics.reset_peer import ResetPeer
from fake_qq_server.toxics.slicer import Slicer
from fake_qq_server.toxics.slow_close import SlowClose
from fake_qq_server.toxics.timeout import Timeout

DOWN = "down"
"""Not a toxic to Toxiproxy, which has `enabled: false` of a proxy for it."""

MOST = 10**12


class ToxicError(ValueError):
    """A definition is not what it must be. `key` is where, from the outside in; the text says what is."""

    def __init__(self, key: tuple[str, ...], text: str) -> None:
        super().__init__(text)
        self.key = key


@dataclass(frozen=True)
class Attribute:
    """A number: its unit, the least that makes sense, and what it is where it is not written (None: it must
    be)."""

    unit: str
    least: int = 0
    default: int | None = None


@dataclass(frozen=True)
class Kind:
    """A type of toxic: what makes one, its attributes, and what it does in half a sentence."""

    make: Callable[..., Toxic]
    attributes: Mapping[str, Attribute]
    story: str


MS, US, BYTES = "milliseconds", "microseconds", "bytes"

KINDS: Mapping[str, Kind] = {
    "latency": Kind(
        Latency,
        {"latency": Attribute(MS), "jitter": Attribute(MS, default=0)},
        "every chunk comes later by `latency`, give or take `jitter`; the end is not delayed as such",
    ),
    DOWN: Kind(
        Toxic,
        {},
        "the proxy is disabled: nobody can connect, and what is open ends at once, both ends with FIN",
    ),
    "bandwidth": Kind(
        Bandwidth,
        {"rate": Attribute("units of 1000 bytes a second", least=1)},
        "a chunk comes when its time is over, at most 100 ms of it in a piece",
    ),
    "slow_close": Kind(
        SlowClose, {"delay": Attribute(MS)}, "the end of its own stream comes later by `delay`"
    ),
    "timeout": Kind(
        Timeout,
        {"timeout": Attribute(MS)},
        "nothing passes; FIN to both ends `timeout` after the last swallowed chunk (0: never), and when the "
        "toxic is removed",
    ),
    "reset_peer": Kind(
        ResetPeer,
        {"timeout": Attribute(MS, default=0)},
        "`timeout` after the first chunk of its stream, which is lost, both ends see a reset; a FIN, where "
        "the connection is older than the toxic",
    ),
    "slicer": Kind(
        Slicer,
        {
            "average_size": Attribute(BYTES, least=1),
            "size_variation": Attribute(BYTES, default=0),
            "delay": Attribute(US, default=0),
        },
        "a chunk is halved until no piece is over the average by more than the variation, with a pause of "
        "`delay` after each",
    ),
    "limit_data": Kind(
        LimitData,
        {"bytes": Attribute(BYTES)},
        "after so many bytes since it came on, both ends see FIN; removing it does nothing",
    ),
}

KEYS = ("name", "type", "stream", "toxicity", "attributes")


@dataclass(frozen=True)
class Definition:
    """One toxic. `toxicity` is the share of connections that it is for."""

    name: str
    type: str
    stream: Stream
    toxicity: float
    attributes: Mapping[str, int]

    @property
    def toxic(self) -> Toxic:
        """What it does to the connections that it is for. For none, `reset_peer` still makes ends resets."""
        made = KINDS[self.type].make(**self.attributes)
        if self.toxicity:
            return made
        return LINGERING if made.lingers else NOOP

    @property
    def down(self) -> bool:
        """It disables the proxy."""
        return self.type == DOWN

    @property
    def label(self) -> str:
        """What it is called in a journal: `latency_downstream`, as Toxiproxy would name it; `down`."""
        return DOWN if self.down else f"{self.type}_{self.stream}"


def parse(value: Any) -> Definition:
    """From the mapping that Toxiproxy's API takes; raises ToxicError."""
    if not isinstance(value, dict) or "type" not in value:
        raise ToxicError((), "toxic is a mapping, such as {type: latency, attributes: {latency: 200}}")
    for key in value:
        if key not in KEYS:
            raise ToxicError((str(key),), f"a toxic has no {key!r}: it has {', '.join(KEYS)}")
    kind = value["type"]
    if not isinstance(kind, str) or kind not in KINDS:
        raise ToxicError(("type",), f"{kind!r} is no toxic: there are {', '.join(KINDS)}")
    if kind == DOWN and set(value) - {"type", "name"}:
        raise ToxicError(
            ("type",), "down takes no stream, toxicity or attributes: it disables the whole proxy"
        )
    stream = value.get("stream", "downstream")
    if stream not in OTHER:
        raise ToxicError(("stream",), "stream is upstream (from the client) or downstream (to it)")
    label = DOWN if kind == DOWN else f"{kind}_{stream}"
    return Definition(
        name=_name(value.get("name", label)),
        type=kind,
        stream=stream,
        toxicity=_toxicity(value.get("toxicity", 1.0)),
        attributes=_attributes(kind, value.get("attributes", {})),
    )


def _name(value: Any) -> str:
    if isinstance(value, str) and 0 < len(value) <= 80 and value.isprintable():
        return value
    raise ToxicError(("name",), "name is a short text")


def _toxicity(value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise ToxicError(("toxicity",), "toxicity is a number from 0 to 1: the share of connections")


def _attributes(kind: str, given: Any) -> Mapping[str, int]:
    wanted = KINDS[kind].attributes
    if not isinstance(given, dict):
        raise ToxicError(
            ("attributes",), f"attributes is a mapping, such as {{{next(iter(wanted), '')}: 200}}"
        )
    for key in given:
        if key not in wanted:
            raise ToxicError(("attributes", str(key)), f"{kind} has no {key!r}: it has {', '.join(wanted)}")
    found = {key: _number(kind, key, row, given) for key, row in wanted.items()}
    if kind == "slicer" and found["size_variation"] >= found["average_size"]:
        where = ("attributes", "size_variation")
        raise ToxicError(where, "size_variation is less than average_size")
    return found


def _number(kind: str, key: str, row: Attribute, given: Mapping[str, Any]) -> int:
    place = ("attributes", key)
    if key not in given:
        if row.default is None:
            raise ToxicError(("attributes",), f"{kind} needs {key}: a number of {row.unit}")
        return row.default
    value = given[key]
    if isinstance(value, int) and not isinstance(value, bool) and row.least <= value <= MOST:
        return value
    least = f" from {row.least}" if row.least else ""
    raise ToxicError(place, f"{key} is a whole number{least} of {row.unit}, as in Toxiproxy, not {value!r}")
