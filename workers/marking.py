"""Measure the photos of labelled faces that were never hashed, and give each its split group."""

from sqlalchemy import update

from core.datasets.splitting.queries import UnmeasuredPhoto, count_unmeasured, read_unmeasured
from core.datasets.splitting.statistics import PhotoStatistics, measure_photo
from core.datasets.splitting.store import group_new_photos, save_statistics
from core.detection.decode import decode_photo
from core.errors import InputError
from core.library.queries import read_photo_bytes
from models import Job
from workers.engine import BatchRun

_SLICE = 64


def measure_and_group(run: BatchRun) -> None:
    """Do what a freeze needs done before; what is done stays, so that a killed one goes on from there.

    A photo that cannot be read stays unhashed, and its faces are left out of the dataset.
    """
    with run.db.write() as session:
        waiting = count_unmeasured(session)
        session.execute(
            update(Job).where(Job.id == run.claim.job_id).values(steps_found=Job.steps_done + waiting + 1)
        )
    after_id = 0
    while unmarked := _read(run, after_id):
        _save(run, [(each, _mark(run, each)) for each in unmarked])
        after_id = unmarked[-1].photo.id
    _group(run)


def _read(run: BatchRun, after_id: int) -> list[UnmeasuredPhoto]:
    with run.db.read() as session:
        return read_unmeasured(session, after_id=after_id, limit=_SLICE)


def _mark(run: BatchRun, unmarked: UnmeasuredPhoto) -> PhotoStatistics | None:
    run.check()
    try:
        with run.db.read() as session:
            data = read_photo_bytes(session, run.settings, unmarked.photo)
        return measure_photo(decode_photo(data), data, unmarked.boxes)
    except InputError:
        return None


def _save(run: BatchRun, marked: list[tuple[UnmeasuredPhoto, PhotoStatistics | None]]) -> None:
    with run.db.write() as session:
        for unmarked, marks in marked:
            if marks is not None:
                save_statistics(session, unmarked.photo.id, [face.id for face in unmarked.faces], marks)
        done = Job.steps_done + len(marked)
        session.execute(update(Job).where(Job.id == run.claim.job_id).values(steps_done=done))


def _group(run: BatchRun) -> None:
    after_id: int | None = 0
    while after_id is not None:
        run.check()
        with run.db.write() as session:
            after_id = group_new_photos(session, after_id=after_id)
