"""Journals of real runs with something wrong in them: each is judged, and told of."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from harness.errors import FAILED, NOT_JUDGED, PASSED, WRONG_USAGE
from harness.journal.run_kinds import RunClose
from tests.hardening.damage import BLIND, as_bytes
from tests.hardening.trial import in_process
from tests.harness import bot

RUNS = ("healthy", "closed-once/expired-4009", "one-way-silence/up", "conversation", "op7-resume")
"""Short ones, which together have most kinds of records."""
JUDGED = (PASSED, FAILED, NOT_JUDGED)
ODD: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 2**31, 10**30, -(10**400), 0.5, float("nan"), float("inf"), -1e308, "", "x",
    "\ud800", "\0", "x" * 50_000, "1", "run.close", [], {}, [[]], [None], {"": None}, {"t": {}},
    ["\udfff", 1], [10**12] * 50,
)  # fmt: skip


def record_runs(folder: Path) -> None:
    """Run the correct bot; the journals that are mutated."""
    for judged in bot.run(bot.CORRECT, folder, RUNS):
        assert judged.outcome is not None, judged.problem


def attempt(seed: int, number: int, folder: Path, journals: Path) -> str | None:
    """One mutant of that many: what is wrong with what came of it; None where nothing is."""
    rng = random.Random(f"journal {seed} {number}")
    text = rng.choice(_texts(journals))
    blind = rng.random() < 0.3
    done = [rng.choice(BLIND if blind else SEEING) for _ in range(rng.randint(1, 3))]
    for one in done:
        text = one(rng, text)
    file = folder / "mutant.jsonl"
    file.write_bytes(as_bytes(rng, text))
    words = rng.choice((["judge"], ["judge"], ["judge", "--json"], ["judge", "--strict"]))
    found = in_process([*words, str(file)]).complaint(allowed(text))
    what = " ".join(one.__name__ for one in done)
    return f"journal {number}, {what}: {found}" if found else None


def allowed(text: str) -> tuple[int, ...]:
    """A journal without its end never passes."""
    whole = f'"k":"{RunClose.KIND}"' in text.rstrip().rpartition("\n")[2]
    return (*JUDGED, WRONG_USAGE) if whole else (FAILED, NOT_JUDGED, WRONG_USAGE)


Seeing = Callable[[random.Random, str], str]


def wrong_value(rng: random.Random, text: str) -> str:
    """One value somewhere in a record becomes something else."""
    return _change(rng, text, lambda place, key: place.__setitem__(key, rng.choice(ODD)))


def lost_value(rng: random.Random, text: str) -> str:
    """One value is gone."""
    return _change(rng, text, lambda place, key: place.__delitem__(key))


def nested_value(rng: random.Random, text: str) -> str:
    """One value is deep inside of lists."""
    depth = rng.choice((3, 90, 200, 2_000))
    lines = text.splitlines()
    at = rng.randrange(len(lines))
    value = rng.choice(("1", "null", '""'))
    lines[at] = lines[at].replace(":", f':{"[" * depth}{value}{"]" * depth},"z":', 1)
    return "\n".join(lines) + "\n"


def other_kind(rng: random.Random, text: str) -> str:
    """A record says that it is of the kind of another."""
    lines = text.splitlines()
    one, two = (rng.randrange(len(lines)) for _ in range(2))
    kinds = [_read(lines[n]).get("k") for n in (one, two)]
    lines[one] = lines[one].replace(f'"{kinds[0]}"', f'"{kinds[1]}"', 1)
    return "\n".join(lines) + "\n"


def other_number(rng: random.Random, text: str) -> str:
    """A record has the number, or the time, of another."""
    lines = text.splitlines()
    one, two = (rng.randrange(len(lines)) for _ in range(2))
    key = rng.choice(("n", "t"))
    records = _read(lines[one]), _read(lines[two])
    records[0][key] = records[1].get(key, 0)
    lines[one] = _written(records[0])
    return "\n".join(lines) + "\n"


def twice_a_key(rng: random.Random, text: str) -> str:
    """A record has a key twice."""
    lines = text.splitlines()
    at = rng.randrange(len(lines))
    lines[at] = lines[at][:-1] + f',"{rng.choice("ntk")}":{rng.choice((0, -1, 7, "null"))}}}'
    return "\n".join(lines) + "\n"


SEEING: tuple[Seeing, ...] = (
    wrong_value, wrong_value, wrong_value, lost_value, nested_value, other_kind, other_number, twice_a_key
)  # fmt: skip


def _change(rng: random.Random, text: str, change: Callable[[Any, Any], None]) -> str:
    lines = text.splitlines()
    at = rng.choice((0, len(lines) - 1, rng.randrange(len(lines)), rng.randrange(len(lines))))
    record = _read(lines[at])
    place: Any = record
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return text
        key = rng.choice(keys)
        if isinstance(place[key], (dict, list)) and place[key] and rng.random() < 0.7:
            place = place[key]
            continue
        change(place, key)
        lines[at] = _written(record)
        return "\n".join(lines) + "\n"


def _read(line: str) -> dict[str, Any]:
    """A record; an empty one where the line is none any more."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _written(record: dict[str, Any]) -> str:
    return json.dumps(record, separators=(",", ":"))


@cache
def _texts(folder: Path) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted((folder / "runs").glob("*.jsonl"))]
