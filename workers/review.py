"""The batches of review: fill a queue, stack its near-identical faces, measure agreement."""

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from sqlalchemy.orm import Session

from core.jobs.finish import finish_batch
from core.review.agreement import measure_agreement
from core.review.crop_hash import hash_crop
from core.review.diversity import farthest_first
from core.review.embedding import FaceEmbedder
from core.review.filling import choose_faces
from core.review.looking import look_at_faces
from core.review.options import QueueOptions
from core.review.pool import Pool
from core.review.queues import get_queue
from core.review.ranking import Order
from core.review.store_agreement import read_two_decisions, save_agreement
from core.review.store_items import add_items, open_filled
from core.review.store_pool import count_decided, read_pool
from core.review.store_stacks import faces_to_hash, note_hashed, save_hashes, save_stacks
from models import Job, ReviewQueue
from workers.engine import BatchRun

#: Items, and hashes, that are written in one transaction.
_SLICE = 2_000
_HASHES = 100


def rank_queue(run: BatchRun) -> None:
    """Choose and rank the queue's faces; people get in with the last row."""
    with run.db.read() as session:
        queue = _queue(session, run)
        options = QueueOptions.from_json(queue.options)
        pool = read_pool(session, options, queue.id)
        run.check()
        chosen = choose_faces(
            pool,
            options,
            seed=queue.id,
            counts=count_decided(session),
            diversify=lambda pool, candidates, wanted: _diverse(session, run, pool, candidates, wanted),
        )
    for first in range(0, len(chosen), _SLICE):
        run.check()
        with run.db.write() as session:
            some = chosen[first : first + _SLICE]
            add_items(session, run.claim, queue, pool, some, first_rank=first)
    with run.db.write() as session:
        open_filled(session, run.claim, _queue(session, run), chosen)
        finish_batch(session, run.claim)


def stack_queue(run: BatchRun) -> None:
    """Hash the queue's crops as far as they were not, then say which belong together."""
    with run.db.read() as session:
        queue_id = _queue(session, run).id
        missing = faces_to_hash(session, queue_id)
    hashes, done = _hashes(run, missing), 0
    while some := list(islice(hashes, _HASHES)):
        done += len(some)
        with run.db.write() as session:
            save_hashes(session, run.claim, some)
            note_hashed(session, run.claim, done=done, found=len(missing))
    with run.db.write() as session:
        save_stacks(session, run.claim, queue_id)
        finish_batch(session, run.claim)


def measure_reviewers(run: BatchRun) -> None:
    """Measure agreement over the blind second decisions."""
    with run.db.read() as session:
        decisions = read_two_decisions(session)
    run.check()
    figures = measure_agreement(decisions)
    with run.db.write() as session:
        save_agreement(session, figures, job_id=run.claim.job_id)
        finish_batch(session, run.claim)


def _queue(session: Session, run: BatchRun) -> ReviewQueue:
    return get_queue(session, session.get_one(Job, run.claim.job_id).options["queue_id"])


def _diverse(session: Session, run: BatchRun, pool: Pool, candidates: Order, wanted: int) -> Order:
    """Those candidates that look least like each other."""
    embedder = FaceEmbedder()
    ids = pool.faces[candidates].tolist()
    seen, vectors = [], []
    for one in look_at_faces(session, run.settings, ids, before_each=run.check):
        seen.append(one.face.id)
        vectors.append(embedder.embed(one.rgb, one.box))
    if not seen:
        return candidates[:0]
    nearest = farthest_first(np.stack(vectors), wanted)
    return np.searchsorted(pool.faces, np.array(seen)[nearest])


def _hashes(run: BatchRun, face_ids: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    with run.db.read() as session:
        for one in look_at_faces(session, run.settings, face_ids, before_each=run.check):
            yield one.face.id, *hash_crop(one.rgb, one.box)
