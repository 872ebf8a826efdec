"""Handlers of review jobs: fill a queue, stack its near-identical faces, measure agreement."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np
from sqlalchemy.orm import Session

from core.jobs.finish import finish_batch
from core.jobs.store import add_event
from core.library.fingerprints.hashes import measure_faces
from core.library.fingerprints.photo_hashes import FaceStatistics
from core.review.agreement.kappas import measure_agreement
from core.review.agreement.queries import read_decision_pairs
from core.review.job_kind import AGREE_STAGE, LABEL_ERRORS_EVENT, RANK_STAGE, STACK_STAGE
from core.review.label_errors import label_errors, score_decided_faces
from core.review.options import QueueOptions
from core.review.queues.face_vectors import PhotoFaces, face_vectors, map_photo_faces
from core.review.queues.pool import Pool
from core.review.queues.queries import (
    count_decided,
    get_queue,
    read_pool,
    read_unhashed_faces,
)
from core.review.queues.ranking import Chosen, Order, choose_faces, farthest_first
from core.review.queues.store import (
    add_items,
    begin_items,
    open_filled,
    save_hashes,
    save_progress,
    save_stacks,
)
from core.review.store import save_agreement
from models import EventLevel, Job, ReviewQueue, ReviewReason
from workers.engine import BatchRun, handles

#: Items, and faces with hashes, written per transaction.
_ITEMS_AT_ONCE = 2_000
_HASHES_AT_ONCE = 100
#: Shortest time between two updates of the progress.
_PROGRESS_SECONDS = 1.0


@handles(RANK_STAGE)
def rank_queue(run: BatchRun) -> None:
    """Choose and rank the faces of the queue; the last transaction opens it."""
    queue, pool, chosen, summary = run.compute(lambda: _choose(run))
    with run.db.write() as session:
        begin_items(session, run.claim, queue)
    for first in range(0, len(chosen), _ITEMS_AT_ONCE):
        run.check()
        with run.db.write() as session:
            slice_ = chosen[first : first + _ITEMS_AT_ONCE]
            add_items(session, run.claim, queue, pool, slice_, first_rank=first)
    with run.db.write() as session:
        open_filled(session, run.claim, _queue(session, run), chosen)
        if summary is not None:
            add_event(session, run.claim.job_id, EventLevel.INFO, LABEL_ERRORS_EVENT, summary)
        finish_batch(session, run.claim)


def _choose(run: BatchRun) -> tuple[ReviewQueue, Pool, list[Chosen], str | None]:
    """The queue, the faces to choose from, the chosen ones, and how likely label errors were found."""
    with run.db.read() as session:
        queue = _queue(session, run)
        options = QueueOptions.from_json(queue.options)
        pool = read_pool(session, options, queue.id)
        run.check()
        errors, summary = _label_errors(session, run, pool, options, queue.id)
        chosen = choose_faces(
            pool,
            options,
            seed=queue.id,
            counts=count_decided(session),
            diversify=lambda pool, candidates, wanted: _diverse(session, run, pool, candidates, wanted),
            errors=errors,
        )
    return queue, pool, chosen, summary


@handles(STACK_STAGE)
def stack_queue(run: BatchRun) -> None:
    """Hash crops of the queue without hashes, then stack the near-identical ones."""
    with run.db.read() as session:
        queue_id = _queue(session, run).id
        missing = read_unhashed_faces(session, queue_id)
    statistics, done = _measure_faces(run, missing), 0
    while slice_ := run.compute(lambda: dict(islice(statistics, _HASHES_AT_ONCE))):
        done += len(slice_)
        with run.db.write() as session:
            save_hashes(session, run.claim, slice_)
            save_progress(session, run.claim, done=done, found=len(missing))
    with run.db.write() as session:
        save_stacks(session, run.claim, queue_id)
        finish_batch(session, run.claim)


@handles(AGREE_STAGE)
def measure_reviewers(run: BatchRun) -> None:
    """Measure agreement over blind second decisions."""
    with run.db.read() as session:
        decisions = read_decision_pairs(session)
    run.check()
    metrics = run.compute(lambda: measure_agreement(decisions))
    with run.db.write() as session:
        save_agreement(session, metrics, job_id=run.claim.job_id)
        finish_batch(session, run.claim)


def _queue(session: Session, run: BatchRun) -> ReviewQueue:
    return get_queue(session, session.get_one(Job, run.claim.job_id).options["queue_id"])


def _label_errors(
    session: Session, run: BatchRun, pool: Pool, options: QueueOptions, seed: int
) -> tuple[Order, str | None]:
    """Likely label errors and how they were found; none and None if the queue does not ask for them."""
    if ReviewReason.LABEL_ERROR not in options.shares:
        return np.empty(0, np.int64), None
    scored = score_decided_faces(session, run.settings, pool, seed=seed, progress=_progress(run))
    errors = label_errors(pool, scored)
    return errors, scored.summary(len(errors))


def _diverse(session: Session, run: BatchRun, pool: Pool, candidates: Order, wanted: int) -> Order:
    """The `wanted` candidates that differ most from each other."""
    ids = pool.faces[candidates].tolist()
    vectors = face_vectors(session, run.settings, ids, progress=_progress(run))
    return np.searchsorted(pool.faces, vectors.faces[farthest_first(vectors.rows, wanted)])


def _progress(run: BatchRun) -> Callable[[int, int], None]:
    """A callback that stops a cancelled job and writes its progress once in a while."""
    written_at = time.monotonic()

    def progress(done: int, found: int) -> None:
        nonlocal written_at
        run.check()
        if time.monotonic() - written_at >= _PROGRESS_SECONDS:
            written_at = time.monotonic()
            run.write(lambda session: save_progress(session, run.claim, done=done, found=found))

    return progress


def _measure_faces(run: BatchRun, face_ids: Sequence[int]) -> Iterator[tuple[int, FaceStatistics]]:
    with run.db.read() as session:
        measured = map_photo_faces(session, run.settings, face_ids, _measure, before_each=run.check)
        for faces, statistics in measured:
            yield from zip((face.id for face in faces), statistics, strict=True)


def _measure(decoded: PhotoFaces) -> list[FaceStatistics]:
    return measure_faces(decoded.photo, decoded.boxes)
