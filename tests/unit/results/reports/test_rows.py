"""Rows come in listing order, slice by slice, with the faces that a report shows."""

import pytest
from sqlalchemy import event

from core.database import Database
from core.labels.final_label import FinalLabel
from core.results.reports.queries import iterate_photo_rows
from core.results.reports.rows import PhotoRow
from models import Job, JobPhotoState
from tests.unit.results.reports.made_job import (
    INDETERMINATE,
    NOT_A_FACE,
    WITH_MASK,
    WITHOUT_MASK,
    MadePhoto,
    add_job,
)


def _rows(db: Database, job_id: int, slice_photos: int = 3) -> list[PhotoRow]:
    with db.read() as session:
        return list(iterate_photo_rows(session, session.get_one(Job, job_id), slice_photos=slice_photos))


@pytest.mark.parametrize("slice_photos", [1, 3, 7, 1000])
def test_every_file_in_order_whatever_the_slice(made_db: Database, mixed_job: int, slice_photos: int) -> None:
    rows = _rows(made_db, mixed_job, slice_photos)
    assert [row.position for row in rows] == list(range(7))
    assert [len(row.faces) for row in rows] == [2, 0, 2, 0, 1, 2, 0]


def test_both_kinds_of_database_give_the_same(db: Database) -> None:
    job_id = add_job(db, [MadePhoto(name="x.jpg", faces=[WITHOUT_MASK, NOT_A_FACE, INDETERMINATE])])
    (row,) = _rows(db, job_id)
    assert [face.final for face in row.faces] == [FinalLabel.WITHOUT_MASK, FinalLabel.INDETERMINATE]
    assert [face.score for face in row.faces] == [0.8, 0.45]
    assert (row.least_confidence, row.faces[1].x1, row.faces[1].y2) == (0.45, 281.0, 160.125)


def test_a_failed_file_keeps_its_reason(made_db: Database, mixed_job: int) -> None:
    failed = _rows(made_db, mixed_job)[1]
    assert (failed.state, failed.error_code, failed.sha256) == (JobPhotoState.FAILED, "photo_truncated", None)


def test_an_animation_is_noted(made_db: Database, mixed_job: int) -> None:
    assert [row.note for row in _rows(made_db, mixed_job)] == ["", "", "", "", "first of 12 frames", "", ""]


def test_faces_of_another_job_stay_out(made_db: Database, mixed_job: int) -> None:
    other = add_job(made_db, [MadePhoto(name="a/one.jpg", content=b"1")], title="other version")
    assert _rows(made_db, other)[0].faces == ()
    assert len(_rows(made_db, mixed_job)[0].faces) == 2


def test_the_same_queries_for_every_slice_and_no_offset(made_db: Database) -> None:
    job_id = add_job(made_db, [MadePhoto(name=f"{n}.jpg", faces=[WITH_MASK]) for n in range(10)])
    statements: list[str] = []
    event.listen(made_db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    _rows(made_db, job_id, slice_photos=5)
    reading = [s for s in statements if "job_photo" in s]
    assert len(reading) == 3  # two slices, and the query that finds the end
    # BEGIN and the job; and for each slice faces, decisions, conflicts and credits.
    assert len(statements) - len(reading) == 2 + 2 * 4
    assert not any("count(" in s.lower() for s in reading)
    with made_db.read() as session:
        job = session.get_one(Job, job_id)
        first = next(iterate_photo_rows(session, job, slice_photos=5))
    assert first.position == 0
