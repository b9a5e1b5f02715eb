"""`fixes`: the tables of an issue's fixes. As shipped and with every candidate fix, at both levels."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.commands.fix_runs import FixRuns
from harness.commands.fix_table import Outage, Section, outages
from harness.commands.report import lines
from harness.commands.report.fix_tables import as_json, as_markdown, as_text
from harness.commands.report.terminal import Terminal
from harness.commands.reports import write_reports
from harness.commands.request import FixesRequest, ReportFiles
from harness.commands.results import DEFAULT_OUT, Judged, check_folder, file_name
from harness.commands.written import write_file
from harness.errors import NOT_JUDGED, PASSED, UsageError
from harness.hermes import environments, releases
from harness.hermes.fixes.table import FIXES
from harness.hermes.installation import Installation
from harness.reporting.stored import read_stored
from harness.scenario import selection
from harness.scenario.vocabulary import LEVELS_DRIVEN
from harness.user_files import expanded, is_dir, is_file


def fixes(request: FixesRequest) -> int:
    """Measure and print the tables; 0, or 125 where a row could not be measured.

    Each release gets a table of its own with every fix; a checkout is a row beside them, with the fixes
    that the command line adds to it. The tables are in OUT/fixes.json too.
    """
    shown = _outages(request.issue)
    for name in request.fixes:
        if name not in FIXES and not is_file(expanded(name)):
            raise UsageError(f"--with-fix {name}: neither a file nor one of {', '.join(FIXES)}")
    out = request.out or DEFAULT_OUT / "fixes"
    check_folder(out)
    terminal = Terminal(sys.stderr)
    installations = [
        environments.resolve(name, request.python, say=terminal.note) for name in _subjects(request.hermes)
    ]
    sections = []
    for installation in installations:
        terminal.note(installation.description)
        sections.append(_measured(request, installation, shown, out, terminal))
    document = as_json(sections)
    write_file(out / "fixes.json", document)
    _write_reports(request, [out / _folder(one) for one in installations], terminal)
    if request.json:
        print(document)
    elif request.markdown:
        print("\n".join(as_markdown(sections)))
    else:
        Terminal(sys.stdout).print_lines(as_text(sections))
    return NOT_JUDGED if any(section.gaps for section in sections) else PASSED


def _write_reports(request: FixesRequest, folders: Sequence[Path], terminal: Terminal) -> None:
    """The files that are asked for, about the runs of all tables."""
    wanted = ReportFiles(html=request.html, junit=request.junit)
    if wanted != ReportFiles():
        for path in write_reports(read_stored(folders), wanted):
            terminal.note(f"written: {path}")


def _folder(installation: Installation) -> str:
    """Where an installation's runs go, below the command's folder."""
    if installation.source == "path":
        return file_name(f"checkout-{installation.sha256[:12]}")
    return file_name(_named(installation))


def _named(installation: Installation) -> str:
    """What --hermes calls it."""
    return installation.version if installation.source == "release" else str(installation.root)


def _measured(
    request: FixesRequest,
    installation: Installation,
    shown: Sequence[Outage],
    out: Path,
    terminal: Terminal,
) -> Section:
    is_release = installation.source != "path"
    named = [*(FIXES if is_release else ()), *request.fixes]

    def on_done(place: str, judged: Judged) -> None:
        terminal.note(f"{place}: {lines.run_line(judged)}")

    with FixRuns(installation, out / _folder(installation), jobs=request.jobs, on_done=on_done) as runs:
        return runs.measure(shown, named, command_line(request, _named(installation)))


def command_line(request: FixesRequest, hermes: str) -> str:
    """The command that makes one installation's table again."""
    words = ["qqchaos", "fixes", request.issue, "--hermes", hermes]
    for fix in request.fixes:
        words += ["--with-fix", fix]
    words += ["--python", request.python] if request.python else []
    return shlex.join([*words, *(["--markdown"] if request.markdown else [])])


def _subjects(named: Sequence[str]) -> list[str | None]:
    """What `--hermes` named; a checkout alone is measured beside the default release."""
    if named and all(is_dir(Path(name)) for name in named):
        return [releases.DEFAULT, *named]
    return list(dict.fromkeys(named)) or [None]


def _outages(issue: str) -> tuple[Outage, ...]:
    found = outages(selection.by_issue(issue, LEVELS_DRIVEN[-1]))
    if not found:
        raise UsageError(
            f"issue {issue} has no scenario whose outage both ends (heal_twin) and does not, at both levels"
        )
    return found
