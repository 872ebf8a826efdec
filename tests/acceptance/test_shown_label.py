"""In a real browser: the rule for the shown label in `labels.js` is that of `shown_label`."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from core.labels.shown_label import shown_label
from models import Label

_SCRIPT = Path(__file__).resolve().parents[2] / "web" / "static" / "js" / "labels.js"
_THRESHOLDS = (0.0, 0.5, 0.6, 1.0)
#: Probabilities in the order of `Label`, some of them exactly at a threshold.
_ROWS = (
    (0.6, 0.2, 0.1, 0.1),
    (0.5999, 0.2001, 0.1, 0.1),
    (0.1, 0.5, 0.3, 0.1),
    (0.2, 0.2, 0.55, 0.05),
    (0.1, 0.1, 0.2, 0.6),
    (0.0, 1.0, 0.0, 0.0),
)
_ASK = """async ([source, cases]) => {
  const { shownLabel } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
  return cases.map(([probabilities, threshold]) => shownLabel(probabilities, threshold)?.label ?? null);
}"""


def test_the_page_shows_the_label_that_reports_show(browser: Browser) -> None:
    rows = [dict(zip((label.value for label in Label), row, strict=True)) for row in _ROWS]
    cases: list[Any] = [[row, threshold] for row in rows for threshold in _THRESHOLDS]
    with browser.new_page() as page:
        shown = page.evaluate(_ASK, [_SCRIPT.read_text(), cases])
    likeliest = [(max(row, key=lambda name: row[name]), threshold) for row, threshold in cases]
    expected = [
        shown_label(Label(name), row[name], threshold)
        for (name, threshold), (row, _) in zip(likeliest, cases, strict=True)
    ]
    assert shown == expected
