from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_qq_server.platform.units import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    UnitError,
    format_duration,
    parse_duration,
    parse_rate,
    parse_size,
)


@pytest.mark.parametrize(
    ("written", "us"),
    [
        ("250ms", 250_000), ("41s", 41 * SECOND), ("20m", 20 * MINUTE), ("3h", 3 * HOUR), ("2d", 2 * DAY),
        ("41.25s", 41_250_000), ("0s", 0), ("0.001ms", 1), ("366d", 366 * DAY), ("1.5h", 90 * MINUTE),
    ],
)  # fmt: skip
def test_a_duration_is_read_in_microseconds(written: str, us: int) -> None:
    assert parse_duration(written) == us


@pytest.mark.parametrize(
    "written",
    [
        "",
        "s",
        "5",
        "5 s",
        "-5s",
        "5S",
        "1e3s",
        ".5s",
        "5.s",
        "5s ",
        "5sec",
        "٣s",
        None,
        True,
        [],
        {},
        "1" * 13 + "s",
    ],
)
def test_what_is_no_duration_is_refused(written: object) -> None:
    with pytest.raises(UnitError, match="41s"):
        parse_duration(written)


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        (60, "has no unit"), (1.5, "has no unit"), ("0.0001ms", "finer"), ("367d", "longest duration, 366d"),
        pytest.param(10**5000, "thousands of digits", id="huge"),
    ],
)  # fmt: skip
def test_a_refused_duration_says_what_is_wrong(written: object, hint: str) -> None:
    with pytest.raises(UnitError, match=hint):
        parse_duration(written)


@given(st.integers(0, 366 * DAY))
def test_a_written_duration_is_read_back_exactly(us: int) -> None:
    assert parse_duration(format_duration(us)) == us


@pytest.mark.parametrize(
    ("us", "text"), [(0, "0s"), (60 * SECOND, "1m"), (90 * SECOND, "90s"), (1, "0.001ms")]
)
def test_a_duration_is_written_as_short_as_possible(us: int, text: str) -> None:
    assert format_duration(us) == text


@pytest.mark.parametrize(("written", "rate"), [("3KB/s", 3000), ("500B/s", 500), ("1MB/s", 1_000_000)])
def test_a_rate_is_read_in_bytes_a_second(written: str, rate: int) -> None:
    assert parse_rate(written) == rate


@pytest.mark.parametrize("written", ["3KB", "0KB/s", "3kb/s", 3, None, "-1B/s"])
def test_what_is_no_rate_is_refused(written: object) -> None:
    with pytest.raises(UnitError, match="3KB/s"):
        parse_rate(written)


@pytest.mark.parametrize(
    ("written", "size"),
    [("4KiB", 4096), ("5MiB", 5 << 20), (1, 1), (4_194_303, (4 << 20) - 1), ("32MiB", 32 << 20)],
)
def test_a_size_is_read_in_bytes(written: object, size: int) -> None:
    assert parse_size(written) == size


@pytest.mark.parametrize(
    "written", [0, -1, True, 1.5, "5", "5MB", "5 MiB", "0KiB", "33MiB", 33 << 20, None, ""]
)
def test_what_is_no_size_is_refused(written: object) -> None:
    with pytest.raises(UnitError, match="write 4KiB, 5MiB or a number of bytes, up to 32MiB"):
        parse_size(written)
