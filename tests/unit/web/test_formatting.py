"""Numbers, times and sizes as a person reads them."""

import pytest

from web.formatting import coded, duration


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
    ("message", "shown"),
    [
        ("Run `maskloop setup`.", "Run <code>maskloop setup</code>."),
        ("`<b>` and <i>", "<code>&lt;b&gt;</code> and &lt;i&gt;"),
        ("a ` alone & more", "a ` alone &amp; more"),
        ("", ""),
    ],
)
def test_commands_in_messages_are_code(message: str, shown: str) -> None:
    assert coded(message) == shown
