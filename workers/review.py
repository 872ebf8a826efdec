"""The batches of review: fill a queue, stack its near-identical faces, measure agreement."""

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
from core.review.agreement.store import save_agreement
from core.review.job_kind import AGREE_STAGE, RANK_STAGE, STACK_STAGE
from core.review.label_errors import label_errors, score_decided_faces
from core.review.options import QueueOptions
from core.review.queues.face_vectors import face_vectors, read_photo_faces
from core.review.queues.pool import Pool
from core.review.queues.queries import LABEL_ERRORS_EVENT, count_decided, faces_to_hash, get_queue, read_pool
from core.review.queues.ranking import Order, choose_faces, farthest_first
from core.review.queues.store import add_items, begin_items, note_seen, open_filled, save_hashes, save_stacks
from models import EventLevel, Job, ReviewQueue, ReviewReason
from workers.engine import BatchRun, handles

#: Items, and hashes, that are written in one transaction.
_SLICE = 2_000
_HASHES = 100
#: Between two lines of progress.
_TELL_SECONDS = 1.0


@handles(RANK_STAGE)
def rank_queue(run: BatchRun) -> None:
    """Choose and rank the queue's faces; people get in with the last row."""
    with run.db.read() as session:
        queue = _queue(session, run)
        options = QueueOptions.from_json(queue.options)
        pool = read_pool(session, options, queue.id)
        run.check()
        errors, said = _label_errors(session, run, pool, options, queue.id)
        chosen = choose_faces(
            pool,
            options,
            seed=queue.id,
            counts=count_decided(session),
            diversify=lambda pool, candidates, wanted: _diverse(session, run, pool, candidates, wanted),
            errors=errors,
        )
    with run.db.write() as session:
        begin_items(session, run.claim, queue)
    for first in range(0, len(chosen), _SLICE):
        run.check()
        with run.db.write() as session:
            some = chosen[first : first + _SLICE]
            add_items(session, run.claim, queue, pool, some, first_rank=first)
    with run.db.write() as session:
        open_filled(session, run.claim, _queue(session, run), chosen)
        if said is not None:
            add_event(session, run.claim.job_id, EventLevel.INFO, LABEL_ERRORS_EVENT, said)
        finish_batch(session, run.claim)


@handles(STACK_STAGE)
def stack_queue(run: BatchRun) -> None:
    """Hash the queue's crops as far as they were not, then say which belong together."""
    with run.db.read() as session:
        queue_id = _queue(session, run).id
        missing = faces_to_hash(session, queue_id)
    looks, done = _looks(run, missing), 0
    while some := dict(islice(looks, _HASHES)):
        done += len(some)
        with run.db.write() as session:
            save_hashes(session, run.claim, some)
            note_seen(session, run.claim, done=done, found=len(missing))
    with run.db.write() as session:
        save_stacks(session, run.claim, queue_id)
        finish_batch(session, run.claim)


@handles(AGREE_STAGE)
def measure_reviewers(run: BatchRun) -> None:
    """Measure agreement over the blind second decisions."""
    with run.db.read() as session:
        decisions = read_decision_pairs(session)
    run.check()
    figures = measure_agreement(decisions)
    with run.db.write() as session:
        save_agreement(session, figures, job_id=run.claim.job_id)
        finish_batch(session, run.claim)


def _queue(session: Session, run: BatchRun) -> ReviewQueue:
    return get_queue(session, session.get_one(Job, run.claim.job_id).options["queue_id"])


def _label_errors(
    session: Session, run: BatchRun, pool: Pool, options: QueueOptions, seed: int
) -> tuple[Order, str | None]:
    """Likely label errors where the queue wants them, and how they were found."""
    if ReviewReason.LABEL_ERROR not in options.shares:
        return np.empty(0, np.int64), None
    judged = score_decided_faces(session, run.settings, pool, seed=seed, progress=_telling(run))
    errors = label_errors(pool, judged)
    return errors, judged.words(len(errors))


def _diverse(session: Session, run: BatchRun, pool: Pool, candidates: Order, wanted: int) -> Order:
    """Those candidates that look least like each other."""
    ids = pool.faces[candidates].tolist()
    vectors = face_vectors(session, run.settings, ids, progress=_telling(run))
    return np.searchsorted(pool.faces, vectors.faces[farthest_first(vectors.rows, wanted)])


def _telling(run: BatchRun) -> Callable[[int, int], None]:
    """Look whether to go on, and tell the job's page now and then how far it is."""
    told = time.monotonic()

    def tell(done: int, found: int) -> None:
        nonlocal told
        run.check()
        if time.monotonic() - told >= _TELL_SECONDS:
            told = time.monotonic()
            with run.db.write() as session:
                note_seen(session, run.claim, done=done, found=found)

    return tell


def _looks(run: BatchRun, face_ids: Sequence[int]) -> Iterator[tuple[int, FaceStatistics]]:
    with run.db.read() as session:
        for seen in read_photo_faces(session, run.settings, face_ids, before_each=run.check):
            ids = (face.id for face in seen.faces)
            yield from zip(ids, measure_faces(seen.photo, seen.boxes), strict=True)
