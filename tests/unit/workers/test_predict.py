"""Listing: every photo once in a stable order, whatever kills the listing in the middle."""

import io
import os
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from core.accounts import ensure_owner
from core.database import Database
from core.datasets.importing.job_kind import ImportOptions, request_import
from core.datasets.importing.queries import read_summary
from core.errors import InputError, PermanentError
from core.jobs.actions import retry_job
from core.jobs.claim import Claim, claim_batch
from core.jobs.finish import fail_job
from core.jobs.kinds import JobRequest
from core.jobs.lease import LeaseLost, LeaseState, release_batch
from core.jobs.request import start_job
from core.library.files.store import photo_store
from core.library.uploads import open_upload, store_file
from core.predict.job_kind import LIST_STAGE, PREDICT_STAGE, request_predict
from core.predict.options import PredictOptions
from core.predict.queries import read_waiting
from core.predict.read_photos import read_file
from core.settings import Settings
from core.storage.inputs import input_buckets
from models import Batch, Job, JobPhoto, JobPhotoState, JobState
from tests.object_store import FaultyStore, ObjectStore
from tests.rows import add_version
from tests.stored_upload import add_file
from workers.engine import BatchRun, run_batches
from workers.lease_keeper import Interrupted
from workers.predict import list_photos


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """300 names in three folders, with awkward ones among them."""
    root = tmp_path / "photos"
    for number in range(297):
        place = root / ("", "b", "b/c")[number % 3]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:03}.jpg").write_bytes(b"x")
    for raw in (b"line\nbreak.jpg", b"\xff\xfe.jpg", "фото.jpg".encode()):
        (Path(os.fsdecode(os.path.join(os.fsencode(root), raw)))).write_bytes(b"x")
    (root / "notes.txt").write_text("no photo")
    (root / "outside.jpg").symlink_to("/etc/hostname")
    return root


def request(db: Database, settings: Settings, options: PredictOptions) -> int:
    add_version(db)
    with db.write() as session:
        owner = ensure_owner(session)
        return request_predict(session, options, account_id=owner.id, roots=settings.roots).id


def claim(db: Database) -> Claim:
    with db.write() as session:
        held = claim_batch(session, worker="w", lease_seconds=60, kinds=[LIST_STAGE.name])
    assert held is not None
    return held


def run_listing(
    db: Database, settings: Settings, held: Claim, check: Callable[[], None] = lambda: None
) -> None:
    list_photos(BatchRun(db=db, settings=settings, claim=held, check=check))


def rows(db: Database) -> list[JobPhoto]:
    with db.read() as session:
        return list(session.scalars(select(JobPhoto).order_by(JobPhoto.position)))


def covered(db: Database) -> list[int]:
    """Positions of all predict batches together."""
    with db.read() as session:
        batches = session.scalars(select(Batch).where(Batch.kind == PREDICT_STAGE.name)).all()
    return sorted(p for b in batches for p in range(b.first_position, b.last_position + 1))


def test_every_photo_is_listed_once_and_covered_by_one_batch(
    db: Database, settings: Settings, folder: Path
) -> None:
    job_id = request(db, settings, PredictOptions(folder=str(folder)))
    run_listing(db, settings, claim(db))
    listed = rows(db)
    assert len(listed) == 301 and len({row.locator for row in listed}) == 301
    assert covered(db) == list(range(301))
    assert {row.name for row in listed} >= {"line\\nbreak.jpg", "\\xff\\xfe.jpg", "фото.jpg"}
    refused = [row for row in listed if row.state is JobPhotoState.FAILED]
    assert [(row.name, row.error_code) for row in refused] == [("outside.jpg", "symlink_outside_root")]
    with db.read() as session:
        job = session.get_one(Job, job_id)
    assert (job.listed, job.photos_found, job.photos_failed, job.files_ignored) == (True, 301, 1, 1)
    assert job.files_skipped == {"not_photos": 1}


def test_a_short_listing_is_one_transaction(
    db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever submits a job waits for what others write: jobs of a few photos write as seldom as they can."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"x")
    job_id = request(db, settings, PredictOptions(folder=str(tmp_path / "photos")))
    held, written, write = claim(db), [], db.write
    monkeypatch.setattr(db, "write", lambda: written.append(1) or write())
    run_listing(db, settings, held)
    with db.read() as session:
        assert session.get_one(Job, job_id).listed
    assert (len(written), covered(db)) == (1, [0])


def test_an_input_of_system_folders_says_what_was_skipped(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "photos" / "@eaDir").mkdir(parents=True)
    (tmp_path / "photos" / "@eaDir" / "a.jpg").write_bytes(b"x")
    (tmp_path / "photos" / "notes.txt").write_text("no photo")
    request(db, settings, PredictOptions(folder=str(tmp_path / "photos")))
    with pytest.raises(InputError) as caught:
        run_listing(db, settings, claim(db))
    assert caught.value.code == "no_photos"
    assert "1 file skipped: not a photo. 1 system folder skipped: @eaDir." in caught.value.message


def test_an_interrupted_listing_of_a_set_counts_each_word_once(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    place = tmp_path / "set" / "with_mask"
    place.mkdir(parents=True)
    for number in range(12):
        (place / f"{number}.jpg").write_bytes(b"x")
    settings = settings.with_changes(batch_photos=5, workers=1)
    add_version(db)
    with db.write() as session:
        options, owner = ImportOptions(folder=str(tmp_path / "set")), ensure_owner(session)
        job_id = request_import(session, options, account_id=owner.id, roots=settings.roots).id

    def stop_behind_the_first_slice() -> None:
        if rows(db):
            raise Interrupted(LeaseState.PAUSED)

    held = claim(db)
    with pytest.raises(Interrupted):
        run_listing(db, settings, held, stop_behind_the_first_slice)
    with db.write() as session:
        release_batch(session, held)
    run_listing(db, settings, claim(db))
    with db.read() as session:
        words = read_summary(session, job_id).words
    assert (len(rows(db)), [(each.word, each.count) for each in words]) == (12, [("with_mask", 12)])


@pytest.mark.parametrize("photos_before", [80, 200])
def test_an_interrupted_listing_goes_on_where_it_was(
    db: Database, settings: Settings, folder: Path, photos_before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.predict._LISTING_SLICE", 70)
    request(db, settings, PredictOptions(folder=str(folder)))
    held, checks = claim(db), iter(range(1000))

    def stop_later() -> None:
        if next(checks) == photos_before:
            raise Interrupted(LeaseState.PAUSED)

    with pytest.raises(Interrupted):
        run_listing(db, settings, held, stop_later)
    assert 0 < len(rows(db)) < 301
    with db.write() as session:
        release_batch(session, held)
    # What comes or goes meanwhile in the part that is listed already shifts nothing.
    first = rows(db)[0]
    Path(os.fsdecode(os.path.join(os.fsencode(folder), first.locator))).unlink()
    run_listing(db, settings, claim(db))
    listed = rows(db)
    assert len({row.locator for row in listed}) == len(listed) == 301
    assert covered(db) == list(range(301))


def test_a_listing_that_lost_its_lease_writes_nothing_more(
    db: Database, settings: Settings, folder: Path
) -> None:
    request(db, settings, PredictOptions(folder=str(folder)))
    held = claim(db)
    with db.write() as session:
        session.get_one(Batch, held.batch_id).token = "somebody else"
    with pytest.raises(LeaseLost):
        run_listing(db, settings, held)
    assert rows(db) == []


def test_photos_without_subfolders(db: Database, settings: Settings, folder: Path) -> None:
    request(db, settings, PredictOptions(folder=str(folder), recursive=False))
    run_listing(db, settings, claim(db))
    assert not any(b"/" in row.locator for row in rows(db)) and len(rows(db)) == 103


def test_an_upload_with_a_hostile_zip(db: Database, settings: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("good/one.jpg", b"1")
        packed.writestr("../evil.jpg", b"2")
        packed.writestr("inner.zip", b"PK")
        packed.writestr("two.jpg", b"3")
    with db.write() as session:
        upload = open_upload(session, None)
        for name, path in ((b"a.zip", archive), (b"empty.jpg", Path(os.devnull))):
            with path.open("rb") as stream:
                stored = store_file(stream, name, photo_store(settings), settings)
            add_file(session, upload, raw_name=name, stored=stored, settings=settings)
        upload_id = upload.id
    request(db, settings, PredictOptions(upload_id=upload_id))
    run_listing(db, settings, claim(db))
    assert [(row.name, row.error_code, row.stored_sha256 is not None) for row in rows(db)] == [
        ("a.zip/good/one.jpg", None, True),
        ("a.zip/../evil.jpg", "archive_path_outside", False),
        ("a.zip/inner.zip", "archive_nested", False),
        ("a.zip/two.jpg", None, True),
        ("empty.jpg", "empty_file", False),
    ]
    assert not (tmp_path / "evil.jpg").exists()


def test_retry_leaves_what_was_refused_at_the_door(db: Database, settings: Settings) -> None:
    """A refused upload left no bytes: its name must never be taken for a file of the server."""
    with db.write() as session:
        upload = open_upload(session, None)
        with Path(os.devnull).open("rb") as stream:
            stored = store_file(stream, b"pyproject.toml.jpg", photo_store(settings), settings)
        add_file(session, upload, raw_name=b"pyproject.toml.jpg", stored=stored, settings=settings)
        upload_id = upload.id
    job_id = request(db, settings, PredictOptions(upload_id=upload_id))
    run_listing(db, settings, claim(db))
    with db.write() as session:
        fail_job(session, job_id, PermanentError("weights_missing", "no"))
    with db.write() as session:
        retry_job(session, job_id)
    assert [(row.state, row.error_code) for row in rows(db)] == [(JobPhotoState.FAILED, "empty_file")]


def test_listing_hears_a_stop_inside_a_slice(db: Database, settings: Settings, folder: Path) -> None:
    request(db, settings, PredictOptions(folder=str(folder)))
    checks = iter(range(1000))

    def stop_soon() -> None:
        if next(checks) == 20:
            raise Interrupted(LeaseState.PAUSED)

    with pytest.raises(Interrupted):
        run_listing(db, settings, claim(db), stop_soon)
    assert len(rows(db)) < 64


def test_listing_goes_on_behind_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    """The order that a resumed listing compares by is the order of the walk."""
    from core.library.files.folder import FOLDER_UNREADABLE
    from core.predict.listing.photos import _order

    walked = [(b"z.jpg", False), (b"a/1.jpg", False), (b"m", True), (b"n/1.jpg", False)]
    keys = [_order(locator, is_folder=is_folder) for locator, is_folder in walked]
    assert keys == sorted(keys) and FOLDER_UNREADABLE == "folder_unreadable"


def test_a_folder_without_photos_fails_the_job_and_says_so(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "notes.txt").write_text("no photo")
    job_id = request(db, settings, PredictOptions(folder=str(tmp_path / "none")))
    run_batches(db, settings, {LIST_STAGE.name: list_photos})
    with db.read() as session:
        job = session.get_one(Job, job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "no_photos")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_bucket_is_listed_like_a_folder_and_continued_where_it_stopped(
    db: Database, settings: Settings, object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.predict._LISTING_SLICE", 2)
    objects = object_store.bucket()
    for name in ("a.jpg", "b.jpg", "day/1.jpg", "day/2.jpg", "day/notes.txt", "z.jpg"):
        objects.put_bytes(name.encode(), name)
    settings = settings.with_changes(
        files_endpoint=object_store.endpoint, allowed_buckets=str(objects.address), batch_photos=1, workers=1
    )
    add_version(db)
    with db.write() as session:
        owner = ensure_owner(session)
        # As a schedule starts it, each time anew.
        options = PredictOptions(folder=f"{objects.address}/").to_json()
        start = JobRequest(kind="predict", options=options, title="", account_id=owner.id)
        job_id = start_job(session, start, settings).id
    held, checks = claim(db), iter(range(1000))

    def stop_later() -> None:
        if next(checks) == 5:
            raise Interrupted(LeaseState.PAUSED)

    with pytest.raises(Interrupted):
        run_listing(db, settings, held, stop_later)
    assert 0 < len(rows(db)) < 5
    with db.write() as session:
        release_batch(session, held)
    run_listing(db, settings, claim(db))
    assert [row.name for row in rows(db)] == ["a.jpg", "b.jpg", "z.jpg", "day/1.jpg", "day/2.jpg"]
    with db.write() as session:
        job = session.get_one(Job, job_id)
        assert (job.photos_found, job.title) == (5, str(objects.address))
        held = claim_batch(session, worker="w", lease_seconds=60, kinds=[PREDICT_STAGE.name])
    assert held is not None
    with db.read() as session:
        options = PredictOptions.from_json(job.options)
        [photo] = read_waiting(
            session, held, options, photo_store(settings), settings.roots, input_buckets(settings)
        )
    assert read_file(photo, max_bytes=100) == b"a.jpg"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_archive_that_takes_long_from_an_object_store_is_not_stuck(
    db: Database, settings: Settings, object_store: ObjectStore, faulty: FaultyStore, tmp_path: Path
) -> None:
    settings = object_store.settings(settings)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("one.jpg", b"1")
    # Another host has it.
    store = photo_store(settings.with_changes(data=tmp_path / "other"))
    with db.write() as session:
        upload = open_upload(session, None)
        stored = store_file(io.BytesIO(packed.getvalue()), b"a.zip", store, settings)
        add_file(session, upload, raw_name=b"a.zip", stored=stored, settings=settings)
        upload_id = upload.id
    request(db, settings, PredictOptions(upload_id=upload_id))
    here = settings.with_changes(files_endpoint=faulty.endpoint, stuck_seconds=1.0)
    faulty.faults, stuck = ["wait"], threading.Event()
    given = (db, here, {LIST_STAGE.name: list_photos})
    listing = threading.Thread(target=run_batches, args=given, kwargs={"on_stuck": stuck.set})
    listing.start()
    try:
        assert faulty.arrived.wait(30)
        assert not stuck.wait(2.5)
    finally:
        faulty.go_on.set()
        listing.join()
    assert [row.name for row in rows(db)] == ["a.zip/one.jpg"]
