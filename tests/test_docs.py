"""The pages say what the code does.

Tested of README.md, CONTRIBUTING.md and docs/: the generated tables; that commands parse, and that the names
in them exist; that whole scenarios and lists of rules are valid; that the words of tables, linked files and
files named are there. What a page claims beyond that is its author's word.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml

from fake_qq_server.rules import verbs as _registered  # noqa: F401  (importing it fills the registry)
from fake_qq_server.rules.forbids import parse_forbids
from fake_qq_server.rules.language import parse_rules
from fake_qq_server.rules.language_verbs import EVENTS, HOSTS
from fake_qq_server.rules.verbs.registry import VERBS
from harness.commands.arguments import parse
from harness.commands.request import RunRequest, ShowRequest
from harness.hermes.fixes.table import FIXES
from harness.journal.record import KINDS, parse_line
from harness.judging.checks import CHECKS
from harness.judging.endings import ENDINGS
from harness.scenario.loading import load_text
from harness.scenario.selection import all_runs
from harness.scenario.vocabulary import DOCUMENT_KEYS, LEVELS, LEVELS_DRIVEN, REQUIRED
from tests.generated_tables import CONTRIBUTING, PAGES, ROOT, TABLES, generated, tables_in

EACH = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`]+)`")


# -- what stands in a page


@dataclass(frozen=True)
class Column:
    """One column of a Markdown table: its head, and the words in backticks below it."""

    head: str
    words: tuple[str, ...]


def blocks(page: Path, *languages: str) -> list[str]:
    return [found[2] for found in _FENCE.finditer(page.read_text(encoding="utf-8")) if found[1] in languages]


def prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def columns(page: Path) -> Iterator[Column]:
    """Every column of every table."""
    for found in re.finditer(r"(?:^\|.*\|\n){3,}", prose(page), re.MULTILINE):
        rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in found[0].splitlines()]
        for number, head in enumerate(rows[0]):
            cells = [row[number] for row in rows[2:] if number < len(row)]
            yield Column(head.strip(), tuple(word for cell in cells for word in _CODE.findall(cell)))


def commands(page: Path) -> list[list[str]]:
    """The words of each qqchaos command in a page's blocks of shell input."""
    lines = [
        line.removeprefix("$ ") for block in blocks(page, "sh", "console") for line in block.splitlines()
    ]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("qqchaos ")
            and not line.startswith("qqchaos: ")]  # fmt: skip


@cache
def known() -> Mapping[str, set[str]]:
    """What the columns of a table may name, by their heads."""
    runs = {run.name for run in all_runs()}
    scenarios = {run.scenario for run in all_runs()}
    found = {
        "scenario": scenarios | runs,
        "run": scenarios | runs,
        "ending": set(ENDINGS),
        "check": set(CHECKS),
        "verb": set(VERBS),
        "kind": set(KINDS),
        "level": set(LEVELS),
        "fix": set(FIXES),
        "event": set(EVENTS),
        "host": set(HOSTS),
    }
    return found | {f"{head}s": words for head, words in found.items()}


# -- the tests


@EACH
def test_generated_tables_are_as_the_code_has_them(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == generated(text), f"{page.name} is behind the code: run python -m tests.generated_tables"


def test_every_table_is_somewhere() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert set(tables_in(text)) == set(TABLES)


@EACH
def test_commands_parse(page: Path) -> None:
    for words in commands(page):
        _, request = parse(words)  # exits where it does not
        shown = (request.name,) if isinstance(request, ShowRequest) else ()
        for name in request.names if isinstance(request, RunRequest) else shown:
            assert name.endswith(".yaml") or name in known()["run"], f"{page.name}: there is no {name}"


@EACH
def test_yaml_is_valid(page: Path) -> None:
    """A block with `scenario:` in it is whole, one with `forbids:` has prohibitions; any other is rules."""
    for block in blocks(page, "yaml"):
        if re.search(r"^scenario:", block, re.MULTILINE):
            assert load_text(block, page.name)
        elif block.startswith("forbids:"):
            assert parse_forbids(yaml.safe_load(block)["forbids"])
        else:
            assert parse_rules(yaml.safe_load(block))


@EACH
def test_python_compiles(page: Path) -> None:
    for block in blocks(page, "python"):
        compile(block, page.name, "exec")


def test_the_example_of_a_verb_works_as_written(tmp_path: Path) -> None:
    """Laid over a copy of the package, with its test beside it."""
    verb, its_test = blocks(ROOT / "docs/verbs.md", "python")
    package = tmp_path / "fake_qq_server"
    shutil.copytree(ROOT / "fake_qq_server", package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "rules/verbs/raw.py").write_text(verb, encoding="utf-8")
    listed = package / "rules/verbs/__init__.py"
    text = listed.read_text(encoding="utf-8")
    listed.write_text(text.replace("    refuse,\n", "    raw,\n    refuse,\n"), encoding="utf-8")
    (tmp_path / "test_raw.py").write_text(its_test, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\npythonpath = .\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@EACH
def test_journal_records_are_records(page: Path) -> None:
    for block in blocks(page, "text"):
        if block.startswith('{"n":'):
            parse_line("".join(block.splitlines()), 1)


@EACH
def test_words_in_tables_exist(page: Path) -> None:
    for column in columns(page):
        words = known().get(column.head)
        if words is not None:
            assert set(column.words) <= words, f"{page.name}: column {column.head}"


@EACH
def test_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(prose(page)):
        file, _, heading = target.partition("#")
        if "://" in file:
            continue
        there = page.parent / file if file else page
        assert there.exists(), f"{page.name} links to {target}"
        if heading:
            heads = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in heads}
            assert heading in anchors, f"{page.name} links to {target}"


def test_paths_that_contributing_names_exist() -> None:
    words = {word for word in _CODE.findall(prose(CONTRIBUTING)) if re.fullmatch(r"[\w./-]*/[\w./-]*", word)}
    assert len(words) > 20
    assert sorted(word for word in words if not (ROOT / word).exists()) == []


def test_contributing_has_every_mark_and_every_variable() -> None:
    found = {column.head: set(column.words) for column in columns(CONTRIBUTING)}
    ini = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"][
        "ini_options"
    ]
    assert found["mark"] == {line.partition(":")[0] for line in ini["markers"]}
    read = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    read += (ROOT / "tox.ini").read_text(encoding="utf-8")
    assert found["variable"] == set(re.findall(r"(?:\"|env:)(QQCHAOS_\w+)[\":]", read))


def test_the_grammar_has_every_word() -> None:
    page = ROOT / "docs/scenarios.md"
    grammar = next(block for block in blocks(page, "text") if block.startswith("file "))
    words = set(re.findall(r"[a-z_-]+", grammar))
    events = {part for event in EVENTS for part in event.split(".")}
    assert {*DOCUMENT_KEYS, *HOSTS, *events} <= words
    assert f"document := {' '.join(REQUIRED)} " in grammar


def test_the_levels_are_those_that_run() -> None:
    text = (ROOT / "docs/scenarios.md").read_text(encoding="utf-8")
    assert f"unasked it runs at {', '.join(f'`{level}`' for level in LEVELS_DRIVEN)};" in text


def test_the_pages_are_short() -> None:
    for page in PAGES:
        if page.name != "results.md":  # a row for each run, for looking things up
            assert len(page.read_text(encoding="utf-8").splitlines()) <= 280, page.name
