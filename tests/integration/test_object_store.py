"""Hosts that share a database and an object store alone: each batch of a job is done by another one."""

import csv
import io
import json
from itertools import cycle
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from core.accounts import ensure_owner
from core.database import Database
from core.exports.job_kind import request_export
from core.exports.options import ExportOptions
from core.library.files.store import photo_store
from core.library.uploads import open_upload, store_file
from core.predict.job_kind import request_predict
from core.predict.options import PredictOptions
from core.predict.report_stage import report_place
from core.results.reports.queries import get_ready_report, list_reports, stored_report
from core.settings import Settings
from core.storage.inputs import input_buckets
from core.versions.files import keep_shipped, version_files
from core.versions.store import register_shipped
from models import Job, JobState, Photo
from tests.object_store import FaultyStore, ObjectStore
from tests.stored_upload import add_file
from workers.engine import run_batches
from workers.handlers import HANDLERS

_PHOTOS = 6


@pytest.fixture
def hosts(
    object_store: ObjectStore, db: Database, settings: Settings, weights: Path, tmp_path: Path
) -> list[Settings]:
    """Settings of three hosts with a data folder each; the first one was set up."""
    results = object_store.bucket().address.below("results")
    shared = object_store.settings(settings).with_changes(batch_photos=2, allowed_buckets=str(results))
    hosts = [shared.with_changes(data=tmp_path / f"host-{number}") for number in range(3)]
    for host in hosts:
        host.data.mkdir()
        host.weights.symlink_to(weights)
    with db.write() as session:
        ensure_owner(session)
        register_shipped(session, keep_shipped(version_files(hosts[0])))
    return hosts


def upload(db: Database, host: Settings, samples: Path) -> int:
    """The job of an upload that arrives at a host."""
    expected = json.loads((samples / "expected.json").read_text())
    with db.write() as session:
        upload = open_upload(session, account_id=1)
        whole = [samples / name for name, each in expected.items() if not each["error"] and each["faces"]]
        for path in [path for path in sorted(whole) if path.suffix == ".jpg"][:_PHOTOS]:
            with path.open("rb") as file:
                stored = store_file(file, path.name.encode(), photo_store(host), host)
            add_file(session, upload, raw_name=path.name.encode(), stored=stored, settings=host)
        options = PredictOptions(upload_id=upload.id, reports_to=f"{host.allowed_buckets}/street/")
        buckets = input_buckets(host)
        return request_predict(session, options, account_id=1, roots=[], buckets=buckets).id


def run_in_turns(db: Database, hosts: list[Settings], job_id: int) -> Job:
    """Each host does one batch and hands over."""
    for host in cycle(hosts):
        done: list[int] = []
        run_batches(db, host, HANDLERS, is_over=lambda done=done: bool(done) or done.append(1))
        with db.read() as session:
            job = session.get_one(Job, job_id)
        if job.state in (JobState.DONE, JobState.FAILED):
            return job
    raise AssertionError("unreachable")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_job_from_upload_to_report_and_export_over_three_hosts(
    db: Database, hosts: list[Settings], samples: Path
) -> None:
    job_id = upload(db, hosts[0], samples)
    job = run_in_turns(db, hosts, job_id)
    assert (job.state, job.photos_done, job.photos_failed) == (JobState.DONE, _PHOTOS, 0), job.error_message
    with db.read() as session:
        stored = session.scalars(select(Photo.sha256).where(Photo.stored)).all()
        reports = list_reports(session, job_id)
        photos_csv = get_ready_report(session, job_id, "photos.csv")
    assert len(stored) == _PHOTOS and all(photo_store(hosts[2]).has(sha256) for sha256 in stored)
    for host in hosts:
        assert not (host.data / "photos").exists() or not list((host.data / "photos").glob("??"))
        for report in reports:
            assert stored_report(report, host).stat().st_size == report.bytes
    copied = input_buckets(hosts[0]).open(f"{hosts[0].allowed_buckets}/street")
    assert {each.key: each.bytes for each in copied.walk()} == {
        f"job-{report_place(report)}": report.bytes for report in reports
    }
    text = stored_report(photos_csv, hosts[0]).read_text(encoding="utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(text)))) == _PHOTOS
    with db.write() as session:
        export_id = request_export(session, ExportOptions(format="coco"), title="", account_id=1).id
    assert run_in_turns(db, hosts[1:], export_id).state is JobState.DONE
    with db.read() as session:
        [export] = list_reports(session, export_id)
    with ZipFile(stored_report(export, hosts[0])) as archive:
        assert archive.testzip() is None
        assert len([name for name in archive.namelist() if name.endswith(".jpg")]) == _PHOTOS


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_store_that_fails_at_times_costs_no_photo(
    db: Database,
    hosts: list[Settings],
    samples: Path,
    faulty: FaultyStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every second call of a worker fails for as long as it is tried: its batches wait, and all are done."""
    monkeypatch.setattr("core.storage.calls._PAUSES", ())
    monkeypatch.setattr("core.jobs.finish._OUTAGE_SECONDS", 0.0)
    job_id = upload(db, hosts[0], samples)
    faulty.faults = ["", "500", "503", "", "429"] * 12
    away = hosts[1].with_changes(files_endpoint=faulty.endpoint)
    job = run_in_turns(db, [away], job_id)
    assert (job.state, job.photos_done, job.photos_failed) == (JobState.DONE, _PHOTOS, 0), job.error_message
    assert len(faulty.seen) > 20
