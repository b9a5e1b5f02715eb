"""The page, read back: everything is on it, nothing is fetched, and no text is markup."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Sequence
from html.parser import HTMLParser

import pytest

from harness.reporting.html import PAGES_AT_MOST, as_html
from harness.reporting.runs import MISMATCH, NotRun, Reported
from tests.harness.reporting.made import FIX, NASTY, SHIPPED, dies, passes, run_of, told, unknown

VOID = {"meta", "br", "input"}


class Page(HTMLParser):
    """Elements with their attributes, and the text of each that has an id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, str] = {}
        self._open: list[tuple[str, str | None]] = []
        self.feed(text)
        self.close()
        assert self._open == [], "an element was not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.elements.append((tag, found))
        if tag not in VOID and not (tag == "path" and found["class"] in ("l", "m good", "m bad", "m note")):
            self._open.append((tag, found.get("id")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, name in self._open:
            if name is not None:
                self.texts[name] = self.texts.get(name, "") + data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for found, attrs in self.elements if found == tag]


def page(runs: Sequence[Reported], not_run: Sequence[NotRun] = ()) -> Page:
    return Page(as_html(runs, not_run, SHIPPED))


@pytest.fixture(scope="module")
def four() -> Page:
    runs = [
        run_of(told(passes(), "0.18.0")),
        run_of(dies()),
        run_of(told(dies(), fix=FIX)),
        run_of(unknown(), scenario="story/b", level="runner"),
    ]
    return page(runs, [NotRun("story/c", "runner", "no aiohttp")])


def unpacked(text: str) -> str:
    """A large report as a browser has it when every page was opened."""
    found = re.sub(
        r'<script type="application/octet-stream" data-page="run-\d+">([^<]*)</script>',
        lambda found: zlib.decompress(base64.b64decode(found[1])).decode(),
        text,
    )
    assert found != text
    return found


def test_in_a_large_report_runs_that_did_the_same_elsewhere_share_one_packed_page() -> None:
    many = [run_of(passes())] * PAGES_AT_MOST
    others = [run_of(told(dies(), "0.19.1")), run_of(told(dies(), "0.19.1", python="3.11.9"))]
    text = as_html([run_of(dies()), *many, *others], (), SHIPPED)
    assert "What happened" not in text and "need scripts" in text
    page = Page(unpacked(text))
    assert len(page.all("article")) == 1 + PAGES_AT_MOST
    assert "the same on: 0.19.0 (Python 3.12); 0.19.1 (Python 3.12, 3.11)." in page.texts["run-1"]
    cells = [one["href"] for one in page.all("a") if "data-verdict" in one]
    assert cells.count("#run-1") == 3 and "#run-103" not in cells


def test_every_run_has_a_page_and_a_cell_that_leads_to_it(four: Page) -> None:
    pages = [one["id"] for one in four.all("article")]
    assert pages == ["run-1", "run-2", "run-3", "run-4"]
    cells = [one["href"] for one in four.all("a") if "data-verdict" in one]
    assert sorted(cells) == [f"#{name}" for name in pages]


def test_every_link_leads_to_something_on_the_page(four: Page) -> None:
    names = {attrs["id"] for _, attrs in four.elements if "id" in attrs}
    links = [one["href"] for one in four.all("a")]
    assert len(links) > 50
    assert {link.removeprefix("#") for link in links} <= names


def test_no_name_is_given_twice(four: Page) -> None:
    names = [attrs["id"] for _, attrs in four.elements if "id" in attrs]
    assert len(names) == len(set(names))


def test_nothing_is_fetched_from_anywhere() -> None:
    text = as_html([run_of(dies())], (), SHIPPED)
    found = Page(text)
    fetching = {"src", "srcset", "action", "data", "poster", "xlink:href"}
    assert [attrs for _, attrs in found.elements if fetching & set(attrs)] == []
    assert {one["href"][0] for one in found.all("a")} == {"#"}
    assert found.all("link") == found.all("img") == found.all("iframe") == []
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest|import\(", text)
    assert [one["content"] for one in found.all("meta") if "http-equiv" in one] == [
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    ]


def test_the_table_says_where_a_result_flips(four: Page) -> None:
    assert [one["class"] for one in four.all("td") if "class" in one and one["class"] == "flip"] == ["flip"]
    (mark,) = [one for one in four.all("span") if "title" in one]
    assert mark["aria-label"] == "flips here: PASS undisturbed, 0 before"


def test_there_is_a_filter_for_whatever_differs(four: Page) -> None:
    assert [one["data-of"] for one in four.all("select")] == ["verdict", "level", "release", "fix"]


def test_a_run_tells_its_story_its_checks_and_the_command(four: Page) -> None:
    told_there = four.texts["run-2"]
    for text in (
        "story/a FAIL",
        "silent-death: the bot gave up and told nobody.",
        "It drops.",
        "qqchaos run story/a --hermes 0.19.0 --python 3.12 --seed 7",
        "… 97 more attempts",
        "it gave up and never set the fatal flag",
        "rule.act",
    ):
        assert text in told_there


def test_a_run_with_a_fix_is_drawn_below_the_one_as_shipped(four: Page) -> None:
    assert (
        "The run as shipped and the one with the fix are the same to the last record." in four.texts["run-3"]
    )
    assert "hermes-agent 0.19.0 + reference" in four.texts["run-3"]


def test_what_was_not_run_and_what_bounds_a_verdict_is_said(four: Page) -> None:
    assert "story/crunnerno aiohttp" in four.texts["top"]
    assert "rules that acted less or more often than the scenario requires: drop" in four.texts["run-4"]


def test_a_run_whose_journal_is_not_believed_has_no_picture_and_no_log() -> None:
    found = page([run_of(dies(), digest="sha256:0")])
    assert found.all("svg") == []
    assert MISMATCH in found.texts["run-1"]
    assert "it gave up and never set the fatal flag" in found.texts["run-1"]


def test_no_text_of_a_journal_is_markup() -> None:
    j = dies(title=NASTY)
    story = dies()[0].event
    assert story
    nasty = run_of(told(j, scenario={"run": NASTY, "story": NASTY, "asks": []}, run=NASTY), ending=NASTY)
    found = page([nasty, run_of(dies(), scenario=NASTY)], [NotRun(NASTY, NASTY, NASTY)])
    assert found.all("img") == []
    assert len(found.all("script")) == 1
    assert NASTY.partition("\0")[0] in found.texts["run-2"]


def test_of_no_run_there_is_a_page() -> None:
    assert "qqchaos: no run" in page([]).texts["top"]
