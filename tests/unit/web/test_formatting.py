"""Numbers, times and sizes as a person reads them."""

import pytest

from web.formatting import decimal, duration, number, percent, plural, size


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.6, "1 min 0 s"),
        (434, "7 min 14 s"),
        (1800, "30 min"),
        (7500, "2 h 5 min"),
        (180_000, "2 d 2 h"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("fraction", "text"), [(0, "0%"), (0.0001, "<1%"), (0.5, "50%"), (0.9999, "99.9%"), (1, "100%")]
)
def test_a_percentage_never_says_all_or_nothing_too_soon(fraction: float, text: str) -> None:
    assert percent(fraction) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 KB"), (250_000_000, "250 MB"), (2 * 10**13, "20.0 TB")],
)
def test_size(count: int, text: str) -> None:
    assert size(count) == text


def test_numbers_and_words() -> None:
    assert (number(1234567), decimal(3.14), decimal(1234.5)) == ("1,234,567", "3.1", "1,234")
    assert (plural(1, "photo"), plural(2000, "photo"), plural(2, "batch", "batches")) == (
        "1 photo",
        "2,000 photos",
        "2 batches",
    )
