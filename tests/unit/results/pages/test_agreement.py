"""Filters, sums and tiles of a results page agree, whatever people did, on both databases."""

import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from core.accounts import ensure_owner
from core.boxes.change import BoxChange
from core.boxes.store import apply_change, redo_edit, undo_edit
from core.database import Database
from core.labels.decisions import Origin
from core.labels.final_label import COUNTED_LABELS
from core.predict.final_counts import JobSums, predicted_sums, read_final_sums
from core.results.pages.filter import ResultsFilter, Shown, ShownLabels
from core.results.pages.queries import read_results
from core.review.answers.action import Action, ActionKind
from core.review.answers.exchange import TabRequest, exchange
from core.review.answers.outside_decisions import decide_face, undo_face
from core.review.answers.settling import reopen_conflict, settle_conflict
from models import (
    THIRD_SLOT,
    Decision,
    Face,
    FinalCount,
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


def _not_a_face(desk: Desk) -> None:
    desk.decide(2, Label.NOT_A_FACE)


def _relabelled(desk: Desk) -> None:
    desk.decide(0, Label.INCORRECT)
    desk.decide(3, Label.WITH_MASK)


def _undone(desk: Desk) -> None:
    desk.decide(0, Label.INCORRECT)
    desk.undo(0)
    desk.decide(6, Label.NOT_A_FACE)
    desk.decide(6, None)


def _cannot_tell(desk: Desk) -> None:
    desk.decide(1, NoLabel.CANNOT_TELL)


def _conflict(desk: Desk) -> None:
    desk.disagree(1)


def _settled_and_reopened(desk: Desk) -> None:
    item_id = desk.disagree(1)
    with desk.db.write() as session:
        settle_conflict(session, item_id, Label.NOT_A_FACE, account_id=desk.owner)
    check(desk)
    with desk.db.write() as session:
        reopen_conflict(session, item_id)


def _drawn(desk: Desk) -> None:
    desk.draw(4, "with_mask")
    desk.draw(10)
    desk.draw(0, "incorrect")


def _drawn_around_a_found_face(desk: Desk) -> None:
    key = desk.edit(0, kind="draw", box=[201, 101, 321, 251])
    desk.edit(0, kind="label", face=key, label="without_mask")


def _removed(desk: Desk) -> None:
    desk.edit(0, kind="remove", face=str(desk.faces[0]))


def _moved(desk: Desk) -> None:
    desk.decide(0, Label.INCORRECT)
    desk.edit(0, kind="move", face=str(desk.faces[0]), box=[400, 200, 480, 300])
    desk.edit(7, kind="move", face=str(desk.faces[7]), box=[400, 200, 480, 300])


def _box_edits_undone_and_redone(desk: Desk) -> None:
    first = desk.edit(0, kind="remove", face=str(desk.faces[0]))
    second = desk.edit(6, kind="label", face=str(desk.faces[6]), label="not_a_face")
    for key, position in ((first, 0), (second, 6)):
        with desk.db.write() as session:
            undo_edit(session, desk.photos[position], key, account_id=desk.owner)
    check(desk)
    with desk.db.write() as session:
        redo_edit(session, desk.photos[6], second, account_id=desk.owner)


CASES: list[Callable[[Desk], None]] = [
    _not_a_face, _relabelled, _undone, _cannot_tell, _conflict, _settled_and_reopened, _drawn,
    _drawn_around_a_found_face, _removed, _moved, _box_edits_undone_and_redone,
]  # fmt: skip


def check(desk: Desk) -> None:
    """Every filter finds the photos whose tiles have what it asks for, and every sum is that of the tiles."""
    for labels in ShownLabels:
        with desk.db.read() as session:
            job = session.get_one(Job, desk.job_id)
            tiles = read_results(session, job, ResultsFilter(labels=labels), limit=PHOTOS).photos
            sums = _sums(job, labels, read_final_sums(session, [job])[job.id])
            found = {
                shown: _positions(
                    session.get_one(Job, desk.job_id), desk, ResultsFilter(shown=shown, labels=labels)
                )
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


def _positions(job: Job, desk: Desk, chosen: ResultsFilter, *, limit: int = 2) -> list[int]:
    """Positions by pages forwards; pages backwards must give the same."""
    with desk.db.read() as session:
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


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Desk:
    return Desk(db, tmp_path / "photos")


def test_an_untouched_job_agrees_and_has_no_counts_of_its_own(desk: Desk) -> None:
    check(desk)
    with desk.db.read() as session:
        assert session.scalars(select(FinalCount)).all() == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__.strip("_"))
def test_filters_sums_and_tiles_agree(desk: Desk, case: Callable[[Desk], None]) -> None:
    case(desk)
    check(desk)


def test_all_at_once_agrees_too(desk: Desk) -> None:
    for case in (_not_a_face, _cannot_tell, _drawn, _moved):
        case(desk)
    check(desk)


def test_a_decided_face_is_sure(desk: Desk) -> None:
    """By final labels, the filter of confidence finds no photo whose only unsure face is decided."""
    desk.decide(3, Label.WITH_MASK)
    with desk.db.read() as session:
        job = session.get_one(Job, desk.job_id)
    below = {
        labels: _positions(job, desk, ResultsFilter(confidence_below=0.6, labels=labels))
        for labels in ShownLabels
    }
    assert below == {ShownLabels.FINAL: [9, 15], ShownLabels.PREDICTED: [3, 9, 15]}
