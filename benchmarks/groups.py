"""Times group tables of a job with a million faces, and the memory that they take.

`python -m benchmarks.groups [--photos 250000] [--keep FILE]` creates a job with four faces a photo in SQLite
and prints a Markdown table. `--keep` leaves the database there, and uses it again.
"""

import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import click
from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.database import Database
from core.groups.grouping import By, Grouping
from core.groups.path_pattern import PathPattern
from core.groups.periods import Clock
from core.groups.table import group_table
from core.predict.job_kind import PREDICT, PREDICT_STAGE
from core.predict.options import PredictOptions
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
)

FACES_A_PHOTO = 4
_SLICE = 10_000
_KEY = "benchmark"
_DRAWN = Random(1)
_START = datetime(2026, 1, 1)


GROUPINGS = {
    "hour": Grouping(by=By.HOUR),
    "day, in Berlin": Grouping(by=By.DAY, clock=Clock(zone="Europe/Berlin", clock_zone="UTC")),
    "pattern": Grouping(by=By.PATTERN, pattern=PathPattern(text="{site}/{camera}/{date}")),
    "folder": Grouping(by=By.FOLDER),
    "camera": Grouping(by=By.CAMERA),
}


@click.command()
@click.option("--photos", default=250_000, show_default=True)
@click.option("--keep", type=click.Path(path_type=Path, dir_okay=False), help="The database file to keep.")
def main(photos: int, keep: Path | None) -> None:
    """Create the rows, then measure the tables."""
    with tempfile.TemporaryDirectory() as folder:
        path = keep or Path(folder) / "groups.sqlite"
        is_new = not path.exists()
        db = Database(f"sqlite:///{path}")
        if is_new:
            make_job(db, photos)
        print("| groups | number | time, s | processor time, s | peak memory, MB |\n|---|---|---|---|---|")
        for name, grouping in GROUPINGS.items():
            wall, cpu = time.perf_counter(), time.process_time()
            with db.read() as session:
                table = group_table(session, [session.get_one(Job, 1)], grouping)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"| {name} | {len(table.rows)} | {wall:.1f} | {cpu:.1f} | {peak:.0f} |")
        db.dispose()


def make_job(db: Database, photos: int) -> None:
    """A job of so many photos, taken over a year by five cameras at twelve sites."""
    Base.metadata.create_all(db.engine)
    now = datetime.now(UTC)
    with db.write() as session:
        session.add(
            ClassifierVersion(id=1, name="b", sha256="c" * 64, champion=True, card={}, created_at=now)
        )
        session.add(
            Job(
                id=1, kind=PREDICT.name, state=JobState.DONE, stage=PREDICT_STAGE.name, title="benchmark",
                options=PredictOptions(folder="/p").to_json(), created_at=now, listed=True,
                photos_found=photos, photos_done=photos, classifier_version_id=1, detector_key=_KEY,
            )
        )  # fmt: skip
    for first in range(0, photos, _SLICE):
        with db.write() as session:
            _add(session, range(first, min(first + _SLICE, photos)), now)


def _add(session: Session, numbers: range, now: datetime) -> None:
    photos, files, faces, predictions = [], [], [], []
    for n in numbers:
        taken = _START + timedelta(minutes=2 * n)
        photos.append({
            "id": n + 1, "sha256": f"{n:064x}", "bytes": 1, "width": 9, "height": 9, "format": "JPEG",
            "notes": [], "taken_at": taken.isoformat(), "taken_offset": 60 if n % 3 else None,
            "camera": f"Camera {n % 5}", "created_at": now,
        })  # fmt: skip
        name = f"site{n % 12}/cam{n % 5}/{taken:%Y-%m-%d}/{n}.jpg"
        files.append({
            "job_id": 1, "position": n, "locator": name.encode(), "name": name, "photo_id": n + 1,
            "state": JobPhotoState.DONE, "faces": FACES_A_PHOTO,
        })  # fmt: skip
        for ordinal in range(FACES_A_PHOTO):
            face_id = n * FACES_A_PHOTO + ordinal + 1
            faces.append({
                "id": face_id, "photo_id": n + 1, "detector_key": _KEY, "ordinal": ordinal,
                "x1": 50 * ordinal, "y1": 0, "x2": 50 * ordinal + 9, "y2": 9, "score": 0.9,
                "landmarks": [], "created_at": now,
            })  # fmt: skip
            label = _DRAWN.choices(list(Label), (60, 30, 7, 3))[0]
            sure = _DRAWN.uniform(0.5, 1)
            rest = dict.fromkeys((each.value for each in Label), (1 - sure) / 3)
            predictions.append(
                {"face_id": face_id, "classifier_version_id": 1, "label": label} | rest | {label.value: sure}
            )
    for table, rows in ((Photo, photos), (JobPhoto, files), (Face, faces), (Prediction, predictions)):
        session.execute(insert(table), rows)


if __name__ == "__main__":
    main()
