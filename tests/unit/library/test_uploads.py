"""Uploads for which no job was requested are swept, and nothing else."""

import os
import shutil
import time
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import event, select, update

from core.database import Database, read_clock
from core.errors import TransientError
from core.library.resumable.partial_file import hold, partial_path
from core.library.resumable.store import begin_file, discard_file
from core.library.uploads import (
    find_abandoned,
    open_upload,
    photo_store,
    require_space,
    store_file,
    sweep_upload,
)
from core.predict.job_kind import request_predict
from core.predict.options import PredictOptions
from core.settings import Settings
from models import Photo, Upload, UploadFile
from tests.cases import ON_SQLITE
from tests.rows import add_version
from tests.stored_upload import add_file


@pytest.fixture
def upload_of(db: Database, settings: Settings):
    def make(*contents: bytes) -> int:
        with db.write() as session:
            upload = open_upload(session, None)
            for number, data in enumerate(contents):
                name = f"{number}.jpg".encode()
                stored = store_file(BytesIO(data), name, photo_store(settings), settings)
                add_file(session, upload, raw_name=name, stored=stored, settings=settings)
            return upload.id

    return make


def grow_old(db: Database, settings: Settings) -> None:
    with db.write() as session:
        session.execute(update(Upload).values(expires_at=read_clock(session) - timedelta(days=1)))
    for path in stored_files(settings):
        os.utime(path, (time.time() - 3 * 86_400,) * 2)


def sweep(db: Database, settings: Settings) -> None:
    for _ in range(10):
        with db.write() as session:
            upload_id = find_abandoned(session)
            if upload_id is None:
                return
            assert sweep_upload(session, upload_id, settings)
    raise AssertionError("it never ends")


def stored_files(settings: Settings) -> list[Path]:
    return [path for path in (settings.data / "photos").rglob("*") if path.is_file()]


@ON_SQLITE
@pytest.mark.parametrize(("size", "fits"), [(0, True), (100, True), (101, False)])
def test_an_upload_does_not_eat_into_the_reserve(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, size: int, fits: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=1_100))
    reserve = settings.with_changes(min_free_bytes=1_000)
    if fits:
        require_space(reserve, size)
        return
    with pytest.raises(TransientError) as full:
        require_space(reserve, size)
    assert full.value.code == "disk_full"


def test_an_abandoned_upload_goes_with_its_files(db: Database, settings: Settings, upload_of) -> None:
    upload_of(b"one", b"two")
    sweep(db, settings)
    assert len(stored_files(settings)) == 2, "it is young"
    grow_old(db, settings)
    sweep(db, settings)
    with db.read() as session:
        assert not session.scalars(select(Upload)).all() and not session.scalars(select(UploadFile)).all()
    assert not stored_files(settings)


def test_what_arrived_of_a_file_goes_with_its_upload(db: Database, settings: Settings, upload_of) -> None:
    upload_id = upload_of(b"one")
    with db.write() as session:
        upload = session.get_one(Upload, upload_id)
        begin_file(session, upload, raw_name=b"half.zip", length=9, number=None, settings=settings)
        path = partial_path(photo_store(settings), upload.token, 1)
    with hold(path) as partial:
        partial.write(BytesIO(b"half"), offset=0, most=9, note=lambda _received: None)
    sweep(db, settings)
    assert len(stored_files(settings)) == 2, "it is young"
    grow_old(db, settings)
    sweep(db, settings)
    assert not stored_files(settings)


def test_a_file_taken_out_of_an_upload_goes_later(db: Database, settings: Settings, upload_of) -> None:
    """Its bytes may be those of another upload, or be stored again this moment."""
    upload_id = upload_of(b"one", b"two")
    with db.write() as session:
        discard_file(session, session.get_one(Upload, upload_id), 0)
    grow_old(db, settings)
    with db.write() as session:
        session.get_one(Upload, upload_id).expires_at = read_clock(session) + timedelta(days=1)
    sweep(db, settings)
    assert [path.read_bytes() for path in stored_files(settings)] == [b"two"]
    with db.read() as session:
        assert session.scalars(select(Upload.id)).all() == [upload_id]


def test_what_a_job_another_upload_or_the_library_has_stays(
    db: Database,
    settings: Settings,
    upload_of,
) -> None:
    add_version(db)
    of_job = upload_of(b"job")
    upload_of(b"job", b"library", b"nobody")
    with db.write() as session:
        request_predict(session, PredictOptions(upload_id=of_job), account_id=None, roots=settings.roots)
        library = session.scalars(select(UploadFile).where(UploadFile.ordinal == 1)).one()
        session.add(
            Photo(
                sha256=library.sha256,
                bytes=7,
                width=1,
                height=1,
                format="JPEG",
                stored=True,
                created_at=read_clock(session),
            )
        )
    grow_old(db, settings)
    sweep(db, settings)
    with db.read() as session:
        assert session.scalars(select(Upload.id)).all() == [of_job]
    assert sorted(path.read_bytes() for path in stored_files(settings)) == [b"job", b"library"]


def test_bytes_that_were_stored_again_lately_stay(db: Database, settings: Settings, upload_of) -> None:
    """Their upload stores the file first and writes its row then."""
    upload_of(b"same")
    grow_old(db, settings)
    store_file(BytesIO(b"same"), b"again.jpg", photo_store(settings), settings)
    sweep(db, settings)
    assert len(stored_files(settings)) == 1


def test_the_search_for_abandoned_uploads_reads_the_jobs_once(db: Database) -> None:
    """Not once for each upload: both only ever grow, and the tick asks every few seconds."""
    if not db.is_sqlite:
        pytest.skip("reads a plan of SQLite")
    asked = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2:4]))
    with db.read() as session:
        find_abandoned(session)
        statement, values = asked[-1]
        rows = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        plan = [row[-1] for row in rows]
    assert any("LIST SUBQUERY" in line for line in plan)
    assert not any("CORRELATED" in line for line in plan)
