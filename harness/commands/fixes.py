"""`fixes`: the fix laboratory. One table: as shipped and every candidate fix, at both levels."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.commands.fix_runs import Bench
from harness.commands.fix_table import LEVELS, Section, Story, stories
from harness.commands.report import lines
from harness.commands.report.fix_tables import as_json, as_markdown, as_text
from harness.commands.report.terminal import Terminal
from harness.commands.run import DEFAULT_OUT
from harness.commands.series import Judged, check_out, file_name
from harness.errors import NOT_JUDGED, PASSED, HarnessError, UsageError
from harness.hermes import environments, releases
from harness.hermes.environments import Installation
from harness.hermes.fixes.table import FIXES
from harness.scenario import selection


def fixes(args: argparse.Namespace) -> int:
    """Measure and print the tables; 0, or 125 where a row could not be measured.

    Each release gets a table of its own with every fix; a checkout is a row beside them, with the fixes
    that the command line adds to it. The tables are in OUT/fixes.json too.
    """
    told = _stories(args.issue)
    for name in args.with_fix:
        if name not in FIXES and not Path(name).expanduser().is_file():
            raise UsageError(f"--with-fix {name}: neither a file nor one of {', '.join(FIXES)}")
    out: Path = args.out or DEFAULT_OUT / "fixes"
    check_out(out)
    terminal = Terminal(sys.stderr)
    installations = [
        environments.resolve(name, args.python, say=terminal.note) for name in _subjects(args.hermes)
    ]
    sections = []
    for installation in installations:
        terminal.note(installation.words)
        sections.append(_measured(args, installation, told, out, terminal))
    document = as_json(sections)
    try:
        (out / "fixes.json").write_text(document + "\n", encoding="utf-8")
    except OSError as problem:
        raise HarnessError(f"{out}/fixes.json cannot be written: {problem.strerror}") from problem
    if args.json:
        print(document)
    elif args.markdown:
        print("\n".join(as_markdown(sections)))
    else:
        Terminal(sys.stdout).print_lines(as_text(sections))
    return NOT_JUDGED if any(section.gaps for section in sections) else PASSED


def _measured(
    args: argparse.Namespace,
    installation: Installation,
    told: Sequence[Story],
    out: Path,
    terminal: Terminal,
) -> Section:
    is_release = installation.source != "path"
    named = [*(FIXES if is_release else ()), *args.with_fix]
    hermes = installation.version if installation.source == "release" else str(installation.root)
    folder = out / file_name(hermes if is_release else f"checkout-{installation.sha256[:12]}")

    def done(place: str, judged: Judged) -> None:
        terminal.note(f"{place}: {lines.run_line(judged)}")

    with Bench(installation, folder, jobs=args.jobs, told=done) as bench:
        return bench.measure(told, named, command(args, hermes))


def command(args: argparse.Namespace, hermes: str) -> str:
    """The command that makes one installation's table again."""
    words = ["qqchaos", "fixes", str(args.issue), "--hermes", hermes]
    for fix in args.with_fix:
        words += ["--with-fix", fix]
    words += ["--python", args.python] if args.python else []
    return shlex.join([*words, *(["--markdown"] if args.markdown else [])])


def _subjects(named: Sequence[str]) -> list[str | None]:
    """What `--hermes` named; a checkout alone is laid beside the default release."""
    if any(Path(name).is_dir() for name in named) and all(Path(name).is_dir() for name in named):
        return [releases.DEFAULT, *named]
    return list(dict.fromkeys(named)) or [None]


def _stories(issue: str) -> tuple[Story, ...]:
    found = stories(selection.by_issue(issue, LEVELS[-1]))
    if not found:
        raise UsageError(
            f"issue {issue} has no outage that is told with and without an end (heal_twin) at both levels"
        )
    return found
