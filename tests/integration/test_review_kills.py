"""Workers that fill a review queue are killed: no face is lost or queued twice."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pytest
from sqlalchemy import func, select, update

from benchmarks import training_faces
from core.accounts import ensure_owner
from core.database import Database
from core.jobs.finish import release_all
from core.labels.decisions import Origin
from core.review.answers.action import Action, ActionKind
from core.review.answers.exchange import TabRequest, exchange
from core.review.answers.outside_decisions import decide_face
from core.review.job_kind import request_queue
from core.review.options import QueueOptions
from core.review.queues.queries import get_queue
from core.review.queues.stacking import stack_faces
from core.settings import Settings
from models import Decision, Face, ItemState, Job, JobState, Label, QueueState, ReviewItem, ReviewReason
from tests.acceptance.service import wait_until
from tests.forked import fork_program, kill
from tests.review_rows import add_champion, add_faces, add_people, add_predictions, reviewer
from workers.engine import run_batches
from workers.handlers import HANDLERS

_HASHED, _OTHERS, _LIMIT = 120, 700, 800
_SURE = (0.94, 0.03, 0.02, 0.01)
#: A worker that takes its time over every transaction, so that it dies between two of them.
_WORK = """
import time
from core.database import Database
from core.settings import Settings
from workers import review
from workers.engine import run_batches
from workers.handlers import HANDLERS

def slow(work):
    def wait(*arguments, **named):
        time.sleep(0.1)
        return work(*arguments, **named)
    return wait

settings = Settings.from_env()
review._ITEMS_AT_ONCE, review._HASHES_AT_ONCE = 100, 10
review.add_items, review.save_hashes = slow(review.add_items), slow(review.save_hashes)
run_batches(Database(settings.sql_url), settings, HANDLERS)
"""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    settings.data.mkdir()
    return settings.with_changes(max_attempts=20)


def test_a_queue_that_is_filled_under_kills_has_every_face_once(db: Database, settings: Settings) -> None:
    queue_id, job_id, faces = _ask(db, settings)
    with _working(db, settings):
        wait_until(lambda: _rows(db, queue_id) > 100, seconds=60, what="some rows")
    assert 100 < _rows(db, queue_id) < _LIMIT
    _decide_elsewhere(db, faces[3])
    with _working(db, settings):
        wait_until(lambda: _hashed(db) > 10, seconds=60, what="some hashes")
    assert 10 < _hashed(db) < _HASHED
    decided = _decide_a_few(db, queue_id)
    run_batches(db, settings, HANDLERS)
    with db.read() as session:
        assert session.get_one(Job, job_id).state is JobState.DONE
    _check(db, queue_id, [face for face in faces if face != faces[3]][:_LIMIT], decided)


def _ask(db: Database, settings: Settings) -> tuple[int, int, list[int]]:
    """Add a queue of faces, some with photos to hash; returns its id, the id of its job, and the faces."""
    real = training_faces.add_faces(db, settings, [Label.WITH_MASK, Label.INCORRECT] * (_HASHED // 2))
    with db.write() as session:
        session.query(Decision).delete()
        add_predictions(session, real, [_SURE] * _HASHED, add_champion(session))
        known = add_faces(session, [_SURE] * _OTHERS)
        session.execute(update(Face).where(Face.id.in_(known)).values(phash=Face.id * 7919, dhash=Face.id))
        options = QueueOptions(shares={ReviewReason.ALL: 100}, limit=_LIMIT, gold_percent=0)
        queue = request_queue(session, options, title="Killed", account_id=ensure_owner(session).id)
        assert queue.job_id is not None
        return queue.id, queue.job_id, sorted([*real, *known])


@contextmanager
def _working(db: Database, settings: Settings) -> Iterator[None]:
    """Run a worker in its own process, then kill it and expire its lease."""
    worker = fork_program(settings, _WORK)
    try:
        yield
    finally:
        kill(worker)
    with db.write() as session:
        release_all(session)


def _rows(db: Database, queue_id: int) -> int:
    with db.read() as session:
        rows = select(func.count()).select_from(ReviewItem).where(ReviewItem.queue_id == queue_id)
        return session.scalars(rows).one()


def _hashed(db: Database) -> int:
    """Number of faces that were hashed since the start."""
    with db.read() as session:
        return session.scalars(select(func.count()).select_from(Face).where(Face.blur.is_not(None))).one()


def _decide_elsewhere(db: Database, face_id: int) -> None:
    with db.write() as session:
        owner = ensure_owner(session).id
        decide_face(session, face_id, Label.INCORRECT, Origin(account_id=owner, queue="results"))


def _decide_a_few(db: Database, queue_id: int) -> set[int]:
    """A person starts before the queue is stacked; returns the faces."""
    with db.write() as session:
        (ann,) = add_people(session, "ann")
        queue = get_queue(session, queue_id)
        faces = exchange(session, queue, reviewer(ann), TabRequest(want=5)).faces
        labels = {one.item: Label.WITH_MASK for one in faces}
        page = Action(key="a-page-of-five", kind=ActionKind.PAGE, choices=labels)
        exchange(session, queue, reviewer(ann), TabRequest(actions=[page]))
    return {one.face for one in faces}


def _check(db: Database, queue_id: int, faces: list[int], decided: set[int]) -> None:
    with db.read() as session:
        query = select(ReviewItem).where(ReviewItem.queue_id == queue_id, ReviewItem.seat == 0)
        items = session.scalars(query.order_by(ReviewItem.rank)).all()
        queue = get_queue(session, queue_id)
        rows = session.execute(
            select(Face.id, Face.phash, Face.dhash).where(Face.id.in_(faces)).order_by(Face.id)
        ).all()
        said = session.scalars(select(Decision.face_id).where(Decision.queue != "results")).all()
    assert [item.face_id for item in items] == faces
    assert [item.rank for item in items] == list(range(_LIMIT))
    assert queue.state is QueueState.OPEN
    seconds = sum(item.second for item in items if item.face_id in decided)
    assert (queue.items, queue.items_decided) == (_LIMIT + seconds, 5)
    assert {item.face_id for item in items if item.state is ItemState.DECIDED} == decided == set(said)
    assert len(said) == 5
    assert [item.stack for item in items] == _stacks(rows)


def _stacks(rows: Sequence[tuple[int, int, int]]) -> list[int | None]:
    """The stacks computed from all hashes at once."""
    hashes = np.array([(phash, dhash) for _, phash, dhash in rows], np.int64).view(np.uint64)
    leaders = stack_faces(hashes, [Label.WITH_MASK] * len(rows))
    sizes = np.bincount(leaders, minlength=len(rows))
    return [rows[leader][0] if sizes[leader] > 1 else None for leader in leaders.tolist()]
