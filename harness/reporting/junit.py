"""JUnit XML as CI systems read it: a suite for each subject and level, a case for each run. Pure.

It keeps to the strictest schema in use, Jenkins' junit-10: properties stand at the suites. UNKNOWN and NOT
RUN are errors, never skipped: what was not judged is not green.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from harness.reporting.bounds import bounds_of
from harness.reporting.repeat import repeat_command
from harness.reporting.runs import NotRun, Reported
from harness.reporting.words import NOT_RUN, VERDICTS, clock_text

_NOT_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
"""Characters that no XML document may hold, however they are written."""


def as_junit(runs: Sequence[Reported], not_run: Sequence[NotRun], shipped: Collection[str]) -> str:
    """The whole document."""
    root = Element("testsuites", name="qqchaos")
    suites: dict[tuple[object, ...], list[Reported]] = {}
    for run in runs:
        suites.setdefault((run.subject, run.ran.python, run.level, run.ran.seed), []).append(run)
    for group in suites.values():
        _suite(root, group, shipped)
    if not_run:
        _not_run(root, not_run)
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, "unicode") + "\n"


def _suite(root: Element, runs: Sequence[Reported], shipped: Collection[str]) -> None:
    first = runs[0]
    verdicts = [run.verdict for run in runs]
    suite = SubElement(
        root,
        "testsuite",
        name=_clean(f"{first.subject}, Python {first.ran.python}, {first.level}"),
        tests=str(len(runs)),
        failures=str(verdicts.count("fail")),
        errors=str(verdicts.count("unknown")),
        time=_seconds(run.wall_s for run in runs),
    )
    _properties(suite, first)
    for run in runs:
        _case(suite, run, shipped)


def _properties(suite: Element, run: Reported) -> None:
    subject, fix = run.ran.document["subject"], run.ran.document["fix"]
    found = {f"subject.{key}": value for key, value in subject.items()}
    found |= {f"fix.{key}": value for key, value in fix.items()} if isinstance(fix, Mapping) else {}
    found |= {"level": run.level, "seed": run.ran.seed}
    properties = SubElement(suite, "properties")
    for name, value in found.items():
        if value is not None:
            SubElement(properties, "property", name=_clean(name), value=_clean(value))


def _case(suite: Element, run: Reported, shipped: Collection[str]) -> None:
    group = f"qqchaos.{run.level}.{run.name.partition('/')[0]}"
    case = SubElement(
        suite, "testcase", name=_clean(run.name), classname=_clean(group), time=_seconds([run.wall_s])
    )
    if run.verdict != "pass":
        kind = "failure" if run.verdict == "fail" else "error"
        shown = SubElement(case, kind, type=_clean(run.ending), message=_clean(_message(run)))
        shown.text = _clean("\n".join([*run.why, f"repeat: {repeat_command(run, shipped)}"]))
    told = [
        f"{VERDICTS[run.verdict]} {run.ending}: {run.told}",
        f"reconnect attempts: {run.ran.row.attempts}",
        f"virtual time: {clock_text(run.virtual_s)}",
        f"journal: {run.ran.document.get('journal')}",
        f"digest: {run.ran.document.get('digest')}",
        f"repeat: {repeat_command(run, shipped)}",
        *(f"note: {note}" for note in (*run.notes, *bounds_of(run.records))),
    ]
    SubElement(case, "system-out").text = _clean("\n".join(told))


def _message(run: Reported) -> str:
    names = ", ".join(check.name for check in run.decisive)
    return f"{VERDICTS[run.verdict]} {run.ending}: {run.told}" + (f" ({names})" if names else "")


def _not_run(root: Element, runs: Sequence[NotRun]) -> None:
    count = str(len(runs))
    suite = SubElement(root, "testsuite", name=NOT_RUN, tests=count, failures="0", errors=count)
    for run in runs:
        group = f"qqchaos.{run.level}.{run.name.partition('/')[0]}"
        case = SubElement(suite, "testcase", name=_clean(run.name), classname=_clean(group))
        SubElement(case, "error", type="not-run", message=_clean(run.problem))


def _seconds(times: Iterable[float | None]) -> str:
    return f"{sum(time for time in times if time is not None):.3f}"


def _clean(value: object) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", str(value))


__all__ = ["as_junit"]
