"""Counts of final labels equal a recount from scratch, whatever people do and in whatever order."""

import random
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.boxes.change import BoxChange
from core.boxes.store import apply_change, redo_edit, undo_edit
from core.database import Database
from core.errors import InputError
from core.labels.decisions import Origin
from core.labels.final_label import COUNTED_LABELS, FinalLabel
from core.predict.final_counts import drop_final_counts, read_final_sums
from core.predict.job_faces import JobModels, read_job_faces
from core.predict.unpredicted import save_predictions
from core.review.answers.action import Action, ActionKind
from core.review.answers.exchange import TabRequest, exchange
from core.review.answers.outside_decisions import decide_face, undo_face
from core.review.answers.settling import reopen_conflict, settle_face
from models import (
    CHOICES,
    THIRD_SLOT,
    BoxEdit,
    Decision,
    Face,
    FinalCount,
    ItemState,
    Job,
    JobPhoto,
    JobPhotoState,
    ReviewItem,
    ReviewQueue,
)
from tests.review_rows import add_queue, reviewer
from tests.unit.results.pages.desk import Desk

_COUNTERS = ("with_mask", "without_mask", "incorrect", "indeterminate")
STEPS = 80


class Crowd:
    """People who do anything at random to the faces of two jobs that share photos."""

    def __init__(self, db: Database, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.desk = Desk(db, folder)
        self.db = db
        self.people = (self.desk.ann, self.desk.bea, self.desk.cem)
        with db.write() as session:
            self._add_second_job(session)
            faces = list(self.desk.faces.values())
            self.queue_id = add_queue(session, faces, second=True, second_percent=100)

    def _add_second_job(self, session: Session) -> None:
        """The same photos again, one of them twice, with another threshold."""
        first = session.get_one(Job, self.desk.job_id)
        names = {c.key: getattr(first, c.key) for c in Job.__table__.columns if c.key != "id"}
        second = Job(**names | {"options": {**first.options, "indeterminate_below": 0.99}})
        session.add(second)
        session.flush()
        rows = session.scalars(select(JobPhoto).where(JobPhoto.job_id == first.id)).all()
        for place, row in enumerate([*rows, rows[1]]):
            copied = {c.key: getattr(row, c.key) for c in JobPhoto.__table__.columns if c.key != "id"}
            unsure = {"with_mask": 0, "without_mask": 0, "incorrect": 0, "indeterminate": row.faces}
            session.add(JobPhoto(**copied | unsure | {"job_id": second.id, "position": place}))
        session.flush()
        faces = sum(row.faces for row in rows) + rows[1].faces
        second.faces_with_mask = second.faces_without_mask = second.faces_incorrect = 0
        second.faces_indeterminate, second.photos_done = faces, first.photos_done + 1

    def act(self) -> str:
        """Do one thing; what the product refuses changes nothing."""
        action = self.random.choice(
            (self.decide, self.decide, self.undo, self.answer, self.answer, self.settle, self.reopen,
             self.draw, self.move, self.move, self.change, self.change, self.mark, self.undo_edit,
             self.redo_edit, self.predict, self.remove_photo)
        )  # fmt: skip
        try:
            action()
        except (InputError, IndexError):
            return f"{action.__name__} refused"
        return action.__name__

    def decide(self) -> None:
        choice = self.random.choice((*CHOICES, None))
        with self.db.write() as session:
            decide_face(session, self._face(session).id, choice, self._origin())

    def undo(self) -> None:
        with self.db.write() as session:
            decisions = session.scalars(select(Decision).where(Decision.queue == "results")).all()
            undo_face(session, self.random.choice(decisions))

    def answer(self) -> None:
        who = self.random.choice(self.people)
        with self.db.write() as session:
            queue = session.get_one(ReviewQueue, self.queue_id)
            face = exchange(session, queue, reviewer(who), TabRequest(want=1)).faces[0]
            key, choices = str(uuid.uuid4()), {face.item: self.random.choice(CHOICES)}
            action = Action(key=key, kind=ActionKind.DECIDE, choices=choices)
            exchange(session, queue, reviewer(who), TabRequest(actions=[action]))
        if self.random.random() < 0.3:
            with self.db.write() as session:
                queue = session.get_one(ReviewQueue, self.queue_id)
                action = Action(key=str(uuid.uuid4()), kind=ActionKind.UNDO, choices={face.item: None})
                exchange(session, queue, reviewer(who), TabRequest(actions=[action]))

    def settle(self) -> None:
        with self.db.write() as session:
            open_ = ReviewItem.seat == THIRD_SLOT, ReviewItem.state != ItemState.DECIDED
            face_id = self.random.choice(session.scalars(select(ReviewItem.face_id).where(*open_)).all())
            settle_face(session, face_id, self.random.choice(CHOICES), account_id=self.desk.owner)

    def reopen(self) -> None:
        with self.db.write() as session:
            items = session.scalars(select(ReviewItem.id).where(ReviewItem.seat == THIRD_SLOT)).all()
            reopen_conflict(session, self.random.choice(items))

    def draw(self) -> None:
        self._edit(lambda _: {"kind": "draw", "box": self._box()})

    def move(self) -> None:
        self._edit(lambda face: {"kind": "move", "face": face, "box": self._box()})

    def change(self) -> None:
        kind = self.random.choice(("remove", "accept", "label"))
        label = self.random.choice(CHOICES).value
        self._edit(lambda face: {"kind": kind, "face": face, "label": label if kind == "label" else None})

    def mark(self) -> None:
        self._edit(lambda _: {"kind": self.random.choice(("boxed", "unboxed"))})

    def undo_edit(self) -> None:
        self._redo(undo_edit)

    def redo_edit(self) -> None:
        self._redo(redo_edit)

    def predict(self) -> None:
        """A version predicts drawn boxes, as it does before an export."""
        with self.db.write() as session:
            drawn = session.scalars(select(Face.id).where(Face.detector_key == "drawn")).all()
            label = [[0.1, 0.7, 0.1, 0.1], [0.05, 0.05, 0.05, 0.85]][self.random.randrange(2)]
            save_predictions(session, 1, [self.random.choice(drawn)], np.array([label]))

    def remove_photo(self) -> None:
        """What a removal does to the rows of jobs, now and then."""
        if self.random.random() > 0.2:
            return
        with self.db.write() as session:
            photo_id = self.random.choice(list(self.desk.photos.values()))
            rows = session.scalars(select(JobPhoto).where(JobPhoto.photo_id == photo_id)).all()
            drop_final_counts(session, rows)
            for row in rows:
                job = session.get_one(Job, row.job_id)
                job.photos_without_face -= row.faces == 0
                for name in _COUNTERS:
                    setattr(job, f"faces_{name}", getattr(job, f"faces_{name}") - getattr(row, name))
                    setattr(row, name, 0)
                row.state, row.photo_id, row.faces = JobPhotoState.FAILED, None, 0

    def _redo(self, act: Callable[..., None]) -> None:
        with self.db.write() as session:
            edit = self.random.choice(session.scalars(select(BoxEdit)).all())
            act(session, edit.photo_id, edit.key, account_id=edit.account_id)

    def _edit(self, sent: Callable[[str], dict[str, object]]) -> None:
        with self.db.write() as session:
            face = self._face(session)
            change = BoxChange.from_json({"key": str(uuid.uuid4()), **sent(str(face.id))})
            apply_change(session, face.photo_id, change, account_id=self.random.choice(self.people))

    def _face(self, session: Session) -> Face:
        return self.random.choice(session.scalars(select(Face)).all())

    def _box(self) -> list[int]:
        """Around the detected face, or anywhere else."""
        if self.random.random() < 0.5:
            return [200, 100, 320, 250]
        x, y = self.random.randrange(0, 400), self.random.randrange(0, 300)
        return [x, y, x + 90, y + 90]

    def _origin(self) -> Origin:
        return Origin(account_id=self.random.choice(self.people), queue="results")


def recount(db: Database) -> None:
    """Compare the counts of every file and the sums of every job with the faces themselves."""
    with db.read() as session:
        for job in session.scalars(select(Job).where(Job.detector_key.is_not(None))):
            done = JobPhoto.job_id == job.id, JobPhoto.state == JobPhotoState.DONE
            rows = session.scalars(select(JobPhoto).where(*done)).all()
            faces = read_job_faces(session, JobModels.of(job), {row.photo_id for row in rows})
            counts = {
                count.job_photo_id: count
                for count in session.scalars(select(FinalCount).where(FinalCount.job_id == job.id))
            }
            assert counts.keys() <= {row.id for row in rows}
            total, empty = Counter[FinalLabel](), 0
            for row in rows:
                labels = Counter(face.final for face in faces[row.photo_id] if face.final.counts)
                stored = counts.get(row.id, row)
                for label in COUNTED_LABELS:
                    assert getattr(stored, label.value, 0) == labels[label], (job.id, row.position, label)
                assert stored.faces == labels.total(), (job.id, row.position)
                total.update(labels)
                empty += not labels
            sums = read_final_sums(session, [job])[job.id]
            assert sums.labels == {label: total[label] for label in COUNTED_LABELS}, job.id
            assert sums.photos_without_face == empty, job.id


@pytest.mark.parametrize("seed", (0, 2))
def test_random_acts_never_let_counts_drift(db: Database, tmp_path: Path, seed: int) -> None:
    crowd, done = Crowd(db, tmp_path / "photos", seed), list[str]()
    recount(db)
    for step in range(STEPS):
        done.append(crowd.act())
        if step % 4 == 0 or step == STEPS - 1:
            try:
                recount(db)
            except AssertionError as error:
                raise AssertionError(f"after {done[-8:]}: {error}") from error
