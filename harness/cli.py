"""The command line, `qqchaos`: arguments in, exit status out.

Exit status: 0 every asked check passed; 1 one failed; 125 none failed and one could not be judged (also: the
subject does not import, the harness failed); 2 wrong usage or an invalid scenario, before anything ran;
130 interrupted. A defect of this program is 125 too, never 1: `git bisect run` would believe that.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from harness.commands import catalogue, doctor, fixes, judging, run
from harness.errors import INTERRUPTED, NOT_JUDGED, QQChaosError

LEVELS = ("adapter", "runner", "process")


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of `qqchaos`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an arrow must not end a report on a Latin-1 terminal
    args = parser().parse_args(argv)
    try:
        status: int = args.command(args)
        sys.stdout.flush()  # here, where a reader that has gone away is no traceback
    except QQChaosError as problem:
        return _said(str(problem), problem.exit_status)
    except KeyboardInterrupt:
        return _said("interrupted; what ran is in the journals", INTERRUPTED)
    except BrokenPipeError:  # `qqchaos list | head`
        _drop_output()
        return INTERRUPTED
    except OSError as problem:
        _drop_output()
        return _said(f"cannot go on: {problem}", NOT_JUDGED)
    except Exception:
        traceback.print_exc()
        return _said("that was a defect of this program, and says nothing about the bot", NOT_JUDGED)
    return status


def _said(sentence: str, status: int) -> int:
    print(f"qqchaos: {sentence}", file=sys.stderr)
    return status


def _drop_output() -> None:
    """What is still in the buffer has nowhere to go; Python would complain about it at the exit."""
    with contextlib.suppress(io.UnsupportedOperation):  # a stream of a test's
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(prog="qqchaos", description="Chaos for QQ bots, in virtual time.")
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    def command(
        name: str, call: object, *parents: argparse.ArgumentParser, help: str
    ) -> argparse.ArgumentParser:
        made = commands.add_parser(name, parents=parents, help=help, description=help)
        made.set_defaults(command=call)
        return made

    json = _option("--json", action="store_true", help="print JSON on stdout and nothing else there")
    subject, choice = _subject(), _choice()
    repro = command(
        "repro",
        run.repro,
        subject,
        _running(),
        choice,
        _level("adapter and runner"),
        json,
        help="every scenario of an issue; ends with REPRODUCED or not",
    )
    repro.add_argument("issue", help="14539, #14539, its address, or a duplicate's number")
    go = command(
        "run",
        run.run,
        subject,
        _running(),
        choice,
        _level("adapter"),
        json,
        help="run scenarios by name or file",
    )
    go.add_argument("name", nargs="*", help="a scenario, one run's exact name, or a file")
    _laboratory(command("fixes", fixes.fixes, json, help="the fix laboratory: every fix, at both levels"))
    command("list", catalogue.list_scenarios, choice, json, help="what there is").add_argument(
        "-v", "--verbose", action="store_true", help="each scenario's runs"
    )
    show = command("show", catalogue.show, json, help="one scenario explained")
    show.add_argument("name")
    show.add_argument("--level", choices=LEVELS, help="only what is asked there (default: at every level)")
    command("validate", catalogue.validate, help="check scenario files").add_argument("file", nargs="+")
    command("verbs", catalogue.verbs, help="all verbs, or one").add_argument("name", nargs="?")
    command("schema", catalogue.schema, help="the JSON Schema of scenario files")
    judge = command("judge", judging.judge_journal, json, help="judge stored journals again")
    judge.add_argument("journal", nargs="+")
    judge.add_argument("--strict", action="store_true", help=STRICT)
    command("explain", judging.explain, help="any ending, check or verb").add_argument("word")
    command("doctor", doctor.doctor, subject, json, help="what this machine has, and what each level lacks")
    return top


STRICT = "failed checks count though the scenario does not ask them"


def _option(*names: str, **how: object) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(add_help=False)
    made.add_argument(*names, **how)  # type: ignore[arg-type]
    return made


def _subject() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(add_help=False)
    made.add_argument("--hermes", metavar="VERSION|PATH", help="default: the installed one, else 0.19.0")
    made.add_argument("--python", metavar="PYTHON", help="the subject's interpreter")
    return made


def _laboratory(made: argparse.ArgumentParser) -> None:
    made.add_argument("issue", help="14539, #14539, its address, or a duplicate's number")
    made.add_argument(
        "--hermes", metavar="VERSION|PATH", action="append", default=[], help="may be given again"
    )
    made.add_argument("--python", metavar="PYTHON", help="the subject's interpreter")
    made.add_argument(
        "--with-fix",
        metavar="NAME|PATCH",
        action="append",
        default=[],
        help="one more row, beside the named fixes; may be given again",
    )
    made.add_argument("--markdown", action="store_true", help="the table for a page")
    made.add_argument("-j", dest="jobs", type=_jobs, default=len(os.sched_getaffinity(0)), metavar="N")
    made.add_argument("--out", type=Path, metavar="DIR", help="journals and tables go here (.qqchaos/fixes)")


def _choice() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(add_help=False)
    made.add_argument("-m", dest="tag", action="append", default=[], metavar="TAG", help="only with this tag")
    made.add_argument(
        "-k", dest="expression", metavar="EXPR", help="only names with this in them (and, or, not)"
    )
    return made


def _level(default: str) -> argparse.ArgumentParser:
    return _option("--level", choices=LEVELS, help=f"what is driven (default: {default})")


def _running() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(add_help=False)
    made.add_argument(
        "-j",
        dest="jobs",
        type=_jobs,
        default=len(os.sched_getaffinity(0)),
        metavar="N",
        help="runs at once (default: one a core)",
    )
    made.add_argument(
        "-x", dest="exitfirst", action="store_true", help="stop after the first that does not pass"
    )
    made.add_argument("--seed", type=int, default=0, help="0 keeps ties in order, others permute them")
    made.add_argument("--out", type=Path, metavar="DIR", help="outcome.json and journals go here (.qqchaos)")
    made.add_argument("--with-fix", metavar="NAME|PATCH", help="a candidate repair laid over the subject")
    made.add_argument("--strict", action="store_true", help=STRICT)
    made.add_argument("--debug", action="store_true", help="in the foreground, no limits; breakpoint() works")
    made.add_argument("-v", "--verbose", action="store_true", help="the whole story of every run")
    return made


def _jobs(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number of runs from 1 up")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
