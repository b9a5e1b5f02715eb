"""The tables that are made from the code; `python -m tests.generated_tables` writes them into the pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path

from fake_qq_server.platform import evidence, protocol
from fake_qq_server.platform.sends import SENDS
from fake_qq_server.rules import verbs as _registered  # noqa: F401  (importing it fills the registry)
from fake_qq_server.rules.verbs.registry import VERBS, Class, Verb
from fake_qq_server.toxics.definition import KINDS as TOXICS
from harness.comparing.outcomes import AS_SHIPPED
from harness.hermes.fixes.table import FIXES
from harness.hermes.releases import KNOWN
from harness.journal.record import KINDS
from harness.judging.checks import CHECKS
from harness.judging.endings import ENDINGS
from harness.scenario.in_words import schema_in_words
from harness.scenario.vocabulary import LIMITED
from tests import catalogue_rows
from tests.clients import code_rows
from tests.fake_qq_server.faults.observed import read as observed_cells
from tests.regression.test_fix_tables import rows as fix_rows

ROOT = Path(__file__).resolve().parents[1]
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
PAGES = (ROOT / "README.md", CONTRIBUTING, *sorted((ROOT / "docs").glob("*.md")))

_GENERATED = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(head: str, rows: Iterator[tuple[str, ...]]) -> str:
    """A Markdown table; `head` is its columns' names, separated by bars."""
    columns = head.split("|")
    lines = [columns, ["---"] * len(columns), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(
        f"|{'|'.join(line)}|\n" if line[0] == "---" else f"| {' | '.join(line)} |\n" for line in lines
    )


def takes(verb: Verb) -> str:
    """What a verb's row lets an author write."""
    if verb.main is None:
        return f"`{verb.name}`"
    main = f"`{verb.name}: …`" if verb.main.required else f"`{verb.name}[: …]`"
    more = [
        f"{f'`{key}: …`' if argument.required else f'`[{key}: …]`'} {schema_in_words(argument.schema)}"
        for key, argument in verb.more.items()
    ]
    return "; ".join([f"{main} {schema_in_words(verb.main.schema)}", *more])


def verbs() -> Iterator[tuple[str, ...]]:
    for kind in ("answer", "push", "condition"):
        for name, verb in sorted(VERBS.items()):
            if verb.kind.value == kind:
                places = (
                    "everywhere" if verb.places == ("any",) else ", ".join(f"`{one}`" for one in verb.places)
                )
                yield f"`{name}`", kind, takes(verb), places, verb.story, verb.seen_as


def behaviours() -> Iterator[tuple[str, ...]]:
    for row in evidence.BEHAVIOURS:
        strict = f"`{row.strict}`" if "=" in row.strict else row.strict
        yield row.does, _graded(row.source), row.source, f"`{row.option}`" if row.option else "", strict


def refusals() -> Iterator[tuple[str, ...]]:
    for name, row in protocol.REFUSALS.items():
        first = ["op 9"] if row.invalid else []
        closed = (
            [f"close {row.close[0]}" + (f" {row.close[1]!r}" if row.close[1] else "")] if row.close else []
        )
        yield f"`{name}`", ", then ".join(first + closed), _graded(row.source), row.source


def close_codes() -> Iterator[tuple[str, ...]]:
    words = {True: "yes", False: "no", None: "?"}
    for code, row in protocol.CLOSE_CODES.items():
        yield str(code), row.meaning, words[row.resume], words[row.identify], _graded(row.source), row.source


def api_errors() -> Iterator[tuple[str, ...]]:
    for token in protocol.TOKEN_ERRORS.values():
        yield "token, 200", str(token.code), token.message, _graded(token.source), token.source
    for row in protocol.REST_ERRORS.values():
        yield f"API, {row.status}", str(row.code), row.message, _graded(row.source), row.source


def sends() -> Iterator[tuple[str, ...]]:
    for row in SENDS:
        path = row.path.pattern.replace("([^/]+)", "ID")
        yield f"`POST {path}`", f"{row.what}, {row.scene}", _graded(row.source), row.source


def _graded(source: str) -> str:
    return ", ".join(evidence.grades(source))


def toxics() -> Iterator[tuple[str, ...]]:
    for name, kind in TOXICS.items():
        written = [
            f"`{key}`{'' if row.default is None else f' ({row.default})'}: {row.unit}"
            for key, row in kind.attributes.items()
        ]
        yield f"`{name}`", "; ".join(written) or "none", kind.story


def kinds() -> Iterator[tuple[str, ...]]:
    for name, kind in KINDS.items():
        paragraph = " ".join((kind.__doc__ or "").partition("\n\n")[0].split())
        held = ", ".join(f"`{field.name}`" for field in fields(kind))
        yield f"`{name}`", held, re.split(r"\.\s+(?=[A-Z`])", paragraph)[0].rstrip(".")


def checks() -> Iterator[tuple[str, ...]]:
    for name, check in CHECKS.items():
        implied = "yes" if check.implied else ""
        yield f"`{name}`", check.applies, check.passes, "yes" if name in LIMITED else "", implied


def observed(kind: Class) -> Iterator[tuple[str, ...]]:
    """What a plain client observed of the verbs of a class."""
    for (verb, place), said in observed_cells().items():
        if VERBS[verb].kind is kind:
            yield f"`{verb}`", f"`{place}`", said


def client_codes() -> str:
    """What clients did after each close code, as it was measured."""
    rows = code_rows.read()
    return table("|".join(("code", "means", "asks", *rows)), code_rows.table_rows(rows))


def endings() -> Iterator[tuple[str, ...]]:
    for name, row in ENDINGS.items():
        yield f"`{name}`", row.half, row.holds


def fixes() -> Iterator[tuple[str, ...]]:
    """A line a release: what each level says of each fix, from that release's page in docs/fixes/."""
    for release in KNOWN:
        rows = fix_rows(release)
        cells = []
        for fix in (AS_SHIPPED, *FIXES):
            verdicts = {
                level: [
                    row["verdict"].split()[0] for row in rows if (row["fix"], row["level"]) == (fix, level)
                ]
                for level in ("adapter", "runner")
            }
            below = "PASS" if set(verdicts["adapter"]) == {"PASS"} else "FAIL"
            cells.append(f"{below} → {', '.join(verdicts['runner'])}".replace("FAIL", "**FAIL**"))
        yield f"[{release}](fixes/{release}.md)", *cells


CATALOGUE = ("scenario", "story", "issues", "fails: the adapter alone", "fails: in the gateway")

TABLES: Mapping[str, Callable[[], str]] = {
    "verbs": lambda: table("verb|class|written|acts at|what happens|what a plain client sees", verbs()),
    "behaviours": lambda: table("the platform|evidence|source|option|with `--profile strict`", behaviours()),
    "refusals": lambda: table("reason|answer|evidence|source", refusals()),
    "close_codes": lambda: table("code|means|Resume|Identify|evidence|source", close_codes()),
    "api_errors": lambda: table("host, status|code|message|evidence|source", api_errors()),
    "sends": lambda: table("request|sends|evidence|source", sends()),
    "toxics": lambda: table("type|attributes (unless said)|what it does", toxics()),
    "kinds": lambda: table("kind|fields|says", kinds()),
    "checks": lambda: table("check|applies|passes if|limit can be set|implied", checks()),
    "fixes": lambda: table("|".join(("release", AS_SHIPPED, *FIXES)), fixes()),
    "catalogue": lambda: table("|".join(CATALOGUE), catalogue_rows.rows()),
    "observed_answers": lambda: table("verb|at|observed", observed(Class.ANSWER)),
    "observed_pushes": lambda: table("verb|at|observed", observed(Class.PUSH)),
    "observed_conditions": lambda: table("verb|on|observed", observed(Class.CONDITION)),
    "client_codes": client_codes,
    "endings": lambda: table("ending|what became of the bot|holds when", endings()),
}


def generated(text: str) -> str:
    """A page with its generated tables made anew."""
    return _GENERATED.sub(lambda found: found[1] + TABLES[found[2]]() + found[3], text)


def tables_in(text: str) -> list[str]:
    """The names of the generated tables that a page has."""
    return [found[2] for found in _GENERATED.finditer(text)]


def main() -> None:
    """Write the generated tables."""
    for page in PAGES:
        before = page.read_text(encoding="utf-8")
        after = generated(before)
        if after != before:
            page.write_text(after, encoding="utf-8")
            print(f"{page.relative_to(ROOT)}: written")


if __name__ == "__main__":
    main()
