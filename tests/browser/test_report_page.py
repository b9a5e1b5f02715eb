"""The report's page in a real Chromium without a window: `tox -e browser`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.reporting.html import PAGES_AT_MOST, as_html
from tests.browser.contrast import contrast
from tests.harness.reporting.made import FIX, SHIPPED, dies, passes, run_of, told

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    other = run_of(passes())
    other = replace(other, ran=replace(other.ran, name="story/b"))
    runs = [run_of(dies()), run_of(told(dies(), fix=FIX)), other]
    path.write_text(as_html(runs, (), SHIPPED), encoding="utf-8")
    return path


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Any, file: Path) -> Iterator[Any]:
    """The page in a theme; whatever the browser complains about fails the test."""
    context = browser.new_context(color_scheme=request.param)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda problem: complaints.append(str(problem)))
    opened.on("request", lambda one: complaints.append(one.url) if one.url != file.as_uri() else None)
    opened.goto(file.as_uri())
    yield opened
    context.close()
    assert complaints == []


def test_the_page_opens_without_a_complaint_and_fetches_nothing(page: Any) -> None:
    assert page.title() == "qqchaos: 2 FAIL, 1 PASS"


def test_j_and_k_go_from_run_to_run_and_u_back(page: Any) -> None:
    ends = []
    for key in "jjkuj":
        page.keyboard.press(key)
        page.wait_for_timeout(50)
        ends.append(page.url.partition("#")[2])
    assert ends[:4] == ["run-1", "run-2", "run-1", "top"]


def test_words_and_choices_filter_the_table(page: Any) -> None:
    page.keyboard.press("/")
    page.keyboard.type("no such run")
    assert page.locator("#count").inner_text() == "0 of 2 runs"
    page.locator("#filters input[type=search]").fill("")
    page.locator("#filters select[data-of=verdict]").select_option("pass")
    assert page.locator("#count").inner_text() == "1 of 2 runs"


def test_a_check_leads_to_the_record_that_proves_it_in_the_folded_log(page: Any) -> None:
    page.keyboard.press("j")
    link = page.locator("#run-1 a[href^='#r1-']").first
    target = page.locator(link.get_attribute("href"))
    assert not target.is_visible()
    link.click()
    target.wait_for(state="visible", timeout=5_000)


def test_a_picture_gets_wider_and_comes_back(page: Any) -> None:
    page.keyboard.press("j")
    picture = page.locator("#run-1 .picture svg")
    before = picture.bounding_box()["width"]
    page.locator("#run-1 .picture").focus()
    page.keyboard.press("+")
    assert picture.bounding_box()["width"] > before
    page.keyboard.press("0")
    assert picture.bounding_box()["width"] == before


def test_letters_and_ground_differ_enough_in_both_themes(page: Any) -> None:
    assert contrast(page.locator("body")) >= 7  # AAA of WCAG 2


@pytest.fixture
def large(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """A report whose pages are packed."""
    many = [run_of(passes()) for _ in range(PAGES_AT_MOST)]
    runs = [run_of(dies()), *many, run_of(told(dies(), "0.19.1"))]
    path = tmp_path / "large.html"
    path.write_text(as_html(runs, (), SHIPPED), encoding="utf-8")
    opened = browser.new_page()
    opened.goto(path.as_uri())
    yield opened
    opened.close()


def test_a_packed_page_opens_from_its_cell_by_a_key_and_by_a_link_to_a_record(large: Any) -> None:
    assert large.locator("article").count() == 0
    large.locator("#matrix a").first.click()
    large.wait_for_selector("article:target svg")
    assert "0.19.0 (Python 3.12); 0.19.1 (Python 3.12)" in large.locator("article:target").inner_text()
    large.keyboard.press("j")
    large.wait_for_selector("#run-2:target")
    record = large.locator("#run-1 .log tr[id]").first.get_attribute("id")
    large.goto(large.url.partition("#")[0] + "#top")
    large.reload()
    large.goto(large.url.partition("#")[0] + f"#{record}")
    large.wait_for_selector("#run-1 .log[open] tr:target")
