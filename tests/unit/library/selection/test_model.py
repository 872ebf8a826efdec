"""A selection: what it reads, and that nothing it does not understand widens it."""

from datetime import date

import pytest
from pydantic import ValidationError

from core.errors import InputError
from core.library.selection.model import EVERYTHING, MOST_PHOTOS, LabelFilter, LibrarySelection
from models import SourceKind

_WHOLE = LibrarySelection(
    photos=(7, 3, 7),
    job=4,
    label=LabelFilter.NOT_LABELLED,
    name="gate",
    licence="CC BY 2.0",
    host="News.Example",
    phrase=" crowd ",
    kind=SourceKind.CRAWL,
    since=date(2026, 1, 2),
    until=date(2026, 1, 2),
)


def test_what_is_written_is_read_back() -> None:
    query = _WHOLE.query
    assert LibrarySelection.read(query, [query["ids"]]) == _WHOLE
    assert LibrarySelection.model_validate(_WHOLE.to_json()) == _WHOLE
    assert (EVERYTHING.query, EVERYTHING.to_json()) == ({}, {})
    assert (_WHOLE.photos, _WHOLE.host, _WHOLE.phrase) == ((3, 7), "news.example", "crowd")


def test_the_words_name_every_value() -> None:
    assert EVERYTHING.words == "all photos"
    assert _WHOLE.words == (
        "2 chosen photos, job 4, not labelled yet, name with “gate”, licence CC BY 2.0, host news.example, "
        "phrase “crowd”, source crawl, added since 2026-01-02, added until 2026-01-02"
    )


def test_empty_values_mean_any() -> None:
    assert LibrarySelection.read({"host": " ", "job": "", "before": "9"}, ["", ","]) == EVERYTHING


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        ({"kind": "nonsense"}, []),
        ({"label": "masked"}, []),
        ({"job": "x"}, []),
        ({"since": "yesterday"}, []),
        ({"since": "2026-02-01", "until": "2026-01-01"}, []),
        ({}, ["1,x"]),
    ],
)
def test_what_is_not_understood_is_refused(given: dict[str, str], ids: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        LibrarySelection.read(given, ids)
    assert caught.value.code == "selection_invalid"


@pytest.mark.parametrize(
    ("given", "ids", "message"),
    [({"job": "seven"}, [], "“job” is not valid: 'seven'"), ({}, ["1,x"], "“ids” is not valid: 'x'")],
)
def test_the_message_shows_what_was_given(given: dict[str, str], ids: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        LibrarySelection.read(given, ids)


def test_the_last_day_of_the_calendar_leaves_no_photo_out() -> None:
    assert LibrarySelection.read({"until": "9999-12-31"}).created_before is None


def test_too_many_photos_are_refused() -> None:
    with pytest.raises(InputError, match="At most 5,000"):
        LibrarySelection.read({}, [str(number) for number in range(MOST_PHOTOS + 1)])


def test_a_stored_selection_with_an_unknown_filter_is_not_widened() -> None:
    with pytest.raises(ValidationError):
        LibrarySelection.model_validate({"phrase": "crowd", "colour": "red"})
