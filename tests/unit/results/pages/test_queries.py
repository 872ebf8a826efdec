"""Results read a page at a time, on SQLite and PostgreSQL."""

import uuid
from pathlib import Path

import pytest
from sqlalchemy import select, update

from core.boxes.change import BoxChange
from core.boxes.store import apply_change
from core.database import Database
from core.labels.decisions import Origin, add_decision
from core.labels.final_label import DecidedLabel, FinalLabel, PredictedLabel
from core.results.pages import search
from core.results.pages.filter import ResultsFilter, Shown
from core.results.pages.queries import count_errors, read_neighbours, read_result, read_results, read_sources
from models import Job, JobPhoto, Label, Photo
from tests.unit.web.finished_job import add_finished_job


@pytest.fixture
def job(db: Database, tmp_path: Path) -> Job:
    job_id = add_finished_job(db, tmp_path / "photos", photos=30)
    with db.read() as rows:
        return rows.get_one(Job, job_id)


def _positions(db: Database, job: Job, chosen: ResultsFilter, limit: int) -> list[list[int]]:
    """Positions page by page, forwards."""
    pages, after = [], None
    while True:
        with db.read() as rows:
            page = read_results(rows, job, chosen, after=after, limit=limit)
        pages.append([photo.position for photo in page.photos])
        if page.next_after is None:
            return pages
        after = page.next_after


def test_pages_follow_one_another(db: Database, job: Job) -> None:
    assert _positions(db, job, ResultsFilter(), 12) == [
        list(range(12)),
        list(range(12, 24)),
        list(range(24, 30)),
    ]


def test_a_full_last_page_has_no_next(db: Database, job: Job) -> None:
    assert _positions(db, job, ResultsFilter(), 15) == [list(range(15)), list(range(15, 30))]


def test_filters_page_too(db: Database, job: Job, subtests: pytest.Subtests) -> None:
    for shown, first in (
        (Shown.WITH_MASK, 0),
        (Shown.WITHOUT_MASK, 1),
        (Shown.INCORRECT, 2),
        (Shown.INDETERMINATE, 3),
        (Shown.NO_FACE, 4),
        (Shown.FAILED, 5),
    ):
        with subtests.test(shown=shown):
            found = _positions(db, job, ResultsFilter(shown=shown), 2)
            assert found == [[first, first + 6], [first + 12, first + 18], [first + 24]]


def test_pages_go_back(db: Database, job: Job) -> None:
    with db.read() as rows:
        page = read_results(rows, job, ResultsFilter(), before=24, limit=10)
        assert [photo.position for photo in page.photos] == list(range(14, 24))
        assert (page.previous_before, page.next_after) == (14, 23)
        first = read_results(rows, job, ResultsFilter(), before=10, limit=10)
        assert (first.previous_before, first.next_after) == (None, 9)


def test_sparse_filters_find_everything_whatever_the_window(
    db: Database, job: Job, subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = ResultsFilter(confidence_below=0.8)
    for window in (3, 4, 7, 100):
        with subtests.test(window=window):
            monkeypatch.setattr(search, "WINDOW", window)
            found = [position for page in _positions(db, job, chosen, 3) for position in page]
            assert found == [n for n in range(30) if n % 6 in (2, 3)]


def test_looking_stops_for_its_cost_and_goes_on(
    db: Database, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "WINDOW", 4)
    monkeypatch.setattr(search, "WINDOWS", 2)
    chosen = ResultsFilter(confidence_below=0.4)
    with db.read() as rows:
        page = read_results(rows, job, chosen, limit=10)
        assert (page.photos, page.next_after, page.cut_short) == ((), 7, True)
        last = read_results(rows, job, chosen, after=23, limit=10)
        assert (last.next_after, last.cut_short) == (None, False)
        back = read_results(rows, job, chosen, before=20, limit=10)
        assert (back.previous_before, back.cut_short) == (12, True)


def test_faces_carry_their_shown_label_and_probabilities(db: Database, job: Job) -> None:
    with db.read() as rows:
        sure, unsure = read_result(rows, job, 0), read_result(rows, job, 3)
    assert sure is not None
    assert unsure is not None
    assert [(face.label, face.confidence) for face in sure.faces] == [
        (FinalLabel.WITH_MASK, pytest.approx(0.97))
    ]
    assert unsure.faces[0].label is FinalLabel.INDETERMINATE
    assert [label.value for label, _ in unsure.faces[0].by_label][:2] == ["with_mask", "without_mask"]
    assert unsure.label_counts == [(FinalLabel.INDETERMINATE, 1)]


def test_faces_of_another_detector_or_version_are_not_ours(db: Database, job: Job) -> None:
    job.detector_key = "another"
    with db.read() as rows:
        assert read_result(rows, job, 0).faces == ()


def test_neighbours_keep_to_the_filter(db: Database, job: Job) -> None:
    failed = ResultsFilter(shown=Shown.FAILED)
    for chosen, position, expected in (
        (ResultsFilter(), 0, (None, 1)),
        (failed, 11, (5, 17)),
        (failed, 29, (23, None)),
    ):
        with db.read() as rows:
            found = read_neighbours(rows, job, chosen, position)
        assert tuple(row and row.position for row in found) == expected


def test_errors_are_counted_by_code(db: Database, job: Job) -> None:
    with db.read() as rows:
        counted = count_errors(rows, job)
    assert [(one.code, one.photos, one.at_least) for one in counted] == [("photo_truncated", 5, False)]


def test_a_photo_knows_its_source(db: Database, job: Job, tmp_path: Path) -> None:
    with db.read() as rows:
        result = read_result(rows, job, 1)
        assert result is not None
        assert result.photo is not None
        sources = read_sources(rows, result.photo.id)
    assert [source.name for source in sources] == [str(tmp_path / "photos" / "day" / "photo-0001.jpg")]
    assert result.faces[0].x2 == 320


def test_there_is_no_such_photo(db: Database, job: Job) -> None:
    with db.read() as rows:
        assert read_result(rows, job, 30) is None


def test_people_overrule_what_was_found(db: Database, job: Job) -> None:
    with db.read() as rows:
        before = read_result(rows, job, 0)
    assert before is not None and before.photo is not None
    photo_id, face_id = before.photo.id, before.faces[0].face_id
    with db.write() as rows:
        add_decision(rows, face_id, Label.NOT_A_FACE, Origin(account_id=None, queue="results"))
        sent = {"key": str(uuid.uuid4()), "kind": "draw", "box": [10, 10, 50, 60]}
        apply_change(rows, photo_id, BoxChange.from_json(sent), account_id=None)
    with db.read() as rows:
        decided, drawn = read_result(rows, job, 0).faces
    assert (decided.label, decided.decided, decided.predicted) == (
        FinalLabel.NOT_A_FACE,
        DecidedLabel.NOT_A_FACE,
        PredictedLabel.WITH_MASK,
    )
    assert (drawn.x1, drawn.drawn, drawn.label, drawn.confidence) == (
        10,
        True,
        FinalLabel.NOT_LABELLED,
        None,
    )
    with db.write() as rows:
        sent = {"key": str(uuid.uuid4()), "kind": "move", "face": str(face_id), "box": [210, 90, 330, 260]}
        apply_change(rows, photo_id, BoxChange.from_json(sent), account_id=None)
    with db.read() as rows:
        assert [(face.x1, face.drawn) for face in read_result(rows, job, 0).faces] == [
            (10, True),
            (210, True),
        ]


def test_photos_hidden_as_duplicates_are_left_out(db: Database, job: Job) -> None:
    with db.write() as session:
        at_three = select(JobPhoto.photo_id).where(JobPhoto.job_id == job.id, JobPhoto.position.in_((0, 3)))
        session.execute(update(Photo).where(Photo.id.in_(at_three)).values(hidden=True))
    pages = _positions(db, job, ResultsFilter(without_hidden=True), 100)
    assert [position for page in pages for position in page] == [n for n in range(30) if n not in (0, 3)]
    pages = _positions(db, job, ResultsFilter(shown=Shown.WITH_MASK, without_hidden=True), 100)
    assert [position for page in pages for position in page] == [6, 12, 18, 24]
