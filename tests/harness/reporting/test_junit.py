"""JUnit XML, held against the rules of the schema that Jenkins checks with (junit-10)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, fromstring

import pytest

from harness.reporting.junit import as_junit
from harness.reporting.runs import NotRun, Reported
from tests.harness.reporting.made import FIX, NASTY, SHIPPED, dies, passes, run_of, told, unknown

NOT_RUN = NotRun("story/b", "runner", "no aiohttp")

SCHEMA = {
    "testsuites": ({"testsuite"}, set(), {"name", "time", "tests", "failures", "errors"}),
    "testsuite": (
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
    ),
    "properties": ({"property"}, set(), set()),
    "property": (set(), {"name", "value"}, set()),
    "testcase": (
        {"skipped", "error", "failure", "system-out", "system-err"},
        {"name"},
        {"time", "classname", "group"},
    ),
    "error": (set(), set(), {"type", "message"}),
    "failure": (set(), set(), {"type", "message"}),
    "system-out": (set(), set(), set()),
}
"""Of each element: what may stand in it, which attributes it must have, and which it may."""

TIME = re.compile(r"[0-9]+\.[0-9]{3}")


def wrong(element: Element) -> list[str]:
    """What the schema has against an element and what stands in it."""
    inside, required, optional = SCHEMA[element.tag]
    found = [f"{element.tag} has a {child.tag}" for child in element if child.tag not in inside]
    found += [f"{element.tag} lacks {name}" for name in required - set(element.attrib)]
    found += [f"{element.tag} has the attribute {name}" for name in set(element.attrib) - required - optional]
    if not TIME.fullmatch(element.get("time", "0.000")):
        found.append(f"{element.tag} has the time {element.get('time')}")
    return found + [line for child in element for line in wrong(child)]


def made(runs: Sequence[Reported], not_run: Sequence[NotRun] = ()) -> Element:
    return fromstring(as_junit(runs, not_run, SHIPPED))


@pytest.fixture
def root() -> Element:
    fixed = run_of(told(passes(), fix=FIX))
    return made([run_of(dies()), run_of(unknown()), fixed], [NOT_RUN])


def test_the_schema_has_nothing_against_it(root: Element) -> None:
    assert wrong(root) == []


def test_the_rules_of_the_schema_find_what_is_wrong() -> None:
    assert wrong(fromstring('<testsuite name="x" tests="1" failures="0" time="1"><error/></testsuite>')) == [
        "testsuite has a error",
        "testsuite lacks errors",
        "testsuite has the time 1",
    ]


def test_there_is_one_case_a_run_and_they_are_counted(root: Element) -> None:
    counted = [{name: suite.get(name) for name in ("tests", "failures", "errors")} for suite in root]
    assert counted == [
        {"tests": "2", "failures": "1", "errors": "1"},
        {"tests": "1", "failures": "0", "errors": "0"},
        {"tests": "1", "failures": "0", "errors": "1"},
    ]
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("4", "1", "2")
    assert [len(suite.findall("testcase")) for suite in root] == [2, 1, 1]


def test_a_suite_is_a_subject_at_a_level_and_has_its_properties(root: Element) -> None:
    assert [suite.get("name") for suite in root] == [
        "hermes-agent 0.19.0, Python 3.12, adapter",
        "hermes-agent 0.19.0 + reference, Python 3.12, adapter",
        "NOT RUN",
    ]
    values = {one.get("name"): one.get("value") for one in root[1].iter("property")}
    assert values["subject.version"] == "0.19.0"
    assert values["fix.name"] == "reference"
    assert values["level"] == "adapter"


def test_a_run_that_fails_is_a_failure_with_the_checks_and_the_command(root: Element) -> None:
    (failure,) = root.iter("failure")
    assert failure.get("type") == "silent-death"
    assert failure.get("message") == "FAIL silent-death: gave up and told nobody (flag, notified)"
    assert failure.text == (
        "flag: it gave up and never set the fatal flag\n"
        "notified: it gave up and the fatal handler was never called\n"
        "repeat: qqchaos run story/a --hermes 0.19.0 --python 3.12 --seed 7"
    )


def test_what_was_not_judged_is_an_error_and_never_green(root: Element) -> None:
    errors = [error.get("message") for error in root.iter("error")]
    assert errors == ["UNKNOWN retrying: was still trying when the run ended (connects)", "no aiohttp"]
    assert not list(root.iter("skipped"))


def test_whatever_a_journal_says_the_document_is_xml() -> None:
    root = made([run_of(dies(), scenario=NASTY, ending=NASTY)], [NotRun(NASTY, NASTY, NASTY)])
    assert wrong(root) == []
    shown = NASTY.replace("\0", "\N{REPLACEMENT CHARACTER}")
    assert root.findall(".//testcase")[1].get("name") == shown


def test_of_no_run_there_is_an_empty_document() -> None:
    assert made([]).get("tests") == "0"
