"""Rows per second and peak memory of the reports of a synthetic job: python -m benchmarks.reports."""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.database import Database
from core.groups.shares_view import shares_reader
from core.predict.job_kind import PREDICT
from core.predict.report_stage import REPORT_STAGE, STANDARD_REPORTS
from core.results.reports.queries import iterate_photo_rows, read_job_view
from core.results.reports.write import write_reports
from models import (
    Base,
    ClassifierVersion,
    Face,
    Job,
    JobPhoto,
    JobPhotoState,
    JobState,
    Label,
    Photo,
    Prediction,
    ReportFormat,
)

_FORMATS: list[ReportFormat] = [fmt for fmt in ReportFormat if fmt in STANDARD_REPORTS]
_ALL = "all in one pass"
_SLICE = 5000
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
#: Every fiftieth file cannot be read; the others have these numbers of faces, by position.
_FAILED_EVERY = 50
_FACES = (1, 2, 0, 3, 1, 5, 1, 2)
_PROBABILITIES = (
    (0.97, 0.01, 0.01, 0.01),
    (0.05, 0.9, 0.03, 0.02),
    (0.2, 0.1, 0.68, 0.02),
    (0.5, 0.4, 0.05, 0.05),
)


@dataclass(frozen=True, kw_only=True)
class MadeFace:
    """A face of the synthetic job; ids count from 1 over the whole job."""

    id: int
    photo_id: int
    ordinal: int

    @property
    def probabilities(self) -> tuple[float, ...]:
        """In the order of `Label`."""
        return _PROBABILITIES[self.id % len(_PROBABILITIES)]


def main() -> None:
    """Create the job, write each format in its own process and all in one more, print a table."""
    options = _options()
    if options.write:
        formats = _FORMATS if options.write == _ALL else [ReportFormat(options.write)]
        _write(Path(options.folder), options.write, formats)
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        started = time.perf_counter()
        faces = _make_job(Path(folder), options.photos)
        seconds = time.perf_counter() - started
        print(f"{options.photos:,} photos with {faces:,} faces inserted in {seconds:.0f} s")
        print("format           seconds  CPU s   photos/s       MB  peak MB grown MB", flush=True)
        for written in (*(() if options.together else (fmt.value for fmt in _FORMATS)), _ALL):
            command = [sys.executable, "-m", "benchmarks.reports", "--folder", folder, "--write", written]
            subprocess.run(command, check=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument(
        "--folder", default=None, help="where to work; the database takes 1 GB a million photos"
    )
    parser.add_argument("--together", action="store_true", help="leave out the files one by one")
    parser.add_argument("--write", default=None, help=argparse.SUPPRESS)
    return parser.parse_args()


def _write(folder: Path, name: str, formats: list[ReportFormat]) -> None:
    """Write these formats in one pass and print a line; peak memory is that of this process."""
    database = Database(f"sqlite:///{folder / 'made.sqlite'}")
    with database.read() as session:
        job = session.get_one(Job, 1)
        view = read_job_view(session, job)
        before, started, used = _memory("VmRSS"), time.perf_counter(), time.process_time()
        places = {fmt: folder / fmt.value for fmt in formats}
        rows, shares = iterate_photo_rows(session, job), shares_reader(session, job)
        written = write_reports(places, view, rows, progress=lambda _photos: None, read_shares=shares)
        seconds, cpu = time.perf_counter() - started, time.process_time() - used
    peak, size = _memory("VmHWM"), sum(file.bytes for file in written.files.values())
    print(
        f"{name:16} {seconds:7.0f} {cpu:6.0f} {view.counts.photos / seconds:10,.0f} {size / 1e6:8.1f}"
        f" {peak:8.0f} {peak - before:8.0f}",
        flush=True,
    )
    for file in written.files.values():
        file.path.unlink()


def _memory(field: str) -> float:
    """A field of this process's status in MB (Linux)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))


def _make_job(folder: Path, photos: int) -> int:
    """Insert the job with its photos, faces and predictions; returns the faces."""
    database = Database(f"sqlite:///{folder / 'made.sqlite'}")
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        _insert_job(session)
        faces, shown = 0, [0, 0, 0, 0]
        for positions in _ranges(photos, _SLICE):
            made = list(_faces_of(positions, faces))
            _insert_slice(session, positions, made)
            faces += len(made)
            for face in made:
                shown[face.id % len(shown)] += 1
        _set_counters(session.get_one(Job, 1), photos, shown)
    database.dispose()
    return faces


def _insert_job(session: Session) -> None:
    session.add(ClassifierVersion(id=1, name="made", sha256="0" * 64, card={}, created_at=_NOW))
    session.flush()
    session.add(
        Job(
            id=1,
            kind=PREDICT.name,
            state=JobState.RUNNING,
            stage=REPORT_STAGE.name,
            title="Made-up job",
            options={"folder": "/made", "indeterminate_below": 0.6},
            classifier_version_id=1,
            detector_key="made",
            created_at=_NOW,
            listed=True,
        )
    )
    session.flush()


def _ranges(count: int, size: int) -> Iterator[range]:
    """0 to count - 1 in ranges of this size."""
    return (range(first, min(first + size, count)) for first in range(0, count, size))


def _failed(position: int) -> bool:
    return position % _FAILED_EVERY == _FAILED_EVERY - 1


def _faces_of(positions: range, faces_before: int) -> Iterator[MadeFace]:
    face_id = faces_before
    for position in positions:
        for ordinal in range(0 if _failed(position) else _FACES[position % len(_FACES)]):
            face_id += 1
            yield MadeFace(id=face_id, photo_id=position + 1, ordinal=ordinal)


def _insert_slice(session: Session, positions: range, faces: list[MadeFace]) -> None:
    read = [position for position in positions if not _failed(position)]
    session.execute(insert(Photo), [_photo(position) for position in read])
    session.execute(insert(JobPhoto), [_job_photo(position) for position in positions])
    session.execute(insert(Face), [_face(face) for face in faces])
    session.execute(insert(Prediction), [_prediction(face) for face in faces])


def _photo(position: int) -> dict[str, Any]:
    return {
        "id": position + 1, "sha256": f"{position:064x}", "bytes": 100_000, "width": 1920, "height": 1280,
        "format": "JPEG", "frames": 1, "stored": False, "created_at": _NOW,
    }  # fmt: skip


def _job_photo(position: int) -> dict[str, Any]:
    failed = _failed(position)
    name = f"camera-{position % 16:02}/2026-01-01/photo-{position:07}.jpg"
    return {
        "job_id": 1, "position": position, "locator": name.encode(), "name": name,
        "state": JobPhotoState.FAILED if failed else JobPhotoState.DONE,
        "photo_id": None if failed else position + 1,
        "error_code": "photo_truncated" if failed else None,
        "error_message": "The file ends before the picture does." if failed else None,
    }  # fmt: skip


def _face(face: MadeFace) -> dict[str, Any]:
    x, y = 40.0 + 160 * face.ordinal + face.id % 97 / 7, 60.0 + face.id % 89 / 11
    return {
        "id": face.id, "photo_id": face.photo_id, "detector_key": "made", "ordinal": face.ordinal,
        "x1": x, "y1": y, "x2": x + 96.3, "y2": y + 121.7, "score": 0.9, "landmarks": [], "created_at": _NOW,
    }  # fmt: skip


def _prediction(face: MadeFace) -> dict[str, Any]:
    best = list(Label)[face.probabilities.index(max(face.probabilities))]
    named = zip(Label, face.probabilities, strict=True)
    return {
        "face_id": face.id, "classifier_version_id": 1, "label": best,
        **{label.value: probability for label, probability in named},
    }  # fmt: skip


def _set_counters(job: Job, photos: int, shown: list[int]) -> None:
    job.photos_found = photos
    job.photos_failed = sum(_failed(position) for position in range(photos))
    job.photos_done = photos - job.photos_failed
    job.photos_without_face = sum(
        not _failed(position) and _FACES[position % len(_FACES)] == 0 for position in range(photos)
    )
    job.faces_with_mask, job.faces_without_mask, job.faces_incorrect, job.faces_indeterminate = shown


if __name__ == "__main__":
    main()
