"""A job whose faces people decide, draw and remove, and the check that its pages agree."""

import uuid
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from core.accounts import ensure_owner
from core.boxes.change import BoxChange
from core.boxes.store import apply_change
from core.database import Database
from core.labels.decisions import Origin
from core.labels.final_label import COUNTED_LABELS
from core.predict.final_counts import JobSums, predicted_sums, read_final_sums
from core.results.pages.filter import ResultsFilter, Shown, ShownLabels
from core.results.pages.queries import read_results
from core.review.answers.action import Action, ActionKind
from core.review.answers.exchange import TabRequest, exchange
from core.review.answers.outside_decisions import decide_face, undo_face
from models import (
    THIRD_SLOT,
    Decision,
    Face,
    Job,
    JobPhoto,
    Label,
    NoLabel,
    ReviewItem,
    ReviewQueue,
)
from tests.review_rows import add_people, add_queue, reviewer
from tests.unit.web.finished_job import add_finished_job

#: The photos repeat: with mask, without, incorrect, indeterminate, no face, failed.
PHOTOS = 18


class Desk:
    """A job with eighteen photos, and what people do to its faces."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db = db
        self.job_id = add_finished_job(db, folder, photos=PHOTOS)
        with db.write() as session:
            self.owner = ensure_owner(session).id
            self.ann, self.bea, self.cem = add_people(session, "ann", "bea", "cem")
            query = select(JobPhoto.position, Face.id).join(Face, Face.photo_id == JobPhoto.photo_id)
            self.faces = dict(session.execute(query).all())
            photos = select(JobPhoto.position, JobPhoto.photo_id).where(JobPhoto.photo_id.is_not(None))
            self.photos = dict(session.execute(photos).all())

    def decide(self, position: int, choice: Label | NoLabel | None) -> None:
        with self.db.write() as session:
            decide_face(session, self.faces[position], choice, Origin(account_id=self.ann, queue="results"))

    def undo(self, position: int) -> None:
        with self.db.write() as session:
            newest = (
                select(Decision).where(Decision.face_id == self.faces[position]).order_by(Decision.id.desc())
            )
            undo_face(session, session.scalars(newest.limit(1)).one())

    def edit(self, position: int, **sent: object) -> str:
        key = str(uuid.uuid4())
        with self.db.write() as session:
            change = BoxChange.from_json({"key": key, **sent})
            apply_change(session, self.photos[position], change, account_id=self.owner)
        return key

    def draw(self, position: int, label: str | None = None) -> None:
        key = self.edit(position, kind="draw", box=[10, 10, 60, 70])
        if label:
            self.edit(position, kind="label", face=key, label=label)

    def disagree(self, position: int) -> int:
        """Two people answer differently in a queue; returns the third slot."""
        with self.db.write() as session:
            queue_id = add_queue(session, [self.faces[position]], second=True, second_percent=100)
        for who, choice in ((self.ann, Label.WITH_MASK), (self.bea, Label.INCORRECT)):
            self._answer(queue_id, who, choice)
        with self.db.read() as session:
            return session.scalars(select(ReviewItem.id).where(ReviewItem.seat == THIRD_SLOT)).one()

    def _answer(self, queue_id: int, who: int, choice: Label) -> None:
        with self.db.write() as session:
            queue = session.get_one(ReviewQueue, queue_id)
            [face] = exchange(session, queue, reviewer(who), TabRequest(want=1)).faces
            action = Action(key=str(uuid.uuid4()), kind=ActionKind.DECIDE, choices={face.item: choice})
            exchange(session, queue, reviewer(who), TabRequest(actions=[action]))


def check(desk: Desk) -> None:
    """Every filter finds the photos whose tiles have what it asks for, and every sum is that of the tiles."""
    for labels in ShownLabels:
        check_labels(desk.db, desk.job_id, labels)


def check_labels(db: Database, job_id: int, labels: ShownLabels) -> None:
    """The same for one job and one kind of labels."""
    with db.read() as session:
        job = session.get_one(Job, job_id)
        tiles = read_results(session, job, ResultsFilter(labels=labels), limit=PHOTOS).photos
        sums = _sums(job, labels, read_final_sums(session, [job])[job.id])
        found = {
            shown: positions_of(job, db, ResultsFilter(shown=shown, labels=labels))
            for shown in Shown
            if shown not in (Shown.ALL, Shown.LEFT_OUT, Shown.FAILED)
        }
    counts = Counter(face.label for tile in tiles for face in tile.counted)
    assert sums.labels == {label: counts[label] for label in COUNTED_LABELS}, labels
    for label in COUNTED_LABELS:
        expected = [t.position for t in tiles if any(face.label is label for face in t.counted)]
        assert found[Shown(label.value)] == expected, (labels, label)
    assert found[Shown.NO_FACE] == [t.position for t in tiles if t.photo and not t.counted]
    assert sums.photos_without_face == len(found[Shown.NO_FACE])


def _sums(job: Job, labels: ShownLabels, final: JobSums) -> JobSums:
    return final if labels is ShownLabels.FINAL else predicted_sums(job)


def positions_of(job: Job, db: Database, chosen: ResultsFilter, *, limit: int = 2) -> list[int]:
    """Positions by pages forwards; pages backwards must give the same."""
    with db.read() as session:
        pages, after = [], None
        while True:
            page = read_results(session, job, chosen, after=after, limit=limit)
            pages += [photo.position for photo in page.photos]
            if (after := page.next_after) is None:
                break
        back, before = [], PHOTOS
        while before is not None:
            page = read_results(session, job, chosen, before=before, limit=limit)
            back = [photo.position for photo in page.photos] + back
            before = page.previous_before
    assert back == pages
    return pages
