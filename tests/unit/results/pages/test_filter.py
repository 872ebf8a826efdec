"""Filters come from addresses and go back into them."""

import pytest

from core.errors import InputError
from core.results.pages.filter import ResultsFilter, Shown, read_filter


@pytest.mark.parametrize(
    "chosen",
    [
        ResultsFilter(),
        ResultsFilter(shown=Shown.INCORRECT),
        ResultsFilter(confidence_below=0.75),
        ResultsFilter(shown=Shown.FAILED, error_code="empty_file"),
        ResultsFilter(shown=Shown.WITH_MASK, without_hidden=True),
    ],
)
def test_a_filter_survives_its_address(chosen: ResultsFilter) -> None:
    query = chosen.query
    assert read_filter(*(query.get(name) for name in ("show", "below", "error", "hidden"))) == chosen


@pytest.mark.parametrize(
    ("show", "below"), [("everything", None), (None, "high"), (None, "0"), (None, "1.01"), (None, "nan")]
)
def test_nonsense_is_refused(show: str | None, below: str | None) -> None:
    with pytest.raises(InputError) as error:
        read_filter(show, below, None)
    assert error.value.code == "filter_invalid"
