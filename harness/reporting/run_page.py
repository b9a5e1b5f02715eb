"""Everything about one run, as a part of a page: a picture, checks with their proof, the log. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from html import escape

from harness.comparing.outcomes import Ran
from harness.judging.endings import ENDINGS
from harness.reporting.bounds import bounds_of
from harness.reporting.differences import as_shipped, parting_of
from harness.reporting.lanes import picture_of
from harness.reporting.marks import NOTE, Moment
from harness.reporting.repeat import repeat_command
from harness.reporting.runs import Check, Reported
from harness.reporting.story import story_lines
from harness.reporting.svg import as_svg
from harness.reporting.wire_log import Hidden, Shown, log_lines
from harness.reporting.words import STATES, VERDICTS, clock_text, moment_text


def run_page(
    number: int, runs: Sequence[Reported], shipped: Collection[str], others: Sequence[Ran] = ()
) -> str:
    """The page of the `number`th run, from 1. `others` did the same elsewhere."""
    run = runs[number - 1]
    shown = set(_proofs(run)) & {record.n for record in run.records}
    parts = (
        '<p><a href="#top">← all runs</a></p>',
        *_heading(run),
        *_the_same(run, others),
        *_means(run),
        _story(run),
        _again(run, shipped),
        *_pictures(number, runs),
        *_happened(number, run, shown),
        *(f'<p class="note">{escape(line)}</p>' for line in _warnings(run)),
        _checks(number, run, shown),
        _about(run),
        _log(number, run, shown) if run.records else "",
    )
    return f'<article id="run-{number}" aria-label="{escape(run.name)}">{"".join(parts)}</article>'


def _the_same(run: Reported, others: Sequence[Ran]) -> Iterator[str]:
    """Where else it did that: releases, with the Pythons of each."""
    if not others:
        return
    found: dict[str, list[str]] = {}
    for one in (run.ran, *others):
        found.setdefault(one.version, []).append(one.python)
    where = "; ".join(f"{version} (Python {', '.join(pythons)})" for version, pythons in found.items())
    here = f"Here as it went with {run.subject} and Python {run.ran.python}."
    same = f"Verdict, ending, attempts and failed checks are the same on: {where}."
    yield f"<p>{escape(here)} {escape(same)}</p>"


def _heading(run: Reported) -> Iterator[str]:
    yield f'<h2>{escape(run.name)} <b class="{run.verdict}">{VERDICTS[run.verdict]}</b></h2>'
    yield f'<p class="lead"><b>{escape(run.ending)}</b>{escape(_told(run))}</p>'
    yield from (f'<p class="note">{escape(note)}</p>' for note in run.notes)


def _again(run: Reported, shipped: Collection[str]) -> str:
    return f'<p>Do it again: <code class="cmd">{escape(repeat_command(run, shipped))}</code></p>'


def _told(run: Reported) -> str:
    return f": the bot {run.told}." if run.told else ""


def _means(run: Reported) -> Iterator[str]:
    """What the ending means for the bot's users."""
    row = ENDINGS.get(run.ending)
    if row and row.means:
        yield f"<p>That means: {escape(row.means)}.</p>"


def _proofs(run: Reported) -> Iterator[int]:
    for check in run.checks:
        yield from check.lines[:4]
    for line in story_lines(run.records):
        yield line.n


def _story(run: Reported) -> str:
    """What the scenario says of itself, and which issues it shows."""
    story = run.opened.scenario.get("story") if run.opened else None
    issues = ", ".join(f"#{issue}" for issue in run.issues)
    told = [str(story)] if story else []
    told += [f"It shows {issues}."] if issues else []
    return f"<p>{escape(' '.join(told))}</p>" if told else ""


def _pictures(number: int, runs: Sequence[Reported]) -> Iterator[str]:
    """The run alone, or with what it did without its fix above it."""
    run = runs[number - 1]
    if run.timeline is None:
        return
    yield "<h3>Over virtual time</h3>"
    other = as_shipped(run, runs)
    if other is None or other.timeline is None:
        picture = as_svg([picture_of(run.timeline, run.subject)])
    else:
        parting = parting_of(other.records, run.records)
        differ = Moment(parting.t, NOTE, "first difference", 0) if parting else None
        both = [picture_of(one.timeline, one.subject) for one in (other, run) if one.timeline]
        picture = as_svg(both, differ)
        told = f"part at {moment_text(parting.t)}" if parting else "are the same to the last record"
        link = f'<a href="#run-{runs.index(other) + 1}">as shipped</a>'
        yield f"<p>The run {link} and the one with the fix {told}.</p>"
    yield f'<div class="wide picture" tabindex="0">{picture}</div>'
    yield (
        '<p class="soft">Drawn wide where something new happens and narrow where it repeats: read the times '
        "below it. Point at anything to see what it is.</p>"
    )


def _happened(number: int, run: Reported, shown: Collection[int]) -> Iterator[str]:
    lines = story_lines(run.records)
    if lines:
        moments = (
            (_to_record(number, line.n, moment_text(line.t_us), shown), escape(line.text)) for line in lines
        )
        rows = "".join(f'<tr><td class="t">{when}</td><td>{what}</td></tr>' for when, what in moments)
        yield f"<h3>What happened</h3><table>{rows}</table>"


def _checks(number: int, run: Reported, shown: Collection[int]) -> str:
    """Those that applied; what did not occur is named below them."""
    applied = sorted(
        (check for check in run.checks if check.state != "n/a"), key=lambda check: not check.asked
    )
    rows = "".join(
        f"<tr><td>{'*' if check.asked else ''}</td><td>{escape(check.name)}</td>"
        f'<td><b class="{escape(check.state)}">{escape(STATES.get(check.state, check.state))}</b></td>'
        f"<td>{escape(check.because)}{_proof(number, check, shown)}</td></tr>"
        for check in applied
    )
    others = ", ".join(check.name for check in run.checks if check.state == "n/a")
    rest = f'<p class="soft">Not applicable: {escape(others)}.</p>' if others else ""
    return f'<h3>Checks</h3><p class="soft">* counts for the verdict</p><table>{rows}</table>{rest}'


def _warnings(run: Reported) -> Iterator[str]:
    """What bounds the meaning of the verdict."""
    if run.unmet:
        yield f"rules that acted less or more often than the scenario requires: {', '.join(run.unmet)}"
    yield from bounds_of(run.records)


def _proof(number: int, check: Check, shown: Collection[int]) -> str:
    numbers = check.lines[:4]
    links = [_to_record(number, n, str(n), shown) for n in numbers]
    more = ", …" if len(check.lines) > 4 else ""
    return f' <span class="soft">(record {", ".join(links)}{more})</span>' if links else ""


def _to_record(number: int, n: int, text: str, shown: Collection[int]) -> str:
    """A link to the record, if it is on the page."""
    return f'<a href="#r{number}-{n}">{text}</a>' if n in shown else text


def _about(run: Reported) -> str:
    document = run.ran.document
    subject, fix = document["subject"], document["fix"]
    facts = {key: subject.get(key) for key in ("name", "version", "source", "sha256", "python", "aiohttp")}
    facts |= {"fix": run.ran.fix, "fix sha256": fix.get("sha256") if isinstance(fix, dict) else None}
    facts |= {"level": run.level, "seed": run.ran.seed, "reconnect attempts": run.ran.row.attempts}
    facts |= {"virtual time": clock_text(run.virtual_s), "real seconds": run.wall_s}
    facts |= {"journal": document.get("journal"), "digest": document.get("digest")}
    rows = "".join(
        f"<tr><td>{name}</td><td>{escape(str(value))}</td></tr>"
        for name, value in facts.items()
        if value is not None
    )
    return f"<details><summary>About this run</summary><table>{rows}</table></details>"


def _log(number: int, run: Reported, shown: Collection[int]) -> str:
    rows = "".join(_log_row(number, line, shown) for line in log_lines(run.records, shown))
    told = f"{len(run.records)} records; what repeats is left out, the journal has all"
    heads = "".join(f"<th>{head}</th>" for head in ("record", "virtual time", "from", "kind", "what it says"))
    return (
        f'<details class="log"><summary>Wire log and logs: {told}</summary><div class="wide"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )


def _log_row(number: int, line: Shown | Hidden, linked: Collection[int]) -> str:
    if isinstance(line, Hidden):
        which = f"{line.count} records, {line.first} to {line.last}: like others here"
        return f'<tr class="soft"><td>…</td><td colspan="4">{which}</td></tr>'
    record = line.record
    name = f' id="r{number}-{record.n}"' if record.n in linked else ""
    cells = (str(record.n), moment_text(record.t), escape(record.src), record.kind, escape(line.text))
    return f"<tr{name}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
