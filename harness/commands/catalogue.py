"""`list`, `show`, `validate`, `verbs`, `schema`: scenarios and their language, for users and for authors."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Sequence

from fake_qq_server.rules import verbs as _registered  # noqa: F401  (importing it fills the registry)
from fake_qq_server.rules.verbs.registry import VERBS, Verb
from harness.commands.request import (
    ListRequest,
    SchemaRequest,
    ShowRequest,
    ValidateRequest,
    VerbsRequest,
)
from harness.commands.written import as_text
from harness.errors import UsageError
from harness.scenario import selection
from harness.scenario.in_words import (
    answers_in_words,
    bot_in_words,
    end_in_words,
    forbid_in_words,
    handler_in_words,
    rule_in_words,
    schema_in_words,
)
from harness.scenario.json_schema import scenario_schema
from harness.scenario.loading import load_catalogue, load_file
from harness.scenario.run_spec import DEFAULT_PROBES, BotConfig, RunSpec

PLURALS = {
    "answer": "answers: instead of the default reply to one event",
    "push": "pushes: something more, on an open connection",
    "condition": "conditions: hold as long as their rule's window",
}


def list_scenarios(request: ListRequest) -> int:
    """Every scenario with its story; with -v its runs too."""
    catalogue = load_catalogue()
    runs = selection.narrowed(selection.all_runs(catalogue), request.tags, request.expression)
    if request.json:
        print(as_text([dict(run.resolved) for run in runs]))
        return 0
    chosen = {run.name for run in runs}
    for scenario in catalogue.values():
        names = [run.name for run in scenario.runs if run.name in chosen]
        if not names:
            continue
        issues = "".join(f"  #{issue}" for issue in scenario.issues)
        print(f"{scenario.name}{issues}\n    {' '.join(scenario.story.split())}")
        if request.verbose:
            print("".join(f"      {name}\n" for name in names), end="")
        else:
            print(f"    {len(names)} run{'s' * (len(names) != 1)}")
    return 0


def show(request: ShowRequest) -> int:
    """One scenario or run explained: story, what is asked, rules in words, healing and end."""
    runs = selection.by_names([request.name], request.level)
    if request.json:
        print(as_text([dict(run.resolved) for run in runs]))
        return 0
    for run in runs:
        print("\n".join(explained(run, [request.level] if request.level else run.levels)))
    return 0


def explained(run: RunSpec, levels: Sequence[str]) -> list[str]:
    """A run in words, with what is asked at these levels."""
    lines = [run.name, f"  {' '.join(run.story.split())}"]
    if run.tags:
        lines.append(f"  tags     {', '.join(run.tags)}")
    if run.issues:
        lines.append(f"  issues   {', '.join(f'#{issue}' for issue in run.issues)}")
    for n, level in enumerate(levels):
        lines.append(f"  {'' if n else 'asks':7}  {', '.join(run.asks_for(level))} (level {level})")
    for n, rule in enumerate(run.rules):
        lines += wrapped(f"  {'rules' if n == 0 else '':7}  ", rule_in_words(rule))
    if not run.rules:
        lines.append("  rules    none: the platform works as it should")
    for n, forbid in enumerate(run.forbids):
        lines += wrapped(f"  {'forbids' if n == 0 else '':7}  ", forbid_in_words(forbid))
    if run.heal:
        kept = "stays held" if run.heal.held == "keep" else "is released"
        lines.append(f"  heals    at {run.heal.at.text()}; what a condition holds {kept}")
    if run.handler.kind != "record" and "adapter" in levels:
        lines.append(f"  handler  the fatal-error handler {handler_in_words(run.handler)}")
    if run.answers is not None:
        lines.append(f"  answers  the handler of messages {answers_in_words(run.answers)}")
    if run.bot != BotConfig():
        lines.append(f"  bot      {bot_in_words(run.bot)}")
    for n, (name, text) in enumerate(run.environment.items()):
        lines.append(f"  {'' if n else 'env':7}  {name}={text}")
    if run.probes != DEFAULT_PROBES:
        lines.append(f"  probes   one message of each: {', '.join(run.probes)}")
    lines.append(f"  ends     {end_in_words(run)}")
    if run.hypothetical:
        lines.append("  note     hypothetical: a rule raises an exception that is not known to occur there")
    return [*lines, ""]


def wrapped(head: str, text: str) -> list[str]:
    """Text behind a head, in lines of at most 118 columns under one another."""
    more = " " * (len(head) + 2)
    return textwrap.wrap(text, 118, initial_indent=head, subsequent_indent=more, break_on_hyphens=False)


def validate(request: ValidateRequest) -> int:
    """Check scenario files; says how many runs each stands for."""
    for file in request.files:
        scenarios = load_file(file)
        runs = sum(len(scenario.runs) for scenario in scenarios)
        names = ", ".join(scenario.name for scenario in scenarios)
        print(f"{file}: ok: {names} ({runs} run{'s' * (runs != 1)})")
    return 0


def verbs(request: VerbsRequest) -> int:
    """All verbs in a line each, or one of them whole."""
    if request.name is None:
        width = max(map(len, VERBS))
        for kind in PLURALS:
            print(PLURALS[kind])
            for name, row in sorted(VERBS.items()):
                if row.kind.value == kind:
                    print(f"  {name:{width}}  {row.story}")
        return 0
    verb = VERBS.get(request.name)
    if verb is None:
        close = difflib.get_close_matches(request.name, VERBS, n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "see `qqchaos verbs`"
        raise UsageError(f"there is no verb {request.name}; {hint}")
    print("\n".join(verb_in_words(verb)))
    return 0


def verb_in_words(verb: Verb) -> list[str]:
    """A verb's row for people."""
    places = "everywhere" if verb.places == ("any",) else ", ".join(verb.places)
    lines = [
        f"{verb.name}: {verb.story}",
        f"  class          {verb.kind.value}",
        f"  acts at        {places}",
    ]
    arguments = {**({verb.name: verb.main} if verb.main else {}), **verb.more}
    for name, argument in arguments.items():
        needed = "" if argument.required else " (may be left out)"
        means = f"{argument.means}; " if argument.means else ""
        lines.append(f"  {name + ':':13}  {means}{schema_in_words(argument.schema)}{needed}")
    if not arguments:
        lines.append("  arguments      none")
    lines.append(f"  a client sees  {verb.seen_as}")
    return lines


def schema(request: SchemaRequest) -> int:
    """The JSON Schema of scenario files, for editors."""
    del request
    print(as_text(scenario_schema()))
    return 0
