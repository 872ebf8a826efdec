"""Numbers as pages, reports and the terminal show them; web/static/js/numbers.js has the same rules."""

import math

#: A share, kappa, precision or the like from fewer faces than this says little; it is shown as "too few".
FEWEST_FACES = 30
_UNITS = ("bytes", "KB", "MB", "GB", "TB")
_NONE = "–"


def number(value: float) -> str:
    """12,345: no decimals, thousands separated by commas."""
    return f"{value:,.0f}"


def decimal(value: float) -> str:
    """A rate: one decimal below 10, else none."""
    return f"{value:,.1f}" if round(value, 1) < 10 else number(value)


def percent(fraction: float) -> str:
    """A probability or a progress, 0 to 1: whole per cent rounded down; "<1%" above 0.

    Rounded down it agrees with thresholds: a face below 60% never shows 60%, and only 1 is 100%.
    """
    value = math.floor(fraction * 100 + 1e-9)
    return "<1%" if value == 0 and fraction > 0 else f"{value}%"


def threshold(fraction: float) -> str:
    """A limit that somebody chose: 60%, 59.5%, with all its decimals."""
    return f"{100 * fraction:.6g}%"


def share(part: float, whole: float) -> str:
    """A part of a count: per cent with one decimal, and 0% and 100% only where they are exact."""
    if not whole:
        return _NONE
    if part in (0, whole):
        return "100%" if part else "0%"
    text = f"{100 * part / whole:.1f}%"
    return {"0.0%": "<0.1%", "100.0%": ">99.9%"}.get(text, text)


def points(fraction: float) -> str:
    """A difference of shares, or half an interval, in percentage points: "2.1 points", "12 points"."""
    value = decimal(100 * fraction)
    return f"{value} {'point' if value == '1.0' else 'points'}"


def metric(value: float | None, faces: int | None = None) -> str:
    """A score such as F1, kappa or a calibration error: 0.912; "–" where it is undefined.

    `faces` is how many faces it was computed from; fewer than FEWEST_FACES give no number.
    """
    if value is None:
        return _NONE
    return f"{value:.3f}" if faces is None or not is_too_few(faces) else too_few(faces)


def p_value(value: float) -> str:
    """The probability of a statistical test: "p = 0.031", or "p < 0.001"."""
    return "p < 0.001" if value < 0.0005 else f"p = {value:.3f}"


def scientific(value: float) -> str:
    """A quantity of any magnitude, such as a learning rate: 1.0e-03."""
    return f"{value:.1e}"


def change(value: float) -> str:
    """The difference of two scores, with its sign: +0.012."""
    return f"{value:+.3f}"


def share_of_faces(part: float, faces: int) -> str:
    """A share as `share` gives it, but not from fewer than FEWEST_FACES faces."""
    return too_few(faces) if 0 < faces < FEWEST_FACES else share(part, faces)


def is_too_few(faces: int) -> bool:
    """Whether a score from this many faces is not shown."""
    return faces < FEWEST_FACES


def too_few(faces: int) -> str:
    """What is shown in place of a score from this many faces."""
    return f"too few ({plural(faces, 'face')})"


def size(count: int) -> str:
    """Bytes: 1.4 MB, with one decimal below 100; units of 1000."""
    value = float(count)
    for unit in _UNITS:
        if round(value) < 1000 or unit == _UNITS[-1]:
            break
        value /= 1000
    return f"{value:,.0f} {unit}" if unit == "bytes" or round(value, 1) >= 100 else f"{value:.1f} {unit}"


def plural(count: int, word: str, many: str = "") -> str:
    """1 photo, 2,000 photos"""
    return f"{count:,} {word if count == 1 else many or word + 's'}"
