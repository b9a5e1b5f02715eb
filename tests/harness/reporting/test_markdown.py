"""A comment that GitHub takes: what it says, its limit, and that no text of a journal marks it up."""

from __future__ import annotations

import re
from dataclasses import replace

from harness.reporting.markdown import MOST_BYTES, as_markdown
from harness.reporting.runs import NotRun
from tests.harness.reporting.made import FIX, NASTY, SHIPPED, dies, passes, run_of, told, unknown


def lines_of(*runs: object, most: int = MOST_BYTES) -> list[str]:
    return as_markdown(runs, (), SHIPPED, most).splitlines()  # type: ignore[arg-type]


def test_the_headline_counts_and_the_command_repeats_the_first_that_failed() -> None:
    lines = lines_of(run_of(unknown()), run_of(dies()), run_of(passes()))
    assert lines[0] == "### qqchaos: 1 FAIL, 1 UNKNOWN, 1 PASS"
    assert lines[lines.index("```console") + 1] == (
        "qqchaos run story/a --hermes 0.19.0 --python 3.12 --seed 7"
    )


def test_a_row_says_what_became_of_the_bot_and_which_checks_failed() -> None:
    (row,) = [line for line in lines_of(run_of(dies())) if "**FAIL**" in line]
    assert row == (
        "| <code>story/a</code><br>0.19.0, adapter | **FAIL** | <code>silent-death</code> gave up and told "
        "nobody | flag: it gave up and never set the fatal flag<br>"
        "notified: it gave up and the fatal handler was never called |"
    )


def test_failures_come_before_what_could_not_be_judged() -> None:
    rows = [line for line in lines_of(run_of(unknown()), run_of(dies())) if line.startswith("| <code>")]
    assert ["**FAIL**" in row for row in rows] == [True, False]


def test_what_flips_and_what_was_not_run_is_told() -> None:
    runs = [run_of(told(passes(), "0.18.0")), run_of(dies())]
    text = as_markdown(runs, [NotRun("story/b", "runner", "no aiohttp")], SHIPPED)
    assert "1 FAIL, 1 NOT RUN, 1 PASS" in text
    assert "| <code>story/b</code> | runner | no aiohttp |" in text
    assert "story/a: from 0.19.0 on FAIL silent-death, 100, before PASS undisturbed, 0" in text


def test_a_long_report_keeps_to_the_limit_and_counts_what_it_leaves_out() -> None:
    one = run_of(dies())
    runs = [replace(one, ran=replace(one.ran, name=f"story/{number}")) for number in range(300)]
    text = as_markdown(runs, (), SHIPPED)
    assert len(text.encode()) <= MOST_BYTES
    shown = text.count("**FAIL**")
    assert 100 < shown < 300
    assert f"\n{300 - shown} more are left out here: there is no room for them." in text


def test_the_smallest_report_is_its_headline() -> None:
    assert lines_of(run_of(dies()), most=10)[0] == "### qqchaos: 1 FAIL"
    assert len("\n".join(lines_of(run_of(dies()), most=10))) < 200


def test_no_text_of_a_journal_marks_up_mentions_or_refers() -> None:
    runs = [run_of(dies(), scenario=NASTY, ending=NASTY), run_of(told(passes(), fix=FIX), scenario=NASTY)]
    text = as_markdown(runs, [NotRun(NASTY, "adapter", NASTY)], SHIPPED)
    prose = re.sub(r"^(`{3,})console\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert "everyone" in prose
    for harm in ("<img", "</script>", "@everyone", "[x](y)", "**b**"):
        assert harm not in prose
    table = [line for line in prose.splitlines() if line.startswith("| ")]
    assert {line.count(" | ") for line in table} == {2, 3}


def test_no_name_ends_the_block_that_a_command_stands_in() -> None:
    text = as_markdown([run_of(dies(), scenario="a\n```\nb")], (), SHIPPED)
    assert "\n````console\n" in text
