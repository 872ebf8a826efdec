"""Pages of the library, their filters, and the choices of the filters."""

from pathlib import Path

import pytest

from core.database import Database
from core.library.queries import UNKNOWN, LibraryFilter, read_choices, read_library
from models import Photo, Source, SourceKind
from tests.provenance_rows import WebPhoto, add_source, add_web_photo
from tests.rows import add_version


@pytest.fixture
def photos(db: Database, tmp_path: Path) -> list[Photo]:
    version_id = add_version(db)
    with db.write() as session:
        made = [
            add_web_photo(
                session,
                tmp_path,
                WebPhoto(
                    number=number,
                    host=("a.example", "b.example")[number % 2],
                    phrase=("mask", "crowd", "market")[number % 3],
                    licence=("CC BY 2.0", None)[number % 4 == 3],
                    faces=0,
                ),
                version_id=version_id,
            )
            for number in range(25)
        ]
        add_source(session, made[3], WebPhoto(number=3, host="c.example", licence="CC0 1.0"))
        add_source(session, made[0], WebPhoto(number=900, host="a.example"))
        return made


def _numbers(db: Database, photos: list[Photo], chosen: LibraryFilter, **page: int) -> list[int]:
    numbers = {photo.id: number for number, photo in enumerate(photos)}
    with db.read() as session:
        found = read_library(session, chosen, **page)
    return [numbers[item.photo.id] for item in found.photos]


def test_paging_forth_and_back(db: Database, photos: list[Photo]) -> None:
    with db.read() as session:
        first = read_library(session, LibraryFilter(), limit=10)
        second = read_library(session, LibraryFilter(), before=first.older, limit=10)
        third = read_library(session, LibraryFilter(), before=second.older, limit=10)
        back = read_library(session, LibraryFilter(), after=second.newer, limit=10)
    assert (first.newer, third.older) == (None, None)
    assert [len(page.photos) for page in (first, second, third)] == [10, 10, 5]
    assert back == first
    assert first.photos[0].photo.id == photos[-1].id


def test_each_filter(db: Database, photos: list[Photo]) -> None:
    everything = list(range(24, -1, -1))
    unknown = [number for number in everything if number % 4 == 3 and number != 3]
    assert _numbers(db, photos, LibraryFilter(licence=UNKNOWN)) == unknown
    assert _numbers(db, photos, LibraryFilter(licence="CC0 1.0")) == [3]
    assert _numbers(db, photos, LibraryFilter(host="b.example")) == [n for n in everything if n % 2]
    # The page's host matches too, and each photo appears once.
    assert _numbers(db, photos, LibraryFilter(host="news.example")) == everything
    assert _numbers(db, photos, LibraryFilter(phrase="crowd", host="a.example")) == [22, 16, 10, 4]
    assert _numbers(db, photos, LibraryFilter(kind=SourceKind.UPLOAD)) == []
    assert _numbers(db, photos, LibraryFilter(kind=SourceKind.CRAWL), limit=3) == [24, 23, 22]


def test_choices_are_the_existing_values(db: Database, photos: list[Photo]) -> None:
    with db.read() as session:
        assert read_choices(session, Source.licence) == ["CC BY 2.0", "CC0 1.0"]
        assert read_choices(session, Source.host, limit=2) == ["a.example", "b.example"]
        assert read_choices(session, Source.phrase) == ["crowd", "face mask", "market", "mask"]


def test_credits_prefer_the_source_with_a_licence(db: Database, photos: list[Photo]) -> None:
    with db.read() as session:
        page = read_library(session, LibraryFilter(licence="CC0 1.0"))
    credit = page.photos[0].credit
    assert credit is not None
    assert (credit.licence, credit.attribution) == (
        "CC0 1.0", "“Picture 3” by Ada, CC0 1.0, https://news.example/story"
    )  # fmt: skip
