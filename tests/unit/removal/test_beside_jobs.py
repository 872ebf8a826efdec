"""Removals beside jobs that write rows and files of the same photos at the same moment."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.database import Database
from core.exports.job_kind import EXPORT_STAGE, request_export
from core.exports.options import ExportOptions
from core.exports.store import export_path
from core.jobs.claim import Claim
from core.jobs.finish import finish_batch
from core.removal.job_kind import request_removal
from core.removal.target import Target
from core.settings import Settings
from models import Batch, BatchState, Job, JobPhoto, JobPhotoState, Photo, Report
from tests.acceptance.service import wait_until
from tests.unit.web.finished_job import add_finished_job
from workers.engine import run_batches
from workers.handlers import HANDLERS


class Gate:
    """Where a thread waits for the test in the middle of its transaction."""

    def __init__(self) -> None:
        self._reached, self._open = threading.Event(), threading.Event()

    def pass_through(self) -> None:
        self._reached.set()
        assert self._open.wait(60)

    def wait_for(self) -> None:
        assert self._reached.wait(60)

    def open(self) -> None:
        self._open.set()


#: Sessions of PostgreSQL that wait for another one, but for a worker that renews its own lease.
_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database() "
    "AND query NOT LIKE 'UPDATE batch SET lease_until%'"
)


def _is_waited_for(db: Database) -> bool:
    """Whether the removal waits; the one writer of SQLite is waited for at once."""
    if db.is_sqlite:
        return True
    with db.read() as session:
        return bool(session.scalars(_WAITING).one())


def _remove_while(
    db: Database, settings: Settings, photo_id: int, other: threading.Thread, gate: Gate
) -> Batch:
    """Run a removal that begins while `other` stands at the gate; its batch."""
    with db.write() as session:
        removal = request_removal(session, Target.read("photo", str(photo_id)), account_id=None).id
    removing = threading.Thread(target=run_batches, args=(db, settings, HANDLERS), kwargs={"job_id": removal})
    other.start()
    try:
        gate.wait_for()
        removing.start()
        wait_until(lambda: _is_waited_for(db), seconds=30, what="the removal waits")
    finally:
        gate.open()
        other.join()
        removing.join()
    with db.read() as session:
        return session.scalars(select(Batch).where(Batch.job_id == removal)).one()


@pytest.fixture
def beside(settings: Settings) -> Iterator[Database]:
    """The same database for another thread: one `Database` has one writer at a time on SQLite."""
    database = Database(settings.sql_url)
    yield database
    database.dispose()


def test_a_removal_waits_for_a_job_that_adds_a_row_for_the_same_photo(
    db: Database, beside: Database, settings: Settings, photos: list[Photo], tmp_path: Path
) -> None:
    job_id, gate = add_finished_job(db, tmp_path / "photos", photos=1), Gate()

    def add_row() -> None:
        """As a job does that lists photos of the library."""
        row = {"job_id": job_id, "position": 99, "locator": b"x", "name": "x", "photo_id": photos[0].id}
        with beside.write() as session:
            session.add(JobPhoto(**row, state=JobPhotoState.DONE))
            session.flush()
            gate.pass_through()

    batch = _remove_while(db, settings, photos[0].id, threading.Thread(target=add_row), gate)
    assert (batch.state, batch.attempts, batch.error_code) == (BatchState.DONE, 1, None)
    with db.read() as session:
        row = session.scalars(select(JobPhoto).where(JobPhoto.position == 99)).one()
        assert session.get(Photo, photos[0].id) is None
    assert (row.state, row.photo_id, row.error_code) == (JobPhotoState.FAILED, None, "photo_removed")


def test_an_export_that_ends_while_a_photo_is_removed_goes_whole(
    db: Database,
    beside: Database,
    settings: Settings,
    photos: list[Photo],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_finished_job(db, tmp_path / "photos", photos=3)
    with db.write() as session:
        export = request_export(session, ExportOptions(format="coco"), title="", account_id=None).id
    gate = Gate()

    def finish_later(session: Session, claim: Claim) -> None:
        gate.pass_through()
        finish_batch(session, claim)

    monkeypatch.setattr("workers.export.finish_batch", finish_later)
    run = {"job_id": export}
    exporting = threading.Thread(target=run_batches, args=(beside, settings, HANDLERS), kwargs=run)
    batch = _remove_while(db, settings, photos[0].id, exporting, gate)
    assert batch.state is BatchState.DONE
    with db.read() as session:
        ended = session.scalars(select(Batch.state).where(Batch.kind == EXPORT_STAGE.name)).one()
        assert (ended, session.get_one(Job, export).state) == (BatchState.DONE, "done")
        assert session.scalars(select(Report).where(Report.job_id == export)).all() == []
    assert not export_path(settings, export).exists()
