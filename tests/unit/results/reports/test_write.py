"""A report lies under its name whole or not at all, and agrees with its job."""

import csv
import hashlib
import json
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import update

from core.database import Database
from core.errors import PermanentError, TransientError
from core.predict.report_stage import REQUESTED_REPORTS, STANDARD_REPORTS
from core.results.reports.html_page import HtmlPage
from core.results.reports.queries import iterate_photo_rows, read_job_view
from core.results.reports.rows import PhotoRow
from core.results.reports.write import write_reports
from models import Job, Photo, ReportFormat
from tests.forked import fork, wait
from tests.unit.results.reports.made_job import MadePhoto, add_job, write

TABULAR = STANDARD_REPORTS
WRITTEN = (*STANDARD_REPORTS, *REQUESTED_REPORTS)


class Stopped(Exception):
    """What a lost lease raises out of `progress`."""


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if "sqlite" not in path.name)


def _stop(photos: int) -> None:
    raise Stopped


@contextmanager
def _largest_file(size: int) -> Iterator[None]:
    """Let writes beyond `size` bytes of a file fail, as they do on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("fmt", WRITTEN)
def test_size_and_hash_are_those_of_the_file(
    made_db: Database, mixed_job: int, tmp_path: Path, jpeg: bytes, fmt: ReportFormat
) -> None:
    told: list[int] = []
    written = write(made_db, mixed_job, fmt, tmp_path, progress=told.append, open_bytes=lambda _row: jpeg)
    data = written.path.read_bytes()
    assert (written.bytes, written.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert told[-1] == 7
    assert _files(tmp_path) == [fmt.value]


@pytest.mark.parametrize("fmt", WRITTEN)
def test_stopped_from_progress_leaves_nothing(
    made_db: Database, mixed_job: int, tmp_path: Path, jpeg: bytes, fmt: ReportFormat
) -> None:
    with pytest.raises(Stopped):
        write(made_db, mixed_job, fmt, tmp_path, progress=_stop, open_bytes=lambda _row: jpeg)
    assert _files(tmp_path) == []


def test_stopped_keeps_the_earlier_report(made_db: Database, mixed_job: int, tmp_path: Path) -> None:
    before = write(made_db, mixed_job, ReportFormat.PHOTOS_CSV, tmp_path)
    with pytest.raises(Stopped):
        write(made_db, mixed_job, ReportFormat.PHOTOS_CSV, tmp_path, progress=_stop)
    assert hashlib.sha256(before.path.read_bytes()).hexdigest() == before.sha256


@pytest.mark.parametrize("fmt", [ReportFormat.PHOTOS_CSV, ReportFormat.XLSX, ReportFormat.EVIDENCE])
def test_killed_leaves_nothing_under_the_name(
    made_db: Database, mixed_job: int, tmp_path: Path, fmt: ReportFormat
) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from core.database import Database;"
        "from models import ReportFormat; from tests.unit.results.reports.made_job import write;"
        f"write(Database({str(made_db.engine.url)!r}), {mixed_job}, ReportFormat({fmt.value!r}),"
        f"Path({str(tmp_path)!r}), progress=lambda n: os.kill(os.getpid(), signal.SIGKILL))"
    )
    assert wait(fork(script, dict(os.environ))) == -signal.SIGKILL
    left = _files(tmp_path)
    assert left and all(name.startswith(f".{fmt.value}.") and name.endswith(".part") for name in left)
    write(made_db, mixed_job, fmt, tmp_path)
    assert _files(tmp_path) == [fmt.value]


@pytest.mark.parametrize("fmt", WRITTEN)
def test_a_full_disk_says_so_and_leaves_nothing(
    made_db: Database, long_job: int, tmp_path: Path, jpeg: bytes, fmt: ReportFormat
) -> None:
    with _largest_file(4096), pytest.raises(TransientError) as caught:
        write(made_db, long_job, fmt, tmp_path, open_bytes=lambda _row: jpeg)
    assert caught.value.code == "disk_full"
    assert _files(tmp_path) == []
    assert write(made_db, long_job, fmt, tmp_path, open_bytes=lambda _row: jpeg).bytes > 4096


def test_a_full_disk_in_the_middle(made_db: Database, long_job: int, tmp_path: Path, jpeg: bytes) -> None:
    """The zip outgrows the write buffer, so that photos are still to come when it fails."""
    drawn: list[int] = []

    def open_bytes(row: PhotoRow) -> bytes:
        drawn.append(row.position)
        return jpeg

    with _largest_file(4096), pytest.raises(TransientError):
        write(made_db, long_job, ReportFormat.ANNOTATED_ZIP, tmp_path, open_bytes=open_bytes)
    assert _files(tmp_path) == []
    assert len(drawn) < 150


def test_a_folder_that_cannot_be_written(made_db: Database, mixed_job: int, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PermanentError) as caught:
        write(made_db, mixed_job, ReportFormat.PHOTOS_CSV, tmp_path / "file")
    assert caught.value.code == "report_not_written"


@pytest.mark.parametrize("fmt", TABULAR)
def test_a_wrong_counter_stops_the_report(
    made_db: Database, mixed_job: int, tmp_path: Path, fmt: ReportFormat
) -> None:
    with made_db.write() as session:
        session.get_one(Job, mixed_job).faces_with_mask = 99
    with pytest.raises(PermanentError) as caught:
        write(made_db, mixed_job, fmt, tmp_path)
    assert caught.value.code == "report_mismatch"
    assert "with_mask is 3 by the rows and 99 by the job's counter" in caught.value.message
    assert _files(tmp_path) == []


@pytest.mark.parametrize("fmt", WRITTEN)
@pytest.mark.parametrize("failures", [0, 3])
def test_empty_and_failed_jobs_have_every_report(
    made_db: Database, tmp_path: Path, fmt: ReportFormat, failures: int
) -> None:
    photos = [MadePhoto(name=f"{n}.jpg", error="empty_file") for n in range(failures)]

    def open_bytes(row: PhotoRow) -> bytes:
        raise AssertionError(f"{row.name} was never read")

    written = write(made_db, add_job(made_db, photos), fmt, tmp_path, open_bytes=open_bytes)
    assert written.bytes > 0
    assert written.summary.photos_failed == failures


def test_hidden_duplicates_are_left_out_where_the_job_asks_and_told_where_not(
    made_db: Database, mixed_job: int, tmp_path: Path
) -> None:
    with made_db.write() as session:
        session.execute(update(Photo).where(Photo.frames == 12).values(hidden=True))
    write(made_db, mixed_job, ReportFormat.PHOTOS_CSV, tmp_path)
    rows = list(csv.DictReader((tmp_path / ReportFormat.PHOTOS_CSV.value).read_text().splitlines()))
    assert [row["hidden"] for row in rows] == ["0", "0", "0", "0", "1", "0", "0"]
    with made_db.write() as session:
        job = session.get_one(Job, mixed_job)
        job.options = {**job.options, "leave_out_hidden": True}
    for fmt in TABULAR:
        write(made_db, mixed_job, fmt, tmp_path)
    written = (tmp_path / ReportFormat.PHOTOS_CSV.value).read_text()
    assert "moving.gif" not in written
    sums = json.loads((tmp_path / ReportFormat.JSON_LINES.value).read_text().splitlines()[-1])
    assert (sums["photos"], sums["incorrect"], sums["hidden_left_out"]) == (6, 0, 1)
    assert "1 photo left out" in (tmp_path / ReportFormat.HTML.value).read_text()


def test_one_pass_writes_every_format(made_db: Database, mixed_job: int, tmp_path: Path, jpeg: bytes) -> None:
    """The rows are read once, and each file is the one that it would be alone."""
    alone = {fmt: write(made_db, mixed_job, fmt, tmp_path, open_bytes=lambda _row: jpeg) for fmt in TABULAR}
    read: list[int] = []
    with made_db.read() as session:
        job = session.get_one(Job, mixed_job)
        view, rows = read_job_view(session, job), iterate_photo_rows(session, job)
        places = {fmt: tmp_path / "together" / fmt.value for fmt in TABULAR}
        counted = (read.append(row.position) or row for row in rows)
        together = write_reports(
            places, view, counted, progress=lambda _n: None, open_bytes=lambda _row: jpeg
        )
    assert read == list(range(7))
    assert together.failed == {}
    assert {fmt: file.rows for fmt, file in together.files.items()} == {f: alone[f].rows for f in TABULAR}
    for fmt in (ReportFormat.FACES_CSV, ReportFormat.PHOTOS_CSV):
        assert together.files[fmt].sha256 == alone[fmt].sha256


def test_a_format_that_fails_costs_no_other(
    made_db: Database, mixed_job: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_writer: object, photo: PhotoRow) -> None:
        if photo.position == 3:
            raise ZeroDivisionError("a bug")

    monkeypatch.setattr(HtmlPage, "add", broken)
    places = {fmt: tmp_path / fmt.value for fmt in TABULAR}
    (tmp_path / ReportFormat.PHOTOS_CSV.value).mkdir()
    with made_db.read() as session:
        job = session.get_one(Job, mixed_job)
        view, rows = read_job_view(session, job), iterate_photo_rows(session, job)
        written = write_reports(places, view, rows, progress=lambda _n: None)
    codes = {fmt: error.code for fmt, error in written.failed.items()}
    assert codes == {ReportFormat.HTML: "unexpected_error", ReportFormat.PHOTOS_CSV: "report_not_written"}
    assert set(written.files) == set(TABULAR) - set(codes)
    assert _files(tmp_path) == sorted(fmt.value for fmt in TABULAR if fmt is not ReportFormat.HTML)
