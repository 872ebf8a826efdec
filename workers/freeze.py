"""The batch that freezes a dataset: measure new photos, give each a split group, and write the dataset."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import update

from core.datasets.content import Content, select_content
from core.datasets.job_kind import FREEZE_STAGE, FreezeJobOptions
from core.datasets.options import FreezeOptions
from core.datasets.queries import iterate_current_labels
from core.datasets.splitting.queries import (
    UnmeasuredPhoto,
    count_brought_splits,
    count_unmeasured,
    read_unmeasured,
)
from core.datasets.splitting.statistics import PhotoStatistics, measure_photo
from core.datasets.splitting.store import group_new_photos, save_statistics
from core.datasets.store import freeze, pin_golden
from core.detection.decode import decode_photo
from core.item_errors import ItemErrors
from core.jobs.finish import finish_batch
from core.jobs.lease import lock_held, note_progress
from core.jobs.store import add_event
from core.library.queries import read_photo_bytes
from core.number_text import plural
from models import EventLevel, Job
from workers.engine import BatchRun, handles

#: Photos whose statistics are written in one transaction.
_SLICE = 64


@handles(FREEZE_STAGE)
def freeze_dataset(run: BatchRun) -> None:
    """Select the content, then write the dataset in the transaction that ends the batch."""
    with run.db.read() as session:
        job = session.get_one(Job, run.claim.job_id)
        options = FreezeJobOptions.from_json(job.options)
    content = read_content(run, options.freeze)
    with run.db.write() as session:
        lock_held(session, run.claim)
        dataset = freeze(session, content, options.freeze, title=job.title, account_id=job.account_id)
        if options.golden:
            pin_golden(session, dataset.id)
        row = session.get_one(Job, job.id)
        row.dataset_id, row.steps_done = dataset.id, row.steps_found
        line = (
            f"Dataset {dataset.id}: {plural(dataset.faces, 'face')} in {plural(dataset.photos, 'photo')}, "
            f"{content.left_out_words}."
        )
        add_event(session, job.id, EventLevel.INFO, "dataset_frozen", line)
        brought = count_brought_splits(session, dataset.id)
        if brought.sentence:
            level = EventLevel.WARNING if brought.changed else EventLevel.INFO
            add_event(session, job.id, level, "splits_kept", f"{brought.sentence}.")
        finish_batch(session, run.claim)


def read_content(run: BatchRun, options: FreezeOptions) -> Content:
    """The content of a dataset frozen now; training jobs freeze by this too.

    Measures and groups new photos first, and commits as it goes, so that a killed run continues from there.
    A photo that cannot be read stays unhashed, and its faces are left out.
    """
    group_photos(run)

    def select() -> Content:
        with run.db.read() as session:
            return select_content(iterate_current_labels(session), options)

    return run.compute(select)


def group_photos(run: BatchRun) -> None:
    """Measure photos with labelled faces or all faces boxed, and give each a split group for good.

    Commits as it goes, so that a killed run continues from there. A photo that cannot be read has no group.
    """
    _measure_photos(run)
    _group_photos(run)


def _measure_photos(run: BatchRun) -> None:
    with run.db.write() as session:
        waiting = count_unmeasured(session)
        found = Job.steps_done + waiting + 1
        session.execute(update(Job).where(Job.id == run.claim.job_id).values(steps_found=found))
    after_id = 0
    while photos := _read_unmeasured(run, after_id):
        _save(run, run.compute(partial(_measure_all, run, photos)))
        after_id = photos[-1].photo.id


def _read_unmeasured(run: BatchRun, after_id: int) -> list[UnmeasuredPhoto]:
    with run.db.read() as session:
        return read_unmeasured(session, after_id=after_id, limit=_SLICE)


def _measure_all(
    run: BatchRun, photos: Sequence[UnmeasuredPhoto]
) -> list[tuple[UnmeasuredPhoto, PhotoStatistics | None]]:
    errors = ItemErrors()
    measured = [(each, _measure(run, each, errors)) for each in photos]
    errors.check(len(photos))
    return measured


def _measure(run: BatchRun, unmeasured: UnmeasuredPhoto, errors: ItemErrors) -> PhotoStatistics | None:
    """None for a photo that cannot be read."""
    run.check()
    try:
        with run.db.read() as session:
            data = read_photo_bytes(session, run.settings, unmeasured.photo)
        return measure_photo(decode_photo(data), data, unmeasured.boxes)
    except Exception as error:
        errors.input_error(error, photo=unmeasured.photo.id)
        return None


def _save(run: BatchRun, measured: list[tuple[UnmeasuredPhoto, PhotoStatistics | None]]) -> None:
    with run.db.write() as session:
        batch = lock_held(session, run.claim)
        if any(statistics is not None for _, statistics in measured):
            note_progress(batch)
        for each, statistics in measured:
            if statistics is not None:
                save_statistics(session, each.photo.id, [face.id for face in each.faces], statistics)
        done = Job.steps_done + len(measured)
        session.execute(update(Job).where(Job.id == run.claim.job_id).values(steps_done=done))


def _group_photos(run: BatchRun) -> None:
    after_id: int | None = 0
    while after_id is not None:
        run.check()
        with run.db.write() as session:
            batch = lock_held(session, run.claim)
            after_id = group_new_photos(session, after_id=after_id)
            if after_id is not None:
                note_progress(batch)
