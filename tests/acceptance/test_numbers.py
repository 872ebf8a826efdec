"""In a real browser: `numbers.js` writes numbers as `core/number_text.py` does, in any language."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from core.number_text import decimal, metric, number, percent, plural, share, size

_SCRIPT = Path(__file__).resolve().parents[2] / "web" / "static" / "js" / "numbers.js"
_FRACTIONS = (0, 1e-5, 0.004, 0.005, 0.57, 0.5999, 0.6, 0.995, 0.9996, 0.99999, 1)
_COUNTS = (0, 1, 2, 12, 999, 1000, 12_345, 1_234_567)
_VALUES: dict[str, tuple[Callable[..., str], tuple[Any, ...]]] = {
    "number": (number, (*_COUNTS, 0.5, 1.5, 12.49)),
    "decimal": (decimal, (0, 0.04, 3.14, 9.94, 9.96, 12.6, 1234.4)),
    "percent": (percent, _FRACTIONS),
    "share": (lambda fraction: share(fraction, 1), _FRACTIONS),
    "metric": (metric, _FRACTIONS),
    "size": (size, (*_COUNTS, 1500, 99_949, 99_951, 999_499, 999_960, 250_000_000, 2 * 10**15)),
    "plural": (lambda count: plural(count, "face"), _COUNTS),
}
_ASK = """async ([source, cases]) => {
  const numbers = await import(`data:text/javascript,${encodeURIComponent(source)}`);
  return cases.map(([name, value]) => numbers[name](value, ...(name === "plural" ? ["face"] : [])));
}"""


def test_scripts_and_templates_write_numbers_alike(browser: Browser) -> None:
    cases = [(name, value) for name, (_, values) in _VALUES.items() for value in values]
    with browser.new_page(locale="de-DE") as page:
        shown = page.evaluate(_ASK, [_SCRIPT.read_text(), cases])
    expected = [_VALUES[name][0](value) for name, value in cases]
    assert list(zip(cases, shown, strict=True)) == list(zip(cases, expected, strict=True))
