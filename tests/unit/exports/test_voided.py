"""A whole removal and a whole retention run delete the exports that hold what they delete."""

import os
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.database import Database, read_clock
from core.exports.job_kind import request_export
from core.exports.options import ExportOptions
from core.exports.store import export_path, work_folder
from core.library.files.store import PhotoStore
from core.removal.target import Target
from core.results.reports.links import add_link
from core.retention.job_kind import RetentionOptions, request_retention
from core.settings import Settings
from models import DownloadLink, Job, JobState, Photo, Report, Source, TakedownBy
from tests.provenance_rows import WebPhoto, add_web_photo, remove
from tests.rows import add_version
from workers.engine import run_batches
from workers.handlers import HANDLERS

_OLD = timedelta(days=40)
_HOST = "pictures.example"


@pytest.fixture
def exported(db: Database, settings: Settings) -> int:
    """A finished export, with a link, of two photos that a crawl brought 40 days ago and no job has read."""
    settings.data.mkdir(exist_ok=True)
    version_id = add_version(db)
    with db.write() as session:
        for number in range(2):
            photo = add_web_photo(session, settings.data, WebPhoto(number=number), version_id=version_id)
            path = PhotoStore(settings.data / "photos").path_of(photo.sha256)
            then = time.time() - _OLD.total_seconds()
            os.utime(path, (then, then))
        session.execute(update(Source).values(created_at=read_clock(session) - _OLD))
        job_id = request_export(
            session, ExportOptions(format="voc", photos=False), title="", account_id=None
        ).id
    run_batches(db, settings, HANDLERS)
    with db.write() as session:
        add_link(session, job_id, "export.zip", number=None, days=7, account_id=None)
    assert export_path(settings, job_id).is_file()
    return job_id


def _remove(db: Database, settings: Settings) -> None:
    remove(db, settings, Target(by=TakedownBy.HOST, value=_HOST))


def _retain(db: Database, settings: Settings) -> None:
    with db.write() as session:
        options = RetentionOptions(by="host", value=_HOST, days=30)
        job_id = request_retention(session, options, account_id=None).id
    run_batches(db, settings, HANDLERS, job_id=job_id)


@pytest.mark.parametrize("delete", [_remove, _retain])
def test_a_finished_export_goes(
    db: Database, settings: Settings, exported: int, delete: Callable[[Database, Settings], None]
) -> None:
    delete(db, settings)
    with db.read() as session:
        left = session.scalars(select(Photo.id).where(Photo.erased_at.is_(None))).all()
        assert left == []
        assert (
            session.scalars(select(Report)).all() == [] and session.scalars(select(DownloadLink)).all() == []
        )
    assert not export_path(settings, exported).exists()


@pytest.mark.parametrize("delete", [_remove, _retain])
def test_an_unfinished_export_begins_anew_without_them(
    db: Database, settings: Settings, exported: int, delete: Callable[[Database, Settings], None]
) -> None:
    with db.write() as session:
        other = request_export(
            session, ExportOptions(format="voc", photos=False), title="", account_id=None
        ).id
    # What a killed worker has left.
    left_over = work_folder(settings, other) / "token" / "zip.part"
    left_over.parent.mkdir(parents=True)
    left_over.write_bytes(b"a photo")
    delete(db, settings)
    assert not left_over.exists()
    run_batches(db, settings, HANDLERS)
    with db.read() as session:
        job = session.get_one(Job, other)
        assert (job.state, job.steps_done) == (JobState.DONE, 0)
