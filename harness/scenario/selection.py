"""Which runs a command line means: names, files, tags, issues. Pure but for reading scenario files."""

from __future__ import annotations

import difflib
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from harness.errors import UsageError
from harness.scenario.document import Scenario
from harness.scenario.loading import SUFFIXES, load_catalogue, load_file
from harness.scenario.run_spec import RunSpec
from harness.user_files import is_file

_ISSUE = re.compile(r"(?:#|.*/(?:issues|pull)/)?(\d+)(?:[/#?].*)?")


def by_names(names: Sequence[str], level: str | None) -> list[RunSpec]:
    """The runs that names and files mean, in order, each once; without a level, those of every level.

    A name is a scenario (all of its runs) or one run's exact name; a file stands for all of its runs, and
    FILE::NAME for those that NAME means in that file.
    Raises UsageError for a name that means nothing or two different runs, ScenarioError for a broken file.
    """
    catalogue = load_catalogue()
    found: dict[str, RunSpec] = {}
    for name in names:
        path, wanted = _file_in(name)
        if path is None:
            chosen = _named(name, catalogue)
        else:
            scenarios = {scenario.name: scenario for scenario in load_file(path)}
            chosen = _named(wanted, scenarios, f" in {path}") if wanted else all_runs(scenarios)
        for run in chosen:
            if found.setdefault(run.name, run) != run:
                raise UsageError(
                    f"{name}: another run of the same name, {run.name}, was named too; run them one by one"
                )
    return _at_level(list(found.values()), level, ", ".join(names))


def files(names: Sequence[str]) -> dict[str, Path]:
    """Of what `by_names` took: each run's name that came from a file, and the file."""
    return {
        run.name: path
        for path, _ in map(_file_in, names)
        if path is not None
        for run in all_runs({scenario.name: scenario for scenario in load_file(path)})
    }


def sources_of(names: Sequence[str]) -> dict[str, str]:
    """FILE:LINE of each run's scenario: of the catalogue, and of the files among what `by_names` took."""
    chosen = [path for path, _ in map(_file_in, names) if path is not None]
    scenarios = [*load_catalogue().values(), *(one for path in chosen for one in load_file(path))]
    return {run.name: one.source for one in scenarios for run in one.runs}


def by_issue(text: str, level: str) -> list[RunSpec]:
    """Every run that shows an issue: `14539`, `#14539`, or its address. Duplicates of it count as well."""
    return _at_level(_of_issue(text), level, f"issue {text}")


def levels_of(text: str, levels: Sequence[str]) -> list[str]:
    """Those of `levels` at which some run shows the issue. Raises UsageError as `by_issue` does."""
    runs = _of_issue(text)
    there = [level for level in levels if any(level in run.levels for run in runs)]
    return there or [levels[0]]


def _of_issue(text: str) -> list[RunSpec]:
    match = _ISSUE.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{text} is not an issue: write 14539, #14539 or the issue's address")
    issue = int(match[1])
    every = all_runs()
    runs = [run for run in every if issue in run.issues]
    if not runs:
        known = sorted({issue for run in every for issue in run.issues})
        raise UsageError(
            f"no scenario shows issue {issue}; there are scenarios for {', '.join(map(str, known))}"
        )
    return runs


def narrowed(runs: Iterable[RunSpec], tags: Sequence[str], expression: str | None) -> list[RunSpec]:
    """Those with one of the tags, and with the text in their name ("a and not b" of such texts)."""
    chosen = [run for run in runs if not tags or set(tags) & set(run.tags)]
    if expression is not None:
        chosen = [run for run in chosen if _matches(expression, run.name)]
    if not chosen:
        wanted = " ".join([*(f"-m {tag}" for tag in tags), *([f"-k {expression!r}"] if expression else [])])
        raise UsageError(f"no run matches {wanted}; `qqchaos list` shows all scenarios")
    return chosen


def shard(runs: Sequence[RunSpec], part: int, of: int) -> list[RunSpec]:
    """The `part`th of `of` parts, from 1. Which part a run is in depends on its name alone: a new scenario
    moves no other run."""
    return [run for run in runs if zlib.crc32(run.name.encode()) % of == part - 1]


def all_runs(catalogue: Mapping[str, Scenario] | None = None) -> list[RunSpec]:
    """Every run of the catalogue."""
    scenarios = load_catalogue() if catalogue is None else catalogue
    return [run for scenario in scenarios.values() for run in scenario.runs]


def _file_in(name: str) -> tuple[Path | None, str]:
    """The file that a name on the command line means, None for a name, and what is wanted of the file."""
    file, _, wanted = name.partition("::")
    path = Path(file)
    return (path, wanted) if path.suffix in SUFFIXES or is_file(path) else (None, "")


def _named(name: str, catalogue: Mapping[str, Scenario], where: str = "") -> list[RunSpec]:
    if name in catalogue:
        return list(catalogue[name].runs)
    runs = {run.name: run for run in all_runs(catalogue)}
    if name in runs:
        return [runs[name]]
    close = difflib.get_close_matches(name, dict.fromkeys([*catalogue, *runs]), n=3)
    listed = f"; it has {', '.join(catalogue)}" if where else "; `qqchaos list` shows all scenarios"
    hint = f"; did you mean {' or '.join(close)}?" if close else listed
    raise UsageError(f"there is no scenario {name}{where}{hint}")


def _at_level(runs: list[RunSpec], level: str | None, what: str) -> list[RunSpec]:
    there = [run for run in runs if level is None or level in run.levels]
    if not there:
        levels = dict.fromkeys(level for run in runs for level in run.levels)
        raise UsageError(f"{what}: no run at level {level}; choose one of {', '.join(levels)} with --level")
    return there


def _matches(expression: str, name: str) -> bool:
    """`-k`: words joined by and, or and not, each true where it stands in the name."""
    any_of = []
    for part in re.split(r"\bor\b", expression):
        all_of = []
        for word in re.split(r"\band\b", part):
            negated, text = re.fullmatch(r"\s*(not\b\s*)?(.*?)\s*", word, re.DOTALL).groups()  # type: ignore[union-attr]
            if not text:
                raise UsageError(f"-k {expression!r}: write parts of names, joined by and, or, not")
            all_of.append((text in name) != bool(negated))
        any_of.append(all(all_of))
    return any(any_of)
