"""Photos in which people box every face: what counts as missed, invented and confirmed."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit.job_kind import request_count
from core.audit.overview import read_overview
from core.audit.photo_check import PhotoCheck, read_photo_check
from core.audit.queries import get_sample, read_audit, stored_evidence
from core.boxes.change import BoxChange
from core.boxes.store import apply_change
from core.database import Database
from core.estimates.shares import PEOPLE
from core.settings import Settings
from models import AuditPhoto, BoxEditKind, Face, Job, Label
from tests.audit_rows import NOTHING, SURE, AuditedJob

ELSEWHERE = (300.0, 300.0, 380.0, 400.0)


class Boxer:
    """The owner in the box editor."""

    def __init__(self, job: AuditedJob, session: Session) -> None:
        self.job, self.session, self.edits = job, session, 0

    def edit(self, photo_id: int, kind: BoxEditKind, **what: object) -> str:
        """One edit; returns its key, which names the face it made."""
        self.edits += 1
        key = f"{self.edits:08x}-0000-4000-8000-000000000000"
        change = BoxChange(key=key, kind=kind, **what)
        apply_change(self.session, photo_id, change, account_id=self.job.owner)
        return key

    def photo_of(self, face_id: int) -> int:
        return self.session.get_one(Face, face_id).photo_id


def check_of(job: AuditedJob, sample_id: int) -> PhotoCheck:
    with job.db.read() as session:
        sample = get_sample(session, sample_id)
        evidence = stored_evidence(session, sample, read_audit(session, sample))
        found = read_photo_check(session, session.get_one(Job, job.id), sample, evidence)
    assert found is not None
    return found


def test_boxes_of_people_tell_what_was_missed_and_invented(db: Database, settings: Settings) -> None:
    job = AuditedJob(db, settings, [SURE] * 4 + [NOTHING])
    sample_id = job.draw(photos=5)
    assert (check_of(job, sample_id).drawn, check_of(job, sample_id).checked) == (5, 0)
    right, gone, moved, bare, _ = job.faces
    with db.write() as session:
        boxer = Boxer(job, session)
        photo = {face: boxer.photo_of(face) for face in job.faces}
        boxer.edit(photo[gone], BoxEditKind.REMOVE, face=str(gone))
        boxer.edit(photo[moved], BoxEditKind.MOVE, face=str(moved), box=(150.0, 120.0, 230.0, 220.0))
        drawn = boxer.edit(photo[bare], BoxEditKind.DRAW, box=ELSEWHERE)
        boxer.edit(photo[bare], BoxEditKind.LABEL, face=drawn, label=Label.WITHOUT_MASK)
        boxer.edit(photo[right], BoxEditKind.DRAW, box=ELSEWHERE)
        for face in job.faces:
            boxer.edit(photo[face], BoxEditKind.BOXED)
    check = check_of(job, sample_id)
    assert (check.checked, check.next_photo_id, check.unlabelled) == (5, None, 1)
    assert check.audit.faces == 4, "a box predicted as no face is none that was found"
    bare_face = Label.WITHOUT_MASK
    totals = [(one.confirmed, one.invented, one.missed.get(bare_face, 0)) for one in check.audit.checked]
    assert sorted(totals) == [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 0, 0), (1, 0, 1)]


def test_a_photo_boxed_for_another_reason_counts_when_its_turn_has_come(
    db: Database, settings: Settings
) -> None:
    """People box crowds for a training set: such photos stand for no others."""
    job = AuditedJob(db, settings, [SURE] * 6)
    sample_id = job.draw(photos=6)
    with db.write() as session:
        order = select(AuditPhoto.photo_id).order_by(AuditPhoto.place)
        first, *others = session.scalars(order).all()
        boxer = Boxer(job, session)
        for photo_id in others[1:3]:
            boxer.edit(photo_id, BoxEditKind.BOXED)
    check = check_of(job, sample_id)
    assert (check.checked, check.next_photo_id) == (0, first)
    for photo_id, counted in ((first, 1), (others[0], 4)):
        with db.write() as session:
            boxer.session = session
            boxer.edit(photo_id, BoxEditKind.BOXED)
        assert check_of(job, sample_id).checked == counted
    assert check_of(job, sample_id).next_photo_id == others[3]


def test_shares_with_the_missed_faces(db: Database, settings: Settings) -> None:
    """Thirty faces with mask, and beside each third one somebody without whom the detector missed."""
    job = AuditedJob(db, settings, [SURE] * 30)
    sample_id = job.draw(30, photos=30)
    job.review(sample_id, lambda _: Label.WITH_MASK)
    with db.write() as session:
        boxer = Boxer(job, session)
        for number, face in enumerate(job.faces):
            photo = boxer.photo_of(face)
            if number % 3 == 0:
                drawn = boxer.edit(photo, BoxEditKind.DRAW, box=ELSEWHERE)
                boxer.edit(photo, BoxEditKind.LABEL, face=drawn, label=Label.WITHOUT_MASK)
            boxer.edit(photo, BoxEditKind.BOXED)
    with db.write() as session:
        request_count(session, get_sample(session, sample_id), account_id=job.owner)
    job.work()
    with db.read() as session:
        seen = read_overview(session, session.get_one(Job, job.id), account_id=job.owner)
    assert (seen.photos.checked, seen.finder.missed.value) == (30, 0.25)
    assert seen.finder.invented.value == 0
    shares = [seen.all_people.of(label).corrected for label in PEOPLE]
    assert shares == pytest.approx([0.75, 0.25, 0], abs=0.02), "drawn faces are not counted twice"
    assert seen.estimate.of(Label.WITH_MASK).corrected == 0.75, "drawn faces count as decided"


def test_a_job_without_a_photo_sample_has_no_check(db: Database, settings: Settings) -> None:
    job = AuditedJob(db, settings, [SURE] * 3)
    sample_id = job.draw(2)
    with db.read() as session:
        sample = get_sample(session, sample_id)
        evidence = stored_evidence(session, sample, read_audit(session, sample))
        assert read_photo_check(session, session.get_one(Job, job.id), sample, evidence) is None
