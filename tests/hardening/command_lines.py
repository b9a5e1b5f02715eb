"""Command lines made from the parser's own table: right and wrong words, options and values, in any mixture.

A line with something in it that is wrong by itself must end with 2. Lines that may be right run the small
correct bot, through one short run.
"""

from __future__ import annotations

import contextlib
import os
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from signal import SIGTERM

from harness.commands.arguments import COMMANDS, Command
from harness.commands.options import Option
from harness.errors import FAILED, INTERRUPTED, NOT_JUDGED, PASSED, WRONG_USAGE
from tests.hardening.trial import as_program, in_process
from tests.harness import bot

ENDS_S = 3.0
"""How long `serve` is left alone; its program may not even have begun by then."""
STARTS_PROCESSES = ("run", "repro", "fixes", "serve", "doctor", "toxiproxy", "baseline")
"""These commands are tried as the program itself; the others only read and write files."""
ALL = (PASSED, FAILED, NOT_JUDGED, WRONG_USAGE)

GOOD: Mapping[str, Sequence[str]] = {
    "issue": ("14539", "#14539", "https://github.com/NousResearch/hermes-agent/issues/14539"),
    "names": ("healthy", "good.yaml", "good.yaml::mine"),
    "name": ("healthy", "close", "good.yaml"),
    "files": ("good.yaml",),
    "journals": ("earlier/runs/healthy.jsonl",),
    "results": ("earlier", "earlier/outcome.json"),
    "before": ("earlier",),
    "now": ("earlier/outcome.json",),
    "run": ("healthy",),
    "scenario": ("healthy", "good.yaml"),
    "word": ("recovered", "settles", "fin"),
    "do": ("install",),
    "--hermes": (str(bot.CORRECT),),
    "--python": (sys.executable,),
    "--against": (str(bot.CORRECT),),
    "--with-fix": ("good.patch",),
    "--fixes": ("good.patch",),
    "-m": ("network", "give-up"),
    "-k": ("healthy", "healthy and not fin"),
    "-j": ("1", "2"),
    "--durations": ("1", "3"),
    "--seed": ("0", "7"),
    "--shard": ("1/400", "2/400"),
    "--baseline": ("0.19.0",),
    "--from": ("earlier",),
    "--port": ("0",),
}
"""By a positional's name, or an option's first."""

ODD_PATHS = (
    "nowhere", "nowhere/x", "folder", "pipe", "/dev/zero", "/dev/null", "/dev/full", "~nouser/x", "x" * 300,
    "a/" * 3000, "bad.yaml", "broken.json", "not-text", "good.yaml/x", ".", "/", "/proc/self/mem",
    os.fsdecode(b"\xff\xfe"), "名字", "a\nb", " ", "-",
)  # fmt: skip
ODD_WORDS = (
    "nonsense",
    "0",
    "-1",
    "²",
    "1e3",
    "healthy::",
    "::",
    "*",
    "?",
    "not",
    "(",
    "and",
    "--",
    "9" * 5000,
)


@dataclass
class Line:
    """A command line in the making. `wrong`: why it must end with 2."""

    command: Command
    words: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def attempt(seed: int, number: int, folder: Path) -> str | None:
    """One line of that many: what is wrong with what came of it; None where nothing is."""
    line = made_of(seed, number)
    words = [line.command.name, *line.words]
    serves = line.command.name == "serve"
    allowed = (WRONG_USAGE,) if line.wrong else (*ALL, INTERRUPTED, -SIGTERM) if serves else ALL
    if line.command.name in STARTS_PROCESSES:
        tried = as_program(words, folder, ends_s=ENDS_S if serves and not line.wrong else None)
    else:
        with contextlib.chdir(folder):
            tried = in_process(words)
    found = tried.complaint(allowed, longest=1000 + 2 * len(" ".join(words)))  # it may quote them
    why = f" (wrong: {', '.join(line.wrong)})" if line.wrong else ""
    shown = " ".join(word if len(word) < 100 else f"{word[:20]}...({len(word)})" for word in words)
    return f"line {number}, {shown!r}{why}: {found}" if found else None


def made_of(seed: int, number: int) -> Line:
    """The line of that number."""
    rng = random.Random(f"line {seed} {number}")
    line = Line(rng.choice(COMMANDS))
    options = [one for one in line.command.options if one.names[0].startswith("-")]
    chosen = [one for one in options if rng.random() < 2 / (2 + len(options))]
    parts = [_positional(rng, one, line) for one in line.command.options if one not in options]
    parts += [_option(rng, one, line) for one in chosen]
    if rng.random() < 0.08:
        parts.append([rng.choice(("--nonsense", "--hermess", "-Z"))])
        line.wrong.append("no such option")
    rng.shuffle(parts)
    line.words = [word for part in parts for word in part]
    _keep_it_short(line, {one.names[0] for one in chosen})
    return line


def _positional(rng: random.Random, one: Option, line: Line) -> list[str]:
    wanted = one.how.get("nargs")
    count = {"?": (0, 1, 1), "*": (0, 1, 1, 2), "+": (0, 1, 1, 1, 2)}.get(str(wanted), (0, 1, 1, 1, 1, 1))
    number = rng.choice(count)
    if number == 0 and wanted in (None, "+"):
        line.wrong.append(f"no {one.names[0]}")
    return [_value(rng, one, one.names[0], line) for _ in range(number)]


def _option(rng: random.Random, one: Option, line: Line) -> list[str]:
    name = rng.choice(one.names)
    if one.how.get("action", "append") != "append":
        if rng.random() < 0.05:
            line.wrong.append(f"a value for {name}")
            return [f"{one.names[-1]}=x"] if one.names[-1].startswith("--") else [name, "--nonsense"]
        return [name]
    value = _value(rng, one, one.names[0], line)
    if name.startswith("--") and (rng.random() < 0.5 or value.startswith("-")):
        return [f"{name}={value}"]
    if value.startswith("-"):
        line.wrong.append(f"no value for {name}")
    return [name, value]


def _value(rng: random.Random, one: Option, name: str, line: Line) -> str:
    if rng.random() < 0.06:
        line.wrong.append(f"an empty {name}")
        return rng.choice(("", " "))
    choices = one.how.get("choices")
    good = tuple(choices) if choices else GOOD.get(name, ())
    if good and rng.random() < 0.75:
        return str(rng.choice(good))
    value = rng.choice(ODD_WORDS if choices else rng.choice((ODD_WORDS, ODD_PATHS)))
    if choices:
        line.wrong.append(f"no such {name}")
    if not value.strip():
        line.wrong.append(f"an empty {name}")
    positional = not name.startswith("-")
    return f"x{value}" if positional and value.startswith("-") else value


def _keep_it_short(line: Line, options: set[str]) -> None:
    """Whatever runs, runs the small bot through one run; a whole table of fixes is not made."""
    name = line.command.name
    if name in ("run", "repro", "fixes", "doctor", "baseline") and "--hermes" not in options:
        line.words += ["--hermes", str(bot.CORRECT), "--python", sys.executable]
    if name == "baseline":
        line.words += ["-k", "healthy", "--level=adapter", "--seeds=1"]
    if name in ("run", "repro"):
        line.words += ["-k", "healthy" if name == "run" else "upgrade-403", "--level=adapter"]
    if name == "fixes":
        line.words += ["--hermes", "nowhere"]
        line.wrong.append("no such checkout")


@cache
def prepared(folder: Path) -> Path:
    """What the lines name lies in this folder."""
    head = "scenario: mine\nstory: A story.\nissues: []\nlevels: [adapter]\nasks: [connects]\n"
    (folder / "good.yaml").write_text(f"{head}rules: []\nend: 10m\n")
    (folder / "bad.yaml").write_text(f"{head}rules: [{{at: 1m}}]\nend: 10m\n")
    (folder / "broken.json").write_text('{"outcomes": [')
    (folder / "not-text").write_bytes(bytes(range(256)))
    (folder / "good.patch").write_text(bot.harmless_patch())
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    (done,) = bot.run(bot.CORRECT, folder / "earlier", ["healthy"])
    assert done.outcome is not None, done.problem
    return folder
