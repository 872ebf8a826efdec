"""Audit samples of a job: what they stand for, what counts as audited, and what happens to killed draws."""

import pytest
from sqlalchemy import select

from core.audit.job_kind import request_audit, request_count
from core.audit.options import AuditRequest
from core.audit.overview import read_overview
from core.audit.population import DrawPoint, Standing, read_slices
from core.audit.queries import find_sample, get_sample, has_shrunk, read_evidence
from core.boxes.change import BoxChange
from core.boxes.store import apply_change
from core.database import Database
from core.errors import InputError
from core.estimates.shares import estimate_shares
from core.jobs.claim import claim_batch
from core.jobs.lease import LeaseLost
from core.labels.final_label import DecidedLabel
from core.review.answers.exchange import TabRequest, exchange
from core.review.answers.settling import settle_face
from core.settings import Settings
from models import (
    Batch,
    BatchState,
    BoxEditKind,
    Face,
    Job,
    JobPhoto,
    JobPhotoState,
    JobState,
    Label,
    NoLabel,
    Photo,
    QueueState,
    ReviewItem,
    ReviewQueue,
    ReviewReason,
)
from tests.audit_rows import BARE, NOTHING, SURE, UNSURE, AuditedJob
from tests.review_desk import decide
from tests.review_rows import add_champion, add_people, add_predictions, reviewer
from workers import audit
from workers.engine import BatchRun
from workers.handlers import HANDLERS


def test_a_sample_is_drawn_into_a_blind_queue(db: Database, settings: Settings) -> None:
    job = AuditedJob(db, settings, [SURE] * 30 + [UNSURE] * 6 + [BARE] * 10 + [NOTHING] * 4)
    sample_id = job.draw(20)
    drawn = job.drawn(sample_id)
    assert len(drawn) == 20
    assert {face.predicted for face in drawn} == {Label.WITH_MASK, Label.WITHOUT_MASK, Label.NOT_A_FACE}
    with db.read() as session:
        sample = get_sample(session, sample_id)
        queue = session.get_one(ReviewQueue, sample.queue_id)
        assert (queue.state, queue.items) == (QueueState.OPEN, 20)
        items = list(session.scalars(select(ReviewItem).order_by(ReviewItem.rank)))
        assert [item.face_id for item in items] == [face.face_id for face in drawn]
        assert {item.reason for item in items} == {ReviewReason.AUDIT}
    evidence = job.evidence(sample_id)
    by_name = {cell.stratum: cell.faces for cell in evidence.population}
    assert by_name == {
        "with_mask 0.95": 30,
        "with_mask 0.00": 6,
        "without_mask 0.80": 10,
        "not_a_face 0.95": 4,
    }
    for face in drawn:
        of = [other for other in drawn if other.stratum == face.stratum]
        assert face.chance == pytest.approx(len(of) / by_name[face.stratum])


def test_the_prediction_stays_hidden_after_the_decision(db: Database, settings: Settings) -> None:
    job = AuditedJob(db, settings, [SURE] * 3)
    sample_id = job.draw(3)
    with db.write() as session:
        queue = session.get_one(ReviewQueue, get_sample(session, sample_id).queue_id)
        shown = exchange(session, queue, reviewer(job.owner), TabRequest(want=1)).faces[0]
        answer = exchange(session, queue, reviewer(job.owner), TabRequest(actions=[decide(shown.item)]))
    assert (shown.guess, answer.revealed[0].guess, answer.revealed[0].score) == (None, None, None)


def test_the_same_seed_draws_the_same_faces(db: Database, settings: Settings) -> None:
    job = AuditedJob(db, settings, [SURE] * 40)
    first, second, third = (job.draw(10, seed=seed, again=True) for seed in (5, 5, 6))
    drawn = [[face.face_id for face in job.drawn(sample)] for sample in (first, second, third)]
    assert drawn[0] == drawn[1] != drawn[2]
    with db.read() as session:
        states = [session.get_one(ReviewQueue, job.sample(n).queue_id).state for n in (first, second, third)]
    assert states == [QueueState.CLOSED, QueueState.CLOSED, QueueState.OPEN]


def test_more_faces_go_behind_the_others_and_chances_are_corrected(db: Database, settings: Settings) -> None:
    job = AuditedJob(db, settings, [SURE] * 40)
    sample_id = job.draw(10)
    before = [face.face_id for face in job.drawn(sample_id)]
    job.review(sample_id, lambda _: Label.WITH_MASK)
    assert job.draw(15) == sample_id
    drawn = job.drawn(sample_id)
    assert [face.face_id for face in drawn][:10] == before
    assert len(drawn) == 25
    assert {face.chance for face in drawn} == {25 / 40}
    with db.read() as session:
        queue = session.get_one(ReviewQueue, get_sample(session, sample_id).queue_id)
        assert (queue.items, queue.items_decided) == (25, 10)
    assert len(job.audit(sample_id).audited) == 10
    assert len(job.review(sample_id, lambda _: Label.WITH_MASK)) == 15


def test_an_audit_corrects_the_shares(db: Database, settings: Settings) -> None:
    """Every fourth face that is predicted as with mask has none."""
    job = AuditedJob(db, settings, [SURE] * 80 + [BARE] * 20)
    wrong = set(job.faces[:80:4])
    sample_id = job.draw(60)
    truth = dict.fromkeys(job.faces[:80], Label.WITH_MASK) | dict.fromkeys(job.faces[80:], Label.WITHOUT_MASK)
    truth |= dict.fromkeys(wrong, Label.WITHOUT_MASK)
    job.review(sample_id, truth.__getitem__)
    share = estimate_shares(job.evidence(sample_id)).of(Label.WITH_MASK)
    assert (share.raw, share.faces, share.audited, share.problem) == (0.8, 100, 60, None)
    assert share.low < 0.6 < share.high < 0.8


def test_faces_decided_before_the_draw_are_known_and_later_ones_stay_in_the_population(
    db: Database, settings: Settings
) -> None:
    """Else wrong faces that people pick out later would be counted twice: as known, and by the sample."""
    job = AuditedJob(db, settings, [SURE] * 40)
    for face, choice in ((0, Label.WITHOUT_MASK), (1, NoLabel.CANNOT_TELL)):
        job.decide_elsewhere(job.faces[face], choice)
    sample_id = job.draw(10)
    drawn = {face.face_id for face in job.drawn(sample_id)}
    assert not drawn & set(job.faces[:2])
    job.review(sample_id, lambda _: Label.WITH_MASK)
    for face in [face for face in job.faces[2:] if face not in drawn][:5]:
        job.decide_elsewhere(face, Label.WITHOUT_MASK)
    with db.read() as session:
        full = read_evidence(session, session.get_one(Job, job.id))
    for evidence in (job.evidence(sample_id), full):
        assert sum(cell.faces for cell in evidence.population) == 38
        assert {(cell.decided, cell.faces) for cell in evidence.decided} == {
            (Label.WITHOUT_MASK, 1),
            (NoLabel.CANNOT_TELL, 1),
        }
        assert len(evidence.audited) == 10
    again = job.draw(5, again=True)
    assert sum(cell.faces for cell in job.evidence(again).population) == 23, "what is decided now is known"
    assert sum(cell.faces for cell in job.evidence(again).decided) == 17


def test_a_face_decided_elsewhere_counts_when_its_turn_has_come(db: Database, settings: Settings) -> None:
    job = AuditedJob(db, settings, [SURE] * 40)
    sample_id = job.draw(10)
    last = job.drawn(sample_id)[-1].face_id
    job.decide_elsewhere(last, Label.WITHOUT_MASK)
    assert job.audit(sample_id).audited == (), "it was chosen, not drawn"
    job.review(sample_id, lambda _: Label.WITH_MASK, most=4)
    audit = job.audit(sample_id)
    assert (len(audit.audited), audit.left) == (4, 5)
    job.review(sample_id, lambda _: Label.WITH_MASK)
    audit = job.audit(sample_id)
    assert (len(audit.audited), audit.left, audit.seen) == (10, 0, 1)
    assert audit.faces[-1].decided is DecidedLabel.WITHOUT_MASK


def test_skipped_faces_are_told_until_they_are_answered(db: Database, settings: Settings) -> None:
    """Hard faces are skipped more often, so that the others do not stand for them."""
    job = AuditedJob(db, settings, [SURE] * 40)
    sample_id = job.draw(10)
    job.skip(sample_id, 2)
    job.review(sample_id, lambda _: Label.WITH_MASK, most=5)
    assert (job.audit(sample_id).skipped, job.audit(sample_id).left) == (2, 5)
    with db.read() as session:
        seen = read_overview(session, session.get_one(Job, job.id), account_id=job.owner)
    assert any(note.startswith("Skipped, though later faces are decided: 2 faces.") for note in seen.notes)
    job.review(sample_id, lambda _: Label.WITH_MASK)
    assert (job.audit(sample_id).skipped, job.audit(sample_id).left) == (0, 0)


def test_cannot_tell_conflicts_and_settled_faces(db: Database, settings: Settings) -> None:
    job = AuditedJob(db, settings, [SURE] * 40)
    sample_id = job.draw(3, second_percent=100)
    with db.write() as session:
        (ben,) = add_people(session, "ben")
    faces = job.review(sample_id, lambda _: Label.WITH_MASK, most=2)
    assert job.review(sample_id, lambda _: NoLabel.CANNOT_TELL, most=1)
    with db.write() as session:
        queue = session.get_one(ReviewQueue, get_sample(session, sample_id).queue_id)
        shown = exchange(session, queue, reviewer(ben), TabRequest(want=2)).faces
        actions = [
            decide(face.item, Label.WITH_MASK if face.face == faces[0] else Label.INCORRECT) for face in shown
        ]
        exchange(session, queue, reviewer(ben), TabRequest(actions=actions))
    audit = job.audit(sample_id)
    assert (audit.conflicts, audit.cannot_tell, audit.left, len(audit.audited)) == (1, 1, 1, 2)
    with db.write() as session:
        settle_face(session, faces[1], Label.INCORRECT, account_id=job.owner)
    audit = job.audit(sample_id)
    assert (audit.conflicts, len(audit.audited)) == (0, 3)
    decided = sorted(face.decided.value for face in job.evidence(sample_id).audited)
    assert decided == ["cannot_tell", "incorrect", "with_mask"]


def box(key: int, kind: BoxEditKind, face: int | str = "", corners: tuple[float, ...] = ()) -> BoxChange:
    return BoxChange(key=f"{key:08x}-0000-4000-8000-000000000000", kind=kind, face=str(face), box=corners)


def test_boxes_removed_moved_and_drawn_after_the_draw(db: Database, settings: Settings) -> None:
    job = AuditedJob(db, settings, [SURE] * 12)
    sample_id = job.draw(6)
    removed, moved = (face.face_id for face in job.drawn(sample_id)[:2])
    with db.write() as session:
        photo_of = {face: session.get_one(Face, face).photo_id for face in job.faces}
        apply_change(session, photo_of[removed], box(1, BoxEditKind.REMOVE, removed), account_id=job.owner)
        apply_change(
            session,
            photo_of[moved],
            box(2, BoxEditKind.MOVE, moved, (110, 85, 190, 185)),
            account_id=job.owner,
        )
        other = next(face for face in job.faces if face not in (removed, moved))
        apply_change(
            session, photo_of[other], box(3, BoxEditKind.DRAW, "", (300, 300, 380, 400)), account_id=job.owner
        )
        new = session.scalars(select(Face.id).order_by(Face.id.desc()).limit(1)).one()
    job.decide_elsewhere(new, Label.INCORRECT)
    job.review(sample_id, lambda _: Label.WITH_MASK)
    audit = job.audit(sample_id)
    decided = {face.face.face_id: face.decided for face in audit.audited}
    assert len(decided) == 6
    assert decided[removed] is DecidedLabel.NOT_A_FACE
    assert decided[moved] is DecidedLabel.WITH_MASK
    with db.read() as session:
        evidence = read_evidence(session, session.get_one(Job, job.id))
    assert sum(cell.faces for cell in evidence.population) == 12, "the moved box is one face, not two"
    assert [(cell.predicted, cell.decided, cell.faces) for cell in evidence.decided] == [
        (None, Label.INCORRECT, 1)
    ]
    assert len(evidence.audited) == 6


def test_removed_photos_leave_the_sample_and_faces_are_counted_again(
    db: Database, settings: Settings
) -> None:
    job = AuditedJob(db, settings, [SURE] * 20)
    sample_id = job.draw(8)
    gone = job.drawn(sample_id)[0].face_id
    with db.write() as session:
        photo_id = session.get_one(Face, gone).photo_id
        row = session.scalars(select(JobPhoto).where(JobPhoto.photo_id == photo_id)).one()
        row.photo_id, row.state = None, JobPhotoState.FAILED
        found = session.get_one(Job, job.id)
        found.photos_done, found.photos_removed = 19, 1
        session.flush()
        session.delete(session.get_one(Photo, photo_id))
    with db.write() as session:
        sample = get_sample(session, sample_id)
        assert has_shrunk(sample, session.get_one(Job, job.id))
        request_count(session, sample, account_id=job.owner)
    job.work()
    assert len(job.drawn(sample_id)) == 7, "counting draws none"
    assert {face.chance for face in job.drawn(sample_id)} == {7 / 19}
    with db.read() as session:
        assert not has_shrunk(get_sample(session, sample_id), session.get_one(Job, job.id))
    assert sum(cell.faces for cell in job.evidence(sample_id).population) == 19


def test_a_job_with_more_photos_or_another_version_gets_a_new_sample(
    db: Database, settings: Settings
) -> None:
    job = AuditedJob(db, settings, [SURE] * 20)
    first = job.draw(5)
    with db.write() as session:
        session.get_one(Job, job.id).photos_done += 1
    second = job.draw(5)
    assert second != first
    with db.write() as session:
        newer = add_champion(session, "d" * 64, champion=False)
        add_predictions(session, job.faces, [BARE] * 20, newer)
        row = session.get_one(Job, job.id)
        row.classifier_version_id = newer
        assert find_sample(session, row) is None
    third = job.draw(5)
    assert {face.predicted for face in job.drawn(third)} == {Label.WITHOUT_MASK}


def test_what_cannot_be_audited_is_refused(db: Database, settings: Settings) -> None:
    job = AuditedJob(db, settings, [SURE] * 5)
    for wanted, code in (({"faces": 0}, "audit_empty"), ({"faces": 10_001}, "option_invalid")):
        with pytest.raises(InputError) as caught:
            AuditRequest(**wanted)
        assert caught.value.code == code
    job.ask(2)
    with pytest.raises(InputError) as caught:
        job.ask(2)
    assert caught.value.code == "audit_running"
    job.work()
    for change, code in (
        ({"state": JobState.RUNNING}, "audit_job_unfinished"),
        ({"detector_key": None}, "audit_no_faces"),
    ):
        with db.write() as session:
            row = session.get_one(Job, job.id)
            for name, value in change.items():
                setattr(row, name, value)
            with pytest.raises(InputError) as caught:
                request_audit(session, job.id, AuditRequest(faces=2), account_id=None)
            assert caught.value.code == code
            row.state = JobState.DONE


def test_a_killed_draw_leaves_nothing_and_the_next_attempt_draws_the_same(
    db: Database, settings: Settings
) -> None:
    job = AuditedJob(db, settings, [SURE] * 30)
    sample_id = job.ask(10)
    with db.write() as session:
        claim = claim_batch(session, worker="dead", lease_seconds=60, kinds=HANDLERS.keys())

    def die() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audit.draw_sample(BatchRun(db=db, settings=settings, claim=claim, check=die))
    assert job.drawn(sample_id) == []
    with db.write() as session:
        batch = session.get_one(Batch, claim.batch_id)
        batch.state, batch.token, batch.lease_until = BatchState.WAITING, None, None
    job.work()
    drawn = [face.face_id for face in job.drawn(sample_id)]
    with pytest.raises(LeaseLost):
        audit.draw_sample(BatchRun(db=db, settings=settings, claim=claim, check=lambda: None))
    assert [face.face_id for face in job.drawn(sample_id)] == drawn
    assert drawn == [face.face_id for face in job.drawn(job.draw(10, again=True))]


def test_a_draw_killed_while_it_writes_leaves_nothing(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = AuditedJob(db, settings, [SURE] * 30)
    job.draw(5)
    sample_id = job.ask(5)
    with db.write() as session:
        claim = claim_batch(session, worker="dead", lease_seconds=60, kinds=HANDLERS.keys())

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(audit, "finish_batch", die)
        with pytest.raises(KeyboardInterrupt):
            audit.draw_sample(BatchRun(db=db, settings=settings, claim=claim, check=lambda: None))
    assert {face.chance for face in job.drawn(sample_id)} == {5 / 30}, "neither faces nor chances"
    with db.write() as session:
        queue = session.get_one(ReviewQueue, get_sample(session, sample_id).queue_id)
        assert queue.items == 5
        batch = session.get_one(Batch, claim.batch_id)
        batch.state, batch.token, batch.lease_until = BatchState.WAITING, None, None
    job.work()
    assert {face.chance for face in job.drawn(sample_id)} == {10 / 30}
    assert len(job.drawn(sample_id)) == 10


def test_a_photo_that_a_job_lists_twice_counts_twice(db: Database, settings: Settings) -> None:
    job = AuditedJob(db, settings, [SURE] * 4)
    with db.write() as session:
        photo_id = session.get_one(Face, job.faces[0]).photo_id
        session.add(
            JobPhoto(job_id=job.id, position=9, locator=b"copy.jpg", name="copy.jpg", faces=1,
                     state=JobPhotoState.DONE, photo_id=photo_id)
        )  # fmt: skip
    sample_id = job.draw(5)
    assert len(job.drawn(sample_id)) == 5
    assert len(job.review(sample_id, lambda _: Label.WITH_MASK)) == 4, "people decide it once"
    assert len(job.audit(sample_id).audited) == 5


def test_slices_give_every_face_once(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.audit.population.PHOTOS_AT_ONCE", 3)
    job = AuditedJob(db, settings, [SURE] * 8)
    job.decide_elsewhere(job.faces[4], Label.INCORRECT)
    with db.read() as session:
        slices = list(read_slices(session, session.get_one(Job, job.id), DrawPoint.now(session)))
    assert [len(part.photos) for part in slices] == [3, 3, 2]
    faces = [face for part in slices for face in part.faces]
    assert [face.face_id for face in faces] == job.faces
    assert [face.face_id for face in faces if face.standing is Standing.KNOWN] == [job.faces[4]]


def test_evidence_by_group(db: Database, settings: Settings) -> None:
    job = AuditedJob(db, settings, [SURE] * 20)
    sample_id = job.draw(10)
    job.review(sample_id, lambda _: Label.WITH_MASK)
    with db.read() as session:
        evidence = read_evidence(
            session,
            session.get_one(Job, job.id),
            group_of=lambda _, photos: {n: "left" if n % 2 else "right" for n, _ in photos if n != 3},
        )
    assert evidence.groups == ["left", "right"]
    assert evidence.of_group("left").faces == 9
    by_position = {face.position: face for face in job.drawn(sample_id)}
    assert len(evidence.of_group("right").audited) == sum(n % 2 == 0 for n in by_position)


def test_a_job_whose_faces_are_all_decided_needs_no_audit(db: Database, settings: Settings) -> None:
    job = AuditedJob(db, settings, [SURE] * 4)
    for face in job.faces:
        job.decide_elsewhere(face, Label.INCORRECT)
    sample_id = job.draw(3)
    assert job.drawn(sample_id) == []
    share = estimate_shares(job.evidence(sample_id)).of(Label.INCORRECT)
    assert (share.raw, share.corrected, share.low, share.high, share.problem) == (0, 1, 1, 1, None)
