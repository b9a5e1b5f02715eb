"""`doctor`: what this machine has, and what each level lacks on it. Looks, installs nothing."""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.commands.request import DoctorRequest, ToxiproxyRequest
from harness.commands.written import as_text
from harness.errors import NOT_JUDGED, PASSED, QQChaosError
from harness.hermes import environments, installation, interpreters, provenance
from harness.hermes.installation import Installation
from harness.process import walls
from harness.program import faketime, supervisor
from harness.scenario.vocabulary import LEVELS
from harness.toxiproxy import program

State = Literal["ok", "note", "missing"]


_MOUNTS = Path("/proc/mounts")
_SHARED_MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Fact:
    """One thing that was looked at. A `note` is worth knowing and stops nothing."""

    name: str
    state: State
    value: str


@dataclass(frozen=True)
class Need:
    """What levels need beyond an adapter that imports; `lacking` answers with a clause, or None for nothing.

    It is given the subject, or None while the subject's release is still to be installed.
    """

    levels: tuple[str, ...]
    lacking: Callable[[Installation | None], str | None]


@dataclass(frozen=True)
class Diagnosis:
    """All facts, and for each level what it lacks (nothing: it can run)."""

    facts: tuple[Fact, ...]
    lacks: tuple[tuple[str, tuple[str, ...]], ...]
    to_install: bool
    """Whether the subject is a release that is still to be installed: then nothing is known of its inside."""

    @property
    def exit_status(self) -> int:
        """0 if the adapter level can run, else 125."""
        return NOT_JUDGED if dict(self.lacks)["adapter"] else PASSED


def doctor(request: DoctorRequest) -> int:
    """Print what was found; 0 where the adapter level can run, else 125."""
    diagnosis = examine(request.hermes, request.python)
    if request.json:
        print(as_text(dataclasses.asdict(diagnosis)))
    else:
        print("\n".join(render(diagnosis)))
    return diagnosis.exit_status


def toxiproxy(request: ToxiproxyRequest) -> int:
    """Build the Toxiproxy server into the cache, and say where it lies."""
    del request  # there is one thing to do
    print(program.install(lambda line: print(line, file=sys.stderr)))
    return PASSED


def examine(hermes: str | None = None, python: str | None = None, cache: Path | None = None) -> Diagnosis:
    """Look at this machine and at what `--hermes` and `--python` mean; nothing is raised for what is wrong.

    A subject that is not a release of ours is imported once to see that it can be, which takes a second.
    """
    subject, facts, trouble = _subject(hermes, python, cache)
    facts = [
        _own_interpreter(),
        *facts,
        _installer(),
        _tmpfs(),
        _cores(),
        *_walls(),
        _toxiproxy(),
        *_process_level(),
    ]
    lacks = tuple((level, (*trouble, *_lacking(level, subject, unknown=bool(trouble)))) for level in LEVELS)
    return Diagnosis(tuple(facts), lacks, to_install=subject is None and not trouble)


def render(diagnosis: Diagnosis) -> list[str]:
    """The diagnosis as lines for a terminal."""
    width = max(len(fact.name) for fact in diagnosis.facts)
    lines = [f"{fact.state:7}  {fact.name:{width}}  {fact.value}" for fact in diagnosis.facts]
    lines.append("")
    fine = "can run, once hermes-agent is installed" if diagnosis.to_install else "can run"
    for level, lacks in diagnosis.lacks:
        lines.append(f"{'missing' if lacks else 'ok':7}  {level:{width}}  {'; '.join(lacks) or fine}")
    return lines


def _subject(
    hermes: str | None, python: str | None, cache: Path | None
) -> tuple[Installation | None, list[Fact], tuple[str, ...]]:
    """The subject if it is there, facts about it, and why no level can run (empty if nothing stops them)."""
    try:
        release = environments.release_to_install(hermes, python, cache)
        if release is None:
            found = environments.resolve(hermes, python, cache)
            if found.source != "release":  # a release was imported when its environment was made
                installation.check_import(found.layout, found.interpreter, found.path_entries)
            return found, _facts_of(found), ()
        chosen = interpreters.named(python) if python else interpreters.for_release()
    except QQChaosError as problem:
        return None, [Fact("hermes-agent", "missing", str(problem))], (str(problem),)
    facts = [
        Fact("hermes-agent", "note", f"{release}, not installed yet; the first run does it, once"),
        Fact("its Python", "ok", f"{chosen.version_text} ({chosen.path})"),
        Fact("its aiohttp", "note", "comes with the release"),
    ]
    return None, facts, () if _installer().state == "ok" else (_installer().value,)


def _facts_of(found: Installation) -> list[Fact]:
    commit = f", commit {found.commit}" if found.commit else ""
    layout = f"{found.layout.name}, {found.layout.description}"
    opened = [Fact("its switches", "note", f"set: {_set(found)}")] if found.environment else []
    name = "" if found.name == provenance.DISTRIBUTION else f"{found.name} "
    return [
        Fact("hermes-agent", "ok", f"{name}{found.version} ({found.source}, {found.root}{commit})"),
        Fact("its content", "ok", f"sha256 {found.sha256}"),
        Fact("its layout", "ok", layout),
        *opened,
        Fact("its Python", "ok", f"{found.python} ({found.interpreter})"),
        Fact("its aiohttp", "ok", found.aiohttp),
    ]


def _set(found: Installation) -> str:
    return " ".join(f"{name}={value}" for name, value in found.environment.items())


def _own_interpreter() -> Fact:
    here = interpreters.current()
    return Fact("interpreter", "ok", f"Python {here.version_text} ({here.path})")


def _installer() -> Fact:
    if uv := interpreters.working_uv():
        return Fact("uv or pip", "ok", f"uv ({uv})")
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return Fact("uv or pip", "ok", "venv and pip")
    return Fact("uv or pip", "missing", "no uv that runs, and this Python has no venv with pip")


def _tmpfs() -> Fact:
    if folder := tmpfs():
        free = shutil.disk_usage(folder).free // 2**20
        return Fact("tmpfs", "ok", f"{folder} ({free} MiB free)")
    return Fact("tmpfs", "note", "none that can be written to: runs use the temporary folder, and are slower")


def tmpfs() -> Path | None:
    """A folder in memory that this user may write to, or None."""
    try:
        mounts = [line.split() for line in _MOUNTS.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return None
    in_memory = {fields[1] for fields in mounts if len(fields) > 2 and fields[2] == "tmpfs"}
    wanted = (_SHARED_MEMORY, Path(os.environ.get("XDG_RUNTIME_DIR") or _SHARED_MEMORY))
    return next(
        (path for path in wanted if str(path) in in_memory and os.access(path, os.W_OK | os.X_OK)), None
    )


def _toxiproxy() -> Fact:
    found = program.find()
    missing = f"none, which only --network toxiproxy needs: {program.INSTALL} builds it"
    return Fact("Toxiproxy", "ok" if found else "note", str(found) if found else missing)


def _process_level() -> list[Fact]:
    """What the process level uses where it is there."""
    library = faketime.find()
    lacking = supervisor.no_systemd()
    return [
        Fact("libfaketime", "ok" if library else "note", str(library or faketime.MISSING)),
        Fact(
            "a C compiler",
            "ok" if faketime.compiler() else "note",
            faketime.compiler() or faketime.NO_COMPILER,
        ),
        Fact(
            "systemd",
            "note" if lacking else "ok",
            f"none for a run: {lacking}" if lacking else "one for each run",
        ),
    ]


def _cores() -> Fact:
    if sys.platform == "linux":
        return Fact("cores", "ok", f"{len(os.sched_getaffinity(0))} for this process")
    return Fact("cores", "ok", str(os.cpu_count() or 1))


def _walls() -> list[Fact]:
    possible = walls.possible()
    standing = [Fact("walls", "ok", f"around each run: {', '.join(possible)}")] if possible else []
    return [
        *standing,
        *(Fact("walls", "note", f"without {walls.WITHOUT[name]}") for name in walls.missing(possible)),
    ]


def _lacking(level: str, subject: Installation | None, *, unknown: bool) -> list[str]:
    answers = [] if unknown else [need.lacking(subject) for need in NEEDS if level in need.levels]
    return [answer for answer in answers if answer]


def _loopback(subject: Installation | None) -> str | None:
    del subject
    return None if "network" in walls.possible() else walls.loopback_trouble()


def _has_class(file: str, name: str) -> Callable[[Installation | None], str | None]:
    def lacking(subject: Installation | None) -> str | None:
        if subject is None:
            return None
        try:
            tree = ast.parse((subject.root / file).read_bytes())
        except (OSError, SyntaxError):
            return f"this hermes-agent has no {file}"
        names = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
        return None if name in names else f"this hermes-agent has no {name} in {file}"

    return lacking


def _program(subject: Installation | None) -> str | None:
    if subject is None or (subject.root / "hermes_cli" / "main.py").is_file():
        return None
    return "this hermes-agent has no hermes_cli/main.py, the `hermes` program"


def _certificates(subject: Installation | None) -> str | None:
    del subject
    return None if supervisor.can_make_certificates() else supervisor.NO_CERTIFICATES


NEEDS: tuple[Need, ...] = (
    Need(LEVELS, _loopback),
    Need(("runner", "process"), _has_class("gateway/run.py", "GatewayRunner")),
    Need(("process",), _program),
    Need(("process",), _certificates),
)
