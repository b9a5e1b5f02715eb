"""A journal as a log: what is folded, and what never is."""

from __future__ import annotations

from harness.reporting.wire_log import LONGEST, Hidden, Shown, log_lines
from tests.harness.journals import J
from tests.harness.reporting.made import dies


def test_what_repeats_is_left_out_but_for_the_first_two_and_the_last() -> None:
    records = J().up().beats_on(30, 330).done(3600)
    shown = [line for line in log_lines(records, ()) if isinstance(line, Shown)]
    beats = [line.record.t for line in shown if "op=heartbeat" in line.text]
    assert beats == [30_000_000, 63_000_000, 327_000_000]


def test_everything_is_shown_or_counted_in_order() -> None:
    records = dies()
    counted = 0
    for line in log_lines(records, ()):
        first = line.first if isinstance(line, Hidden) else line.record.n
        assert first == counted + 1
        counted += line.count if isinstance(line, Hidden) else 1
    assert counted == len(records)


def test_a_run_of_a_hundred_attempts_fits_a_screen() -> None:
    assert len(list(log_lines(dies(), ()))) < 60


def test_what_proves_a_check_is_always_shown() -> None:
    records = dies()
    hidden = next(line for line in log_lines(records, ()) if isinstance(line, Hidden))
    shown = [line.record.n for line in log_lines(records, {hidden.first + 1}) if isinstance(line, Shown)]
    assert hidden.first + 1 in shown


def test_two_closes_with_different_codes_are_not_alike() -> None:
    j = J().up()
    for code in (4001, 4002, 4003, 4004, 4005):
        j.close_frame(t=60, code=code)
    texts = [line.text for line in log_lines(j.done(90), ()) if isinstance(line, Shown)]
    assert sum("op=close" in text for text in texts) == 5


def test_a_long_value_is_cut() -> None:
    (line,) = [one for one in log_lines(J().logs("x" * 1000).records, ()) if "template" in one.text]  # type: ignore[union-attr]
    assert isinstance(line, Shown)
    assert line.text.endswith("template=" + "x" * (LONGEST - 1) + "…")
