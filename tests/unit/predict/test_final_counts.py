"""Counts of final labels stay right under concurrent changes, and are made for what an update found."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text, update

from core.database import Database
from core.labels.decisions import Origin
from core.predict.final_counts import (
    count_waiting,
    drop_final_counts,
    read_final_sums,
    refresh_touched,
    select_waiting,
)
from core.results.reports.changes import read_changes
from core.review.answers.outside_decisions import decide_face
from models import (
    Decision,
    Face,
    FinalCount,
    FinalSum,
    Job,
    JobPhoto,
    JobPhotoState,
    Label,
    Report,
    ReportFormat,
    ReportState,
)
from tests.unit.results.pages.desk import Desk, check


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Desk:
    return Desk(db, tmp_path / "photos")


def test_what_was_decided_before_an_update_is_counted_by_the_tick(desk: Desk) -> None:
    """The update leaves rows with predicted counts; a report written before holds none of the decisions."""
    desk.decide(2, Label.NOT_A_FACE)
    desk.draw(4, "with_mask")
    with desk.db.write() as session:
        session.execute(delete(FinalSum))
        for count in session.scalars(select(FinalCount)):
            row = session.get_one(JobPhoto, count.job_photo_id)
            for name in ("faces", "with_mask", "incorrect"):
                setattr(count, name, getattr(row, name))
            count.changed_at = None
        decided_at = session.scalars(select(Decision.created_at).order_by(Decision.id)).first()
    with desk.db.write() as session:
        assert count_waiting(session, limit=1) == 1
    with desk.db.write() as session:
        assert (count_waiting(session, limit=9), count_waiting(session, limit=9)) == (1, 0)
    check(desk)
    with desk.db.read() as session:
        assert (
            session.scalars(select(FinalCount.changed_at).order_by(FinalCount.position)).first() == decided_at
        )


def test_rows_that_wait_are_found_without_reading_the_others(desk: Desk) -> None:
    """Every tick looks for them, and holds the writer's lock meanwhile."""
    if not desk.db.is_sqlite:
        pytest.skip("the plan of SQLite")
    with desk.db.read() as session:
        query = select_waiting().limit(9).compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plan = session.execute(text(f"EXPLAIN QUERY PLAN {query}")).all()
    assert [row[3] for row in plan] == ["SCAN final_count USING INDEX ix_final_count_to_count"]


def test_two_decisions_on_one_photo_at_the_same_time_both_count(desk: Desk) -> None:
    """The second transaction begins to count before the first commits, and must count its decision too."""
    with desk.db.write() as session:
        first = session.get_one(Face, desk.faces[0])
        other = Face(
            photo_id=first.photo_id, detector_key="drawn", ordinal=0, x1=10, y1=10, x2=60, y2=70, score=1,
            landmarks=[], created_at=first.created_at,
        )  # fmt: skip
        session.add(other)
        session.flush()
        refresh_touched(session, [first.photo_id])
        faces = (first.id, other.id)
    if desk.db.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    counted = threading.Event()

    def decide(face_id: int, *, is_first: bool) -> None:
        if not is_first:
            counted.wait(10)
        with desk.db.write() as session:
            session.add(
                Decision(face_id=face_id, label=Label.INCORRECT, queue="results", created_at=first.created_at)
            )
            refresh_touched(session, [first.photo_id])
            if is_first:
                counted.set()
                _wait_until_blocked(desk.db)

    _run(partial(decide, faces[0], is_first=True), partial(decide, faces[1], is_first=False))
    with desk.db.read() as session:
        assert session.scalars(select(FinalCount.incorrect)).all() == [2]
    check(desk)


def test_a_decision_while_a_batch_of_another_job_ends_is_counted(desk: Desk) -> None:
    """The decision does not see the batch's files yet, and the batch not the decision: one must wait."""
    if desk.db.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    decided, ended = threading.Event(), threading.Event()

    def decide() -> None:
        with desk.db.write() as session:
            decide_face(session, desk.faces[2], Label.NOT_A_FACE, Origin(account_id=None, queue="results"))
            decided.set()
            _wait_until_blocked(desk.db, or_else=ended)

    def end_batch() -> None:
        decided.wait(10)
        with desk.db.write() as session:
            session.add(_copy(session.get_one(Job, desk.job_id)))
            session.flush()
            row = session.scalars(select(JobPhoto).where(JobPhoto.position == 2)).one()
            session.add(_copy(row, job_id=session.scalars(select(func.max(Job.id))).one()))
            session.flush()
            refresh_touched(session, [desk.photos[2]])
            ended.set()

    _run(decide, end_batch)
    with desk.db.read() as session:
        assert session.scalars(select(FinalCount.faces)).all() == [0, 0]


def test_a_new_job_over_decided_photos_counts_the_decisions(desk: Desk) -> None:
    desk.decide(2, Label.NOT_A_FACE)
    with desk.db.write() as session:
        session.execute(delete(FinalCount))
        session.execute(delete(FinalSum))
        refresh_touched(session, list(desk.photos.values()))
        assert len(session.scalars(select(FinalCount)).all()) == 1
    check(desk)


def test_sums_follow_the_counters_of_a_job_that_still_runs(desk: Desk) -> None:
    desk.decide(2, Label.NOT_A_FACE)
    with desk.db.write() as session:
        session.execute(update(Job).values(faces_incorrect=Job.faces_incorrect + 5))
    with desk.db.read() as session:
        job = session.get_one(Job, desk.job_id)
        assert read_final_sums(session, [job])[job.id].labels["incorrect"] == job.faces_incorrect - 1


def test_changes_are_those_of_the_job_alone(desk: Desk, tmp_path: Path) -> None:
    with desk.db.write() as session:
        now = session.scalars(select(Face.created_at).limit(1)).one()
        session.add(
            Report(job_id=desk.job_id, format=ReportFormat.FACES_CSV, state=ReportState.READY, created_at=now,
                   read_at=now)
        )  # fmt: skip
        stranger = Face(
            photo_id=desk.photos[0], detector_key="another", ordinal=0, x1=0, y1=0, x2=9, y2=9, score=1,
            landmarks=[], created_at=now,
        )  # fmt: skip
        session.add(stranger)
        session.flush()
        for face_id in (stranger.id, desk.faces[1]):
            decide_face(session, face_id, Label.INCORRECT, Origin(account_id=None, queue="results"))
    with desk.db.read() as session:
        changes = read_changes(session, session.get_one(Job, desk.job_id))
    assert changes is not None and changes.faces == 1


def test_a_decision_at_the_moment_of_a_removal_leaves_no_count(desk: Desk) -> None:
    """The removal holds the photo: the decision waits, and finds no row of the photo to count."""
    if desk.db.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    desk.decide(2, Label.NOT_A_FACE)
    dropped = threading.Event()

    def remove() -> None:
        with desk.db.write() as session:
            rows = session.scalars(select(JobPhoto).where(JobPhoto.position == 2).with_for_update()).all()
            drop_final_counts(session, rows)
            dropped.set()
            _wait_until_blocked(desk.db)
            blank = {"state": JobPhotoState.FAILED, "photo_id": None, "faces": 0, "incorrect": 0}
            session.execute(update(JobPhoto).where(JobPhoto.position == 2).values(**blank))
            session.execute(update(Job).values(faces_incorrect=Job.faces_incorrect - 1))

    def decide() -> None:
        dropped.wait(10)
        desk.decide(2, Label.INCORRECT)

    _run(remove, decide)
    with desk.db.read() as session:
        assert session.scalars(select(FinalCount)).all() == []
    check(desk)


def _run(*actions: Callable[[], None]) -> None:
    """Run actions at the same time; what one of them raises fails the test."""
    with ThreadPoolExecutor() as pool:
        for future in [pool.submit(action) for action in actions]:
            future.result(60)


def _copy(row: Job | JobPhoto, **values: int) -> Job | JobPhoto:
    """The same row with another id."""
    columns = [column.key for column in type(row).__table__.columns if column.key != "id"]
    return type(row)(**{name: getattr(row, name) for name in columns} | values)


def _wait_until_blocked(db: Database, or_else: threading.Event | None = None) -> None:
    """Wait until another transaction waits for a lock of this one, or does not have to."""
    for _ in range(600):
        if or_else is not None and or_else.is_set():
            return
        with db.read() as session:
            if session.scalars(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).one():
                return
        threading.Event().wait(0.05)
    raise AssertionError("nobody waits")
