"""Scenario files: from disk to checked scenarios, and every mistake as one line that an editor can jump to.

Runs in the parent only: a worker gets its run as JSON and has no YAML.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fake_qq_server.rules.language_errors import LanguageError
from harness import user_files
from harness.errors import UsageError
from harness.scenario.document import Scenario, parse_scenario
from harness.scenario.yaml_positions import YamlError, read_documents
from harness.user_files import CannotRead

SUFFIXES = (".yaml", ".yml")
MOST_BYTES = 16 << 20
"""More than any scenario file."""


class ScenarioError(UsageError):
    """A scenario file is wrong. As text: `FILE:LINE: sentence`; `line` is 0 where there is no line."""

    def __init__(self, file: str, line: int, sentence: str) -> None:
        where = f"{file}:{line}" if line else file
        super().__init__(f"{where}: {' '.join(sentence.split())}")
        self.file = file
        self.line = line
        self.sentence = sentence


@dataclass(frozen=True)
class _Found:
    scenario: Scenario
    file: str
    line: int


def load_text(text: str, file: str = "<text>") -> list[Scenario]:
    """The scenarios of a file's text. Raises ScenarioError for the first mistake."""
    return [found.scenario for found in _of_text(text, file)]


def load_file(path: Path | str) -> list[Scenario]:
    """The scenarios of one file. Raises ScenarioError."""
    return [found.scenario for found in _of_file(Path(path))]


def load_files(paths: Iterable[Path | str]) -> dict[str, Scenario]:
    """The scenarios of several files by name, in order; no name may come twice."""
    found: dict[str, _Found] = {}
    for path in paths:
        for one in _of_file(Path(path)):
            other = found.get(one.scenario.name)
            if other is not None:
                raise ScenarioError(one.file, one.line, _twice(one.scenario.name, other.scenario.source))
            found[one.scenario.name] = one
    return {name: one.scenario for name, one in found.items()}


def catalogue_folder() -> Path:
    """Where the shipped scenarios are: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "_scenarios"
    return installed if installed.is_dir() else package.parent / "scenarios"


def load_catalogue(folder: Path | None = None) -> dict[str, Scenario]:
    """Every scenario of a folder (the shipped ones), by name. Raises ScenarioError."""
    folder = folder or catalogue_folder()
    if not folder.is_dir():
        raise ScenarioError(str(folder), 0, "there is no such folder of scenarios")
    return load_files(sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES))


def _of_file(path: Path) -> list[_Found]:
    try:
        data = user_files.read_bytes(path, MOST_BYTES)
    except CannotRead as why:
        raise ScenarioError(str(path), 0, f"cannot be read: {why}") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ScenarioError(str(path), line, "not UTF-8: save the file as UTF-8 text") from None
    return _of_text(text, str(path))


def _of_text(text: str, file: str) -> list[_Found]:
    found: list[_Found] = []
    try:
        documents = read_documents(text)
    except YamlError as error:
        raise ScenarioError(file, error.line, error.sentence) from None
    for document in documents:
        try:
            line = document.line_of(("scenario",))
            scenario = parse_scenario(document.data, f"{file}:{line}")
        except LanguageError as error:
            raise ScenarioError(file, document.line_of(error.path), error.sentence) from None
        for other in found:
            if other.scenario.name == scenario.name:
                raise ScenarioError(file, line, _twice(scenario.name, other.scenario.source))
        found.append(_Found(scenario, file, line))
    return found


def _twice(name: str, source: str) -> str:
    return f"a second scenario is called {name}: the first is at {source}"
