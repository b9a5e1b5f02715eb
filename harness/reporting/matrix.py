"""The table of a page: runs by subjects, each cell a link to its run. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from types import MappingProxyType

from harness.comparing.changes import Key
from harness.comparing.outcomes import AS_SHIPPED, Ran
from harness.comparing.table import Column, Merged, merged
from harness.reporting.runs import Reported
from harness.reporting.words import VERDICTS

FILTERS = ("verdict", "level", "release", "fix", "python")


def matrix(runs: Sequence[Reported], same: Mapping[int, int] = MappingProxyType({})) -> str:
    """The filters and the table. `same`: whose page a run shares, by number."""
    found = merged([run.ran for run in runs])
    pages = {id(run.ran): same.get(number, number) for number, run in enumerate(runs, 1)}
    heads = "".join(
        f'<th scope="col" {_of_column(column)}>{escape(column.head)}</th>' for column in found.columns
    )
    rows = "".join(_row(found, key, pages) for key in found.keys)
    head = f'<thead><tr><th scope="col">run</th>{heads}</tr></thead>'
    return f'{_filters(found)}<div class="wide"><table id="matrix">{head}<tbody>{rows}</tbody></table></div>'


def _filters(found: Merged) -> str:
    """Shown where scripts run, for without them nothing would be filtered."""
    rans = [ran for cell in found.cells.values() for ran in cell]
    choices = {
        "verdict": [word for word in VERDICTS if any(ran.row.verdict == word for ran in rans)],
        "level": list(dict.fromkeys(ran.level for ran in rans)),
        "release": list(dict.fromkeys(column.version for column in found.columns)),
        "fix": list(dict.fromkeys(column.fix or AS_SHIPPED for column in found.columns)),
        "python": list(found.pythons),
    }
    selects = "".join(_select(name, choices[name]) for name in FILTERS if len(choices[name]) > 1)
    flips = '<label><input type="checkbox" id="flips"> only what flips</label>' if found.flips else ""
    words = '<label>run <input type="search" id="words" placeholder="part of a name"></label>'
    count = '<output id="count" aria-live="polite"></output>'
    return f'<form id="filters" hidden>{words}{selects}{flips}{count}</form>'


def _select(name: str, values: Sequence[str]) -> str:
    shown = {"": "all"} | {value: VERDICTS.get(value, value) for value in values}
    options = "".join(
        f'<option value="{escape(value)}">{escape(text)}</option>' for value, text in shown.items()
    )
    return f'<label>{name} <select data-of="{name}">{options}</select></label>'


def _row(found: Merged, key: Key, pages: dict[int, int]) -> str:
    level, name = key
    at = f' <span class="soft">{escape(level)}</span>' if level != "adapter" else ""
    cells = "".join(_cell(found, key, column, pages) for column in found.columns)
    return f'<tr data-level="{escape(level)}"><th scope="row">{escape(name)}{at}</th>{cells}</tr>'


def _cell(found: Merged, key: Key, column: Column, pages: dict[int, int]) -> str:
    rans = found.cells.get((key, column), ())
    links = "<br>".join(_links(rans, pages))
    flip = found.flip(key, column)
    if flip is None:
        return f"<td {_of_column(column)}>{links or '-'}</td>"
    old, _ = flip
    why = escape(f"flips here: {old.short} before")
    return (
        f'<td class="flip" {_of_column(column)}>{links} <span title="{why}" aria-label="{why}">◆</span></td>'
    )


def _links(rans: Sequence[Ran], pages: dict[int, int]) -> Iterator[str]:
    """A link a run; which Python and seed it was where a cell has several."""
    for ran in rans:
        seed = f" seed {ran.seed}" if ran.seed else ""
        which = f' <span class="soft">{escape(ran.python + seed)}</span>' if len(rans) > 1 else ""
        verdict = escape(ran.row.verdict)
        yield (
            f'<a href="#run-{pages[id(ran)]}" data-verdict="{verdict}" data-python="{escape(ran.python)}">'
            f'<b class="{verdict}">{VERDICTS[ran.row.verdict]}</b> {escape(ran.row.ending)}{which}</a>'
        )


def _of_column(column: Column) -> str:
    return f'data-release="{escape(column.version)}" data-fix="{escape(column.fix or AS_SHIPPED)}"'
