"""One page with everything about all runs: it needs no other file, and fetches nothing. Pure.

Every text that a journal, a scenario or a person gave passes through `html.escape`. There is no template
engine: hermes-agent pins jinja2 in some releases, and qqchaos may be installed beside it.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from html import escape

from harness.comparing.outcomes import Ran
from harness.comparing.table import merged
from harness.reporting.assets import asset
from harness.reporting.differences import alike
from harness.reporting.matrix import matrix
from harness.reporting.run_page import run_page
from harness.reporting.runs import NotRun, Reported
from harness.reporting.words import NOT_RUN, VERDICTS, totals_text

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
"""What a browser may load for the page: what stands in it."""

PAGES_AT_MOST = 100
"""Of more runs, those that did what they did on another release or Python share its page, and the pages are
packed."""

KEYS = "j and k go from run to run, u back here, / to the search, + - 0 zoom a picture."


def as_html(runs: Sequence[Reported], not_run: Sequence[NotRun], shipped: Collection[str]) -> str:
    """The whole document."""
    title = escape(f"qqchaos: {totals(runs, not_run)}")
    many = len(runs) > PAGES_AT_MOST
    same = alike([run.ran for run in runs]) if many else {}
    head = f"<h1>{title}</h1>{_subjects(runs)}{_not_run(not_run)}{_flips(runs)}{matrix(runs, same)}"
    pages = "".join(_packed(runs, shipped, same) if many else _plain(runs, shipped))
    parts = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        f"<title>{title}</title><style>{asset('page.css')}{asset('timeline.css')}</style></head><body>",
        f'<main id="top">{head}<p class="soft">{KEYS}</p></main>{pages}',
        f"<script>{asset('page.js')}</script></body></html>\n",
    )
    return "".join(parts)


def _plain(runs: Sequence[Reported], shipped: Collection[str]) -> Iterator[str]:
    """A page for each run."""
    return (run_page(number, runs, shipped) for number in range(1, len(runs) + 1))


def _packed(runs: Sequence[Reported], shipped: Collection[str], same: Mapping[int, int]) -> Iterator[str]:
    """A page for each run that did something new. The script unpacks it when it is asked for: a browser need
    not hold them all."""
    others: dict[int, list[Ran]] = {}
    for number, first in same.items():
        others.setdefault(first, []).append(runs[number - 1].ran)
    why = f"Of more than {PAGES_AT_MOST} runs the pages are packed: they need scripts."
    yield f"<noscript><p>{why}</p></noscript>"
    for number in range(1, len(runs) + 1):
        if number not in same:
            page = run_page(number, runs, shipped, others.get(number, ()))
            data = base64.b64encode(zlib.compress(page.encode("utf-8", "backslashreplace"), 9)).decode(
                "ascii"
            )
            yield f'<script type="application/octet-stream" data-page="run-{number}">{data}</script>'


def totals(runs: Sequence[Reported], not_run: Sequence[NotRun]) -> str:
    """How many of each verdict."""
    return totals_text([*(VERDICTS[run.verdict] for run in runs), *(NOT_RUN for _ in not_run)]) or "no run"


def _subjects(runs: Sequence[Reported]) -> str:
    told = dict.fromkeys(f"{run.subject}, Python {run.ran.python}, {run.level}" for run in runs)
    return f"<p>{'; '.join(map(escape, told))}</p>" if len(told) <= 6 else ""


def _not_run(runs: Sequence[NotRun]) -> str:
    cells = ((run.name, run.level, run.problem) for run in runs)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in cells)
    return f'<h2 class="unknown">{NOT_RUN}</h2><table>{rows}</table>' if runs else ""


def _flips(runs: Sequence[Reported]) -> str:
    """Where a verdict or an ending changes, and where Pythons or seeds disagree."""
    found = merged([run.ran for run in runs])
    told = [*found.disagreements, *found.flips]
    if not told:
        return ""
    items = "".join(f"<li>{escape(line)}</li>" for line in told)
    return (
        f"<details><summary>{len(told)} places where a result flips (◆)</summary><ul>{items}</ul></details>"
    )


__all__ = ["PAGES_AT_MOST", "as_html", "totals"]
