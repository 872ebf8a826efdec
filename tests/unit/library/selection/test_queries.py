"""Pages, slices and numbers of selected photos, and the choices of the filters."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from core.database import Database, read_clock
from core.labels.decisions import Origin, add_decision
from core.library.selection import queries
from core.library.selection.conditions import select_ids
from core.library.selection.model import UNKNOWN, LabelFilter, LibrarySelection
from core.library.selection.queries import (
    count_selected,
    is_selected,
    read_choices,
    read_library,
    read_library_around,
    read_slice,
    search,
)
from models import (
    BoxState,
    Choice,
    Extraction,
    Face,
    JobPhoto,
    JobPhotoState,
    Label,
    NoLabel,
    Photo,
    Prediction,
    Source,
    SourceKind,
)
from tests.provenance_rows import WebPhoto, add_source, add_web_photo
from tests.rows import add_predict_job, add_version

#: The 25 photos by number, newest first.
_ALL = list(range(24, -1, -1))


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


def _numbers(db: Database, photos: list[Photo], chosen: LibrarySelection, **page: int) -> list[int]:
    numbers = {photo.id: number for number, photo in enumerate(photos)}
    with db.read() as session:
        found = read_library(session, chosen, **page)
    return [numbers[item.photo.id] for item in found.photos]


def _selected(db: Database, photos: list[Photo], chosen: LibrarySelection) -> list[int]:
    """The selected numbers, newest first; every way to read them must agree."""
    shown = _numbers(db, photos, chosen)
    with db.read() as session:
        ids = [photos[number].id for number in shown]
        assert sorted(session.scalars(select_ids(chosen)), reverse=True) == ids
        assert [photo.id for photo in photos[::-1] if is_selected(session, chosen, photo.id)] == ids
        assert count_selected(session, chosen).photos == len(ids)
        listed: list[int] = []
        after: int | None = 0
        while after is not None:
            part = read_slice(session, chosen, after=after, candidates=4)
            listed += [photo.photo_id for photo in part.photos]
            after = part.next_after
        assert listed == ids[::-1]
    return shown


def test_paging_forth_and_back(db: Database, photos: list[Photo]) -> None:
    with db.read() as session:
        first = read_library(session, LibrarySelection(), limit=10)
        second = read_library(session, LibrarySelection(), before=first.older, limit=10)
        third = read_library(session, LibrarySelection(), before=second.older, limit=10)
        back = read_library(session, LibrarySelection(), after=second.newer, limit=10)
    assert (first.newer, third.older) == (None, None)
    assert [len(page.photos) for page in (first, second, third)] == [10, 10, 5]
    assert [item.photo.id for item in back.photos] == [item.photo.id for item in first.photos]
    assert first.photos[0].photo.id == photos[-1].id


def test_each_filter(db: Database, photos: list[Photo]) -> None:
    unknown = [number for number in _ALL if number % 4 == 3 and number != 3]
    assert _selected(db, photos, LibrarySelection(licence=UNKNOWN)) == unknown
    assert _selected(db, photos, LibrarySelection(licence="CC0 1.0")) == [3]
    assert _selected(db, photos, LibrarySelection(host="b.example")) == [n for n in _ALL if n % 2]
    # The page's host matches too, and each photo appears once.
    assert _selected(db, photos, LibrarySelection(host="news.example")) == _ALL
    assert _selected(db, photos, LibrarySelection(phrase="crowd", host="a.example")) == [22, 16, 10, 4]
    assert _selected(db, photos, LibrarySelection(kind=SourceKind.UPLOAD)) == []
    assert _numbers(db, photos, LibrarySelection(kind=SourceKind.CRAWL), limit=3) == [24, 23, 22]
    chosen = (photos[2].id, photos[9].id, 999)
    assert _selected(db, photos, LibrarySelection(photos=chosen)) == [9, 2]
    assert _selected(db, photos, LibrarySelection(photos=chosen, host="b.example")) == [9]


def test_name_finds_a_part_of_an_address_or_title(db: Database, photos: list[Photo]) -> None:
    assert _selected(db, photos, LibrarySelection(name="EXAMPLE/12.JPG")) == [12]
    assert _selected(db, photos, LibrarySelection(name="picture 1")) == [*range(19, 9, -1), 1]
    assert _selected(db, photos, LibrarySelection(name="%")) == [], "a wildcard is an ordinary character"
    assert _selected(db, photos, LibrarySelection(name="picture 1", phrase="crowd")) == [19, 16, 13, 10, 1]


def test_job_covers_photos_that_another_job_brought(db: Database, photos: list[Photo]) -> None:
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    with db.write() as session:
        session.execute(
            insert(JobPhoto),
            [
                {"job_id": job_id, "position": at, "locator": b"", "name": "", "photo_id": photos[n].id,
                 "state": JobPhotoState.DONE}
                for at, n in enumerate((5, 8, 5, 20), start=1)
            ],
        )  # fmt: skip
    assert _selected(db, photos, LibrarySelection(job=job_id)) == [20, 8, 5]
    assert _selected(db, photos, LibrarySelection(job=job_id, host="a.example")) == [20, 8]
    assert _selected(db, photos, LibrarySelection(job=job_id + 1)) == []


def test_days_are_whole_days_in_utc(db: Database, photos: list[Photo]) -> None:
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    with db.write() as session:
        for number, photo in enumerate(photos):
            session.get_one(Photo, photo.id).created_at = midnight + timedelta(days=number - 10)
        session.get_one(Photo, photos[11].id).created_at = midnight - timedelta(microseconds=1)
        # A clock that was wrong for a while: ids do not rise with the time.
        session.get_one(Photo, photos[0].id).created_at = midnight
    day = LibrarySelection(since=date(2026, 3, 2), until=date(2026, 3, 2))
    assert _selected(db, photos, day) == [10, 0]
    assert _selected(db, photos, LibrarySelection(until=date(2026, 3, 1))) == [11, *range(9, 0, -1)]
    assert _selected(db, photos, LibrarySelection(since=date(2026, 3, 15))) == [24, 23]
    assert _selected(db, photos, LibrarySelection(since=date(2027, 1, 1))) == []


def _add_face(
    db: Database, photo: Photo, label: Label | None, *decided: Choice | None, **values: object
) -> None:
    with db.write() as session:
        now = read_clock(session)
        face = Face(
            photo_id=photo.id, ordinal=0, x1=0, y1=0, x2=9, y2=9, score=0.9, landmarks=[], created_at=now,
            **{"detector_key": "yunet", **values},
        )  # fmt: skip
        session.add(face)
        session.flush()
        if label is not None:
            session.add(
                Prediction(
                    face_id=face.id, classifier_version_id=1, label=label, with_mask=0.3, without_mask=0.3,
                    incorrect=0.2, not_a_face=0.2,
                )
            )  # fmt: skip
        for each in decided:
            add_decision(session, face.id, each, Origin(account_id=None, queue="results"))


def test_labels_are_decisions_before_predictions_of_the_champion(db: Database, photos: list[Photo]) -> None:
    """Each photo has an extraction by `yunet`; the photos 20 and up have none."""
    with db.write() as session:
        for photo in photos[20:]:
            row = session.scalars(select(Extraction).where(Extraction.photo_id == photo.id)).one()
            session.delete(row)
    _add_face(db, photos[0], Label.WITH_MASK)
    _add_face(db, photos[1], Label.WITH_MASK, Label.INCORRECT)
    _add_face(db, photos[2], Label.WITH_MASK, Label.INCORRECT, None)
    _add_face(db, photos[3], None)
    _add_face(db, photos[7], Label.WITH_MASK, Label.INCORRECT, NoLabel.CANNOT_TELL)
    _add_face(db, photos[8], None, NoLabel.CANNOT_TELL)
    _add_face(db, photos[4], None, Label.NOT_A_FACE)
    _add_face(db, photos[5], Label.WITH_MASK, box_state=BoxState.REMOVED)
    _add_face(db, photos[6], Label.WITH_MASK, detector_key="older options")
    _add_face(db, photos[20], None, detector_key="drawn")
    of = {label: _selected(db, photos, LibrarySelection(label=label)) for label in LabelFilter}
    assert of[LabelFilter.WITH_MASK] == [7, 2, 0]
    assert of[LabelFilter.INCORRECT] == [1]
    assert of[LabelFilter.WITHOUT_MASK] == []
    assert of[LabelFilter.NOT_A_FACE] == [4]
    assert of[LabelFilter.NOT_LABELLED] == [20, 8, 3]
    assert of[LabelFilter.NO_FACE] == [*range(19, 8, -1), 6, 5, 4]
    assert of[LabelFilter.NOT_SEARCHED] == [24, 23, 22, 21]
    assert _selected(db, photos, LibrarySelection(label=LabelFilter.NO_FACE, host="b.example"))[-1] == 5


def test_a_search_that_stops_early_says_so_and_goes_on(
    db: Database, photos: list[Photo], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "_SEARCH_SECONDS", 0)
    monkeypatch.setattr(queries, "_COUNT_SECONDS", 0)
    monkeypatch.setattr(queries, "_WINDOW", 8)
    rare = LibrarySelection(name="picture 2")
    with db.read() as session:
        first = read_library(session, rare)
        second = read_library(session, rare, before=first.older)
        third = read_library(session, rare, before=second.older)
        fourth = read_library(session, rare, before=third.older)
        back = read_library(session, rare, after=second.newer)
        counted = count_selected(session, rare)
    ids = [[item.photo.id for item in page.photos] for page in (first, second, third, fourth)]
    by = [photo.id for photo in photos]
    assert ids == [by[24:19:-1], [], [by[2]], []]
    assert [page.cut_short for page in (first, second, third, fourth)] == [True, True, True, False]
    assert fourth.older is None
    assert [item.photo.id for item in back.photos] == ids[0], "the way back skips nothing"
    assert (counted.photos, counted.at_least) == (5, True)


def test_the_page_around_a_photo_shows_it(db: Database, photos: list[Photo]) -> None:
    with db.read() as session:
        for photo in photos:
            page = read_library_around(session, LibrarySelection(), photo.id)
            assert photo.id in [item.photo.id for item in page.photos]
        assert read_library_around(session, LibrarySelection(), photos[-1].id).newer is None


def test_neighbours_follow_the_filter(db: Database, photos: list[Photo]) -> None:
    chosen = LibrarySelection(phrase="crowd", host="a.example")
    with db.read() as session:
        up = search(session, chosen, start=photos[10].id, backward=False, limit=1).ids
        down = search(session, chosen, start=photos[10].id, backward=True, limit=1).ids
    assert (up, down) == ([photos[16].id], [photos[4].id])


def test_a_large_number_is_a_lower_bound(
    db: Database, photos: list[Photo], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "_COUNTED", 10)
    with db.read() as session:
        assert count_selected(session, LibrarySelection()).photos == 25
        some = count_selected(session, LibrarySelection(host="news.example"))
        few = count_selected(session, LibrarySelection(licence="CC0 1.0"))
    assert (some.photos, some.at_least, few.photos, few.at_least) == (10, True, 1, False)


def test_choices_are_the_existing_values(db: Database, photos: list[Photo]) -> None:
    with db.read() as session:
        assert read_choices(session, Source.licence) == ["CC BY 2.0", "CC0 1.0"]
        assert read_choices(session, Source.host, limit=2) == ["a.example", "b.example"]
        assert read_choices(session, Source.phrase) == ["crowd", "face mask", "market", "mask"]


def test_credits_prefer_the_source_with_a_licence(db: Database, photos: list[Photo]) -> None:
    with db.read() as session:
        page = read_library(session, LibrarySelection(licence="CC0 1.0"))
    credit = page.photos[0].credit
    assert credit is not None
    assert (credit.licence, credit.attribution) == (
        "CC0 1.0", "“Picture 3” by Ada, CC0 1.0, https://news.example/story"
    )  # fmt: skip
