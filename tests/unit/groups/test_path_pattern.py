"""Patterns over paths: what they match, and what is refused."""

import time
from datetime import datetime

import pytest

from core.errors import InputError
from core.groups.path_pattern import PathPattern


@pytest.mark.parametrize(
    ("pattern", "path", "fields"),
    [
        ("{site}/{camera}/{date}", "north/cam1/2026-03-01/a.jpg", {"site": "north", "camera": "cam1"}),
        ("{site}/{camera}/{date}", "north/cam1/20260301.jpg", {"site": "north", "camera": "cam1"}),
        ("/{site}/", "north/deep/deeper/a.jpg", {"site": "north"}),
        ("survey-{year}/{month}-{day}", "survey-2026/3-1/a.jpg", {"month": "3"}),
        ("**/IMG_{date}_{time}*", "a/b/IMG_20260301_081502_burst.jpg", {"time": "081502"}),
        ("**/IMG_{date}_{time}*", "IMG_20260301_0815.jpg", {"time": "0815"}),
        ("{site}_*/{date}", "north_2/2026.03.01/a.jpg", {"site": "north"}),
        ("{name}", "a.b.jpg", {"name": "a.b"}),
        ("(x)+{site}", "(x)+1/a.jpg", {"site": "1"}),
        ("{site}", "https://news.example/a/b.jpg?size=2/3#top", {"site": "news.example"}),
        ("set/{site}", "/set/north/a.jpg", {"site": "north"}),
    ],
)
def test_fields_are_read(pattern: str, path: str, fields: dict[str, str]) -> None:
    found = PathPattern(text=pattern).match(path)
    assert found is not None
    assert fields.items() <= dict(found.fields).items()
    assert found.moment is None or found.moment.date() == datetime(2026, 3, 1).date()


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("{site}/{camera}/{date}", "north/a.jpg"),
        ("{site}/{camera}/{date}", "north/cam1/2026-13-41/a.jpg"),
        ("{site}/{camera}/{date}", "north/cam1/2026-03-01x/a.jpg"),
        ("cam{camera}/", "dog1/a.jpg"),
        ("{date}/{hour}", "2026-03-01/25/a.jpg"),
    ],
)
def test_other_paths_do_not_match(pattern: str, path: str) -> None:
    assert PathPattern(text=pattern).match(path) is None


def test_a_date_alone_has_no_hour() -> None:
    alone = PathPattern(text="{date}").match("2026-03-01/a.jpg")
    timed = PathPattern(text="{date}/{hour}h").match("2026-03-01/7h/a.jpg")
    assert alone is not None and timed is not None
    assert (alone.moment, alone.has_hour) == (datetime(2026, 3, 1), False)
    assert (timed.moment, timed.has_hour) == (datetime(2026, 3, 1, 7), True)


@pytest.mark.parametrize(
    "pattern",
    [
        "", "/", "no field", "{site", "site}", "{}", "{Site}", "{site}/{site}", "{site}{camera}",
        "{site}*", "{a}-{b}-{c}-{d}-{e}", "**/{a}/**/x", "{a}" + "x" * 200, "{a b}",
    ],
)  # fmt: skip
def test_patterns_that_cannot_be_used_are_refused(pattern: str) -> None:
    with pytest.raises(InputError) as error:
        PathPattern(text=pattern)
    assert error.value.code == "pattern_invalid"


def test_a_hostile_name_is_searched_fast() -> None:
    pattern = PathPattern(text="**/{a}-{b}-{c}-{d}/{date}")
    began = time.perf_counter()
    assert pattern.match("/".join(["-" * 40] * 6)) is None
    assert time.perf_counter() - began < 5
