"""Time, CPU and peak memory of exports of a synthetic library: python -m benchmarks.exports.

`--faces 1000000` fills a database with so many faces, two a photo. All photos are a few pictures in many
names. Each format is written by the real handler in a process of its own.
"""

import argparse
import hashlib
import multiprocessing
import resource
import shutil
import tempfile
import time
import zipfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from core.accounts import ensure_owner
from core.database import Database
from core.exports.job_kind import EXPORT_STAGE, request_export
from core.exports.options import ExportFormat, ExportOptions
from core.exports.store import export_path
from core.library.files.store import photo_store
from core.settings import Settings
from models import (
    Base,
    ClassifierVersion,
    Decision,
    Face,
    Job,
    JobState,
    Label,
    Photo,
    Prediction,
    Source,
    SourceKind,
)
from workers.engine import run_batches
from workers.export import write_export

_WIDTH, _HEIGHT = 240, 160
#: Files on the disk; a file system allows some tens of thousands of names for each.
_PICTURES = 64
_SLICE = 5_000
_EVERY_DECIDED = 4
#: Format, and whether the photos are in it.
_RUNS: Sequence[tuple[ExportFormat, bool]] = (
    (ExportFormat.COCO, False),
    (ExportFormat.CSV, False),
    (ExportFormat.PARQUET, False),
    (ExportFormat.YOLO, True),
)


@dataclass(frozen=True, kw_only=True)
class Written:
    """What one export took."""

    seconds: float
    cpu_seconds: float
    peak_megabytes: float
    #: Of the same process before it began.
    idle_megabytes: float
    bytes: int
    files: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=int, default=1_000_000)
    parser.add_argument("--formats", nargs="+", type=ExportFormat, help="Only these of the measured formats.")
    parser.add_argument("--folder", type=Path, help="Where the data lies meanwhile; by default below /tmp.")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="maskloop-exports-", dir=arguments.folder))
    try:
        runs = [run for run in _RUNS if arguments.formats is None or run[0] in arguments.formats]
        measure(folder, arguments.faces, runs)
    finally:
        shutil.rmtree(folder)


def measure(folder: Path, faces: int, runs: Sequence[tuple[ExportFormat, bool]]) -> None:
    """Fill the database, then export it in each format."""
    settings = Settings(data=folder / "data", allowed_roots=str(folder))
    settings.data.mkdir()
    began, photos = time.perf_counter(), -(-faces // 2)
    fill(settings, photos)
    print(f"{2 * photos:,} faces in {photos:,} photos, filled in {time.perf_counter() - began:.0f} s")
    for fmt, pictures in runs:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            done = pool.submit(export, settings, fmt, pictures=pictures).result()
        words = f"{fmt.words}{', with photos' if pictures else ''}"
        print(
            f"{words}: {done.seconds:.0f} s, {done.cpu_seconds:.0f} s of CPU, "
            f"peak {done.peak_megabytes:.0f} MB ({done.idle_megabytes:.0f} MB before), "
            f"{done.files:,} files, {done.bytes / 1e6:,.0f} MB",
            flush=True,
        )


def fill(settings: Settings, photos: int) -> None:
    """Write photos with two predicted faces each, one face in four decided, and their files."""
    db, store = Database(settings.sql_url), photo_store(settings)
    Base.metadata.create_all(db.engine)
    kept = [store.folder / f"picture-{number}.jpg" for number in range(_PICTURES)]
    store.folder.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(kept):
        path.write_bytes(_picture(number))
    with db.write() as session:
        ensure_owner(session)
        now = datetime.now(UTC)
        version = ClassifierVersion(name="v1", sha256="0" * 64, champion=True, card={}, created_at=now)
        session.add(version)
        session.flush()
        version_id = version.id
    fill_rows(db, photos, version_id=version_id)
    for number in range(photos):
        path = store.path_of(_sha256(number))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.hardlink_to(kept[number % _PICTURES])
    for path in kept:
        path.unlink()
    db.dispose()


def fill_rows(db: Database, photos: int, *, version_id: int) -> None:
    """Write rows of photos with two predicted faces each, one in four decided, into tables without any."""
    for first in range(0, photos, _SLICE):
        with db.write() as session:
            _add_rows(session, range(first, min(first + _SLICE, photos)), version_id)
    if db.engine.dialect.name == "postgresql":
        with db.write() as session:
            for table in (Photo, Face):
                # The next rows get numbers after these.
                sequence = func.pg_get_serial_sequence(table.__tablename__, "id")
                session.execute(select(func.setval(sequence, select(func.max(table.id)).scalar_subquery())))


def _add_rows(session: Session, numbers: range, version_id: int) -> None:
    now = datetime.now(UTC)
    photo = {
        "bytes": 10_000, "width": _WIDTH, "height": _HEIGHT, "format": "JPEG", "frames": 1, "stored": True,
        "created_at": now,
    }  # fmt: skip
    face = {
        "detector_key": "yunet",
        "y1": 30.0,
        "x2": 0.0,
        "y2": 110.5,
        "score": 0.9,
        "landmarks": [],
        "created_at": now,
    }
    odds = {
        "classifier_version_id": version_id,
        "with_mask": 0.9,
        "without_mask": 0.05,
        "incorrect": 0.03,
        "not_a_face": 0.02,
    }
    session.execute(insert(Photo), [photo | {"id": each + 1, "sha256": _sha256(each)} for each in numbers])
    session.execute(insert(Source), [_source(each, now) for each in numbers])
    faces = [(2 * each + place + 1, each, place) for each in numbers for place in (0, 1)]
    session.execute(
        insert(Face),
        [
            face
            | {
                "id": id_,
                "photo_id": each + 1,
                "ordinal": place,
                "x1": 20.0 + 110 * place,
                "x2": 80.5 + 110 * place,
            }
            for id_, each, place in faces
        ],
    )
    session.execute(
        insert(Prediction), [odds | {"face_id": id_, "label": list(Label)[id_ % 3]} for id_, _, _ in faces]
    )
    decided = [id_ for id_, _, _ in faces if id_ % _EVERY_DECIDED == 0]
    session.execute(
        insert(Decision),
        [
            {"face_id": id_, "label": Label.WITH_MASK, "queue": "results", "created_at": now}
            for id_ in decided
        ],
    )


def _source(number: int, now: datetime) -> dict[str, object]:
    location = f"https://photos.example/{number}.jpg"
    return {
        "photo_id": number + 1,
        "kind": SourceKind.CRAWL,
        "name": location,
        "location": location.encode(),
        "location_sha256": hashlib.sha256(location.encode()).digest(),
        "page_url": f"https://photos.example/{number}",
        "licence": "CC BY 4.0",
        "creator": f"Photographer {number % 1000}",
        "created_at": now,
    }


def _sha256(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def _picture(number: int) -> bytes:
    """A picture with about as many details as a photo."""
    small = np.random.default_rng(number).integers(0, 255, (_HEIGHT // 8, _WIDTH // 8, 3), np.uint8)
    out = BytesIO()
    Image.fromarray(small).resize((_WIDTH, _HEIGHT), Image.Resampling.BICUBIC).save(out, "JPEG", quality=85)
    return out.getvalue()


def export(settings: Settings, fmt: ExportFormat, *, pictures: bool) -> Written:
    """Write one export in this process."""
    db = Database(settings.sql_url)
    with db.write() as session:
        options = ExportOptions(format=fmt, photos=pictures)
        job_id = request_export(session, options, title="", account_id=None).id
    idle, began = _peak_megabytes(), time.perf_counter()
    cpu = time.process_time()
    run_batches(db, settings, {EXPORT_STAGE.name: write_export}, job_id=job_id)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
    with db.read() as session:
        job = session.get_one(Job, job_id)
        if job.state is not JobState.DONE:
            raise SystemExit(f"{fmt.words}: {job.state.value}, {job.error_message}")
    db.dispose()
    path, peak = export_path(settings, job_id), _peak_megabytes()
    size = path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        files = len(archive.namelist())
    path.unlink()
    return Written(
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        peak_megabytes=peak,
        idle_megabytes=idle,
        bytes=size,
        files=files,
    )


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
