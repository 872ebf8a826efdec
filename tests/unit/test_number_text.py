"""Numbers as a person reads them, on every page, in reports and in the terminal."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from core.number_text import (
    change,
    decimal,
    metric,
    number,
    p_value,
    percent,
    plural,
    share,
    share_of_faces,
    size,
    threshold,
)

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("show", "values", "text"),
    [
        (number, (1234567,), "1,234,567"),
        (decimal, (3.14,), "3.1"),
        (decimal, (9.96,), "10"),
        (decimal, (1234.5,), "1,234"),
        (percent, (0,), "0%"),
        (percent, (0.0001,), "<1%"),
        (percent, (0.57,), "57%"),
        (percent, (0.5999,), "59%"),
        (percent, (0.9999,), "99%"),
        (percent, (1,), "100%"),
        (threshold, (0.6,), "60%"),
        (threshold, (0.595,), "59.5%"),
        (share, (2, 3), "66.7%"),
        (share, (0, 3), "0%"),
        (share, (3, 3), "100%"),
        (share, (1, 100_000), "<0.1%"),
        (share, (99_999, 100_000), ">99.9%"),
        (share, (0, 0), "–"),
        (metric, (0.91249,), "0.912"),
        (metric, (None, 400), "–"),
        (metric, (0.91249, 30), "0.912"),
        (metric, (0.91249, 29), "too few (29 faces)"),
        (metric, (1.0, 1), "too few (1 face)"),
        (share_of_faces, (15, 30), "50.0%"),
        (share_of_faces, (15, 29), "too few (29 faces)"),
        (share_of_faces, (0, 0), "–"),
        (change, (-0.0123,), "-0.012"),
        (p_value, (0.0312,), "p = 0.031"),
        (p_value, (1e-9,), "p < 0.001"),
        (size, (0,), "0 bytes"),
        (size, (999,), "999 bytes"),
        (size, (1500,), "1.5 KB"),
        (size, (999_960,), "1.0 MB"),
        (size, (250_000_000,), "250 MB"),
        (size, (2 * 10**15,), "2,000 TB"),
        (plural, (1, "photo"), "1 photo"),
        (plural, (2000, "photo"), "2,000 photos"),
        (plural, (2, "batch", "batches"), "2 batches"),
    ],
)
def test_numbers(show: Callable[..., str], values: tuple[object, ...], text: str) -> None:
    assert show(*values) == text


#: Formats of numbers; `to_hex`, coordinates of drawings and file names are none.
_IN_TEMPLATES = re.compile(r"""["']%[+.]?\d*\.?\d*[efgd]|\|\s*(?:float|filesizeformat)""")
_IN_SCRIPTS = re.compile(r"toFixed|toPrecision|toLocaleString|NumberFormat")
_IN_PAGES = re.compile(r":[+,]?\.\d[feg%]\}|:,\}|:[.\d]*%\}")
#: Files that write coordinates of a drawing, or a header for programs.
_DRAWINGS = {"curves.py", "charts.py", "chart.py", "access_log.py"}


def _places(folder: str, kind: str, pattern: re.Pattern[str], spared: set[str]) -> list[str]:
    texts = {
        str(path.relative_to(ROOT)): path.read_text()
        for path in (ROOT / folder).rglob(kind)
        if path.name not in spared
    }
    return [f"{path}: {pattern.findall(text)}" for path, text in texts.items() if pattern.search(text)]


def test_no_page_or_report_has_a_number_format_of_its_own() -> None:
    assert _places("web/templates", "*.html", _IN_TEMPLATES, set()) == []
    assert _places("core/results/reports/templates", "*.html", _IN_TEMPLATES, set()) == []
    assert _places("web/static/js", "*.js", _IN_SCRIPTS, {"numbers.js"}) == []
    assert _places("web", "*.py", _IN_PAGES, {*_DRAWINGS, "formatting.py"}) == []
