from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.units import format_duration, format_size, parse_duration, parse_signed_duration, parse_size


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("500ms", 500),
        ("30s", 30_000),
        ("1m30s", 90_000),
        ("2h", 7_200_000),
        ("1.5s", 1_500),
        ("1d", 86_400_000),
        ("0", 0),
    ],
)
def test_a_duration_is_read_with_its_unit(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize(
    "value",
    [
        "5 seconds",
        "-1s",
        "1e9",
        "30",
        30,
        "",
        "s",
        "30s1m",
        "1s1s",
        "1.s",
        "٣s",
        True,
        None,
        1.5,
        "0.0001ms",
        "9" * 18 + "d",
    ],
)
def test_what_is_no_duration_is_refused_with_a_sentence(value: object) -> None:
    with pytest.raises(ValueError, match=r"is not a duration|neither text|whole number of milliseconds|too large"):
        parse_duration(value)


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("10MiB", 10 * 1024**2),
        ("1 GiB", 1024**3),
        ("64kB", 64_000),
        ("512", 512),
        (512, 512),
        ("1.5KiB", 1536),
        ("7 B", 7),
    ],
)
def test_a_size_is_read_with_its_unit(value: object, size: int) -> None:
    assert parse_size(value) == size


@pytest.mark.parametrize("value", ["10 M", "10mi", "-1", "1e9", "", "MiB", True, None, 1.5, "0.3B", "9" * 18 + "TiB"])
def test_what_is_no_size_is_refused_with_a_sentence(value: object) -> None:
    with pytest.raises(ValueError, match=r"is not a size|neither text|whole number of bytes|too large"):
        parse_size(value)


@given(st.integers(0, 10**12))
def test_a_duration_that_was_written_is_read_back(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds)) == milliseconds


def test_sizes_are_written_for_people() -> None:
    assert [format_size(n) for n in (0, 512, 1536, 10 * 1024**2)] == ["0 B", "512 B", "1.5 KiB", "10 MiB"]


@pytest.mark.parametrize(("text", "milliseconds"), [("-5m", -300_000), ("+1h", 3_600_000), ("30s", 30_000), ("0", 0)])
def test_a_signed_duration_may_have_its_sign(text: str, milliseconds: int) -> None:
    assert parse_signed_duration(text) == milliseconds


@pytest.mark.parametrize("text", ["--5m", "- 5", "-", "+", "5m-", "-1h-5m", "-5"])
def test_what_is_no_signed_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_signed_duration(text)
