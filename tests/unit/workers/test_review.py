"""Review jobs: queues filled from rows and real crops, with killed workers."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks import training_faces
from core.accounts import ensure_owner
from core.database import Database, read_clock
from core.jobs.claim import claim_batch
from core.jobs.lease import LeaseLost
from core.labels.decisions import Origin, add_decision
from core.review import label_errors
from core.review.agreement.queries import find_agreement
from core.review.answers.action import Action, ActionKind
from core.review.answers.exchange import TabRequest, exchange
from core.review.job_kind import request_agreement, request_queue
from core.review.options import QueueOptions
from core.review.queues.face_vectors import face_vectors
from core.review.queues.queries import find_label_error_summary, get_queue
from core.review.queues.store import close_queue, open_queue
from core.review.store import add_flag
from core.settings import Settings
from models import (
    Batch,
    BatchState,
    BoxState,
    Face,
    Job,
    JobState,
    Label,
    Photo,
    QueueState,
    ReviewItem,
    ReviewQueue,
    ReviewReason,
    Source,
    SourceKind,
)
from tests.review_rows import add_champion, add_faces, add_people, add_predictions, add_queue, reviewer
from workers import review
from workers.engine import BatchRun, run_batches
from workers.handlers import HANDLERS

SURE, UNSURE, WRONG = (0.94, 0.03, 0.02, 0.01), (0.5, 0.46, 0.03, 0.01), (0.1, 0.1, 0.7, 0.1)
NOTHING = (0.01, 0.01, 0.01, 0.97)


def ask(db: Database, **options: object) -> int:
    with db.write() as session:
        account_id = ensure_owner(session).id
        return request_queue(session, QueueOptions(**options), title="Queue", account_id=account_id).id


def work(db: Database, settings: Settings) -> None:
    settings.data.mkdir(exist_ok=True)
    run_batches(db, settings, HANDLERS)


def items_of(db: Database, queue_id: int) -> list[tuple[int, ReviewReason]]:
    with db.read() as session:
        query = select(ReviewItem).where(ReviewItem.queue_id == queue_id).order_by(ReviewItem.rank)
        return [(item.face_id, item.reason) for item in session.scalars(query)]


def test_a_queue_is_filled_by_its_shares_and_opened(db: Database, settings: Settings) -> None:
    with db.write() as session:
        older = add_champion(session, "d" * 64, champion=False)
        faces = add_faces(session, [SURE] * 4 + [UNSURE] * 3 + [WRONG] * 2 + [NOTHING, UNSURE])
        session.get_one(Face, faces[10]).box_state = BoxState.REMOVED
        add_predictions(session, faces[3:4], [WRONG], older)
        account_id = ensure_owner(session).id
        add_decision(session, faces[4], Label.WITH_MASK, Origin(account_id=account_id, queue="results"))
    queue_id = ask(db, shares={ReviewReason.UNCERTAIN: 1, ReviewReason.DISAGREEMENT: 1}, limit=3)
    work(db, settings)
    assert items_of(db, queue_id) == [
        (faces[5], ReviewReason.UNCERTAIN),
        (faces[3], ReviewReason.DISAGREEMENT),
        (faces[6], ReviewReason.UNCERTAIN),
    ]
    with db.read() as session:
        queue = session.get_one(ReviewQueue, queue_id)
        assert (queue.state, queue.items) == (QueueState.OPEN, 3)
        assert session.get_one(Job, queue.job_id).state is JobState.DONE
        first = session.scalars(select(ReviewItem).order_by(ReviewItem.rank)).first()
        assert (first.guess, first.guess_score) == (Label.WITH_MASK, pytest.approx(0.5))
    later = ask(db, shares={ReviewReason.ALL: 100}, limit=100)
    work(db, settings)
    left = [face for face in faces[:9] if face not in (faces[3], faces[4], faces[5], faces[6])]
    assert [face for face, _ in items_of(db, later)] == left, "what waits elsewhere is not queued twice"


def test_decided_and_flagged_faces_and_those_of_a_reviewer_can_be_queued(
    db: Database, settings: Settings
) -> None:
    with db.write() as session:
        faces = add_faces(session, [SURE] * 6)
        ann, ben = add_people(session, "ann", "ben")
        for face, who in ((faces[0], ann), (faces[1], ben)):
            add_decision(session, face, Label.WITHOUT_MASK, Origin(account_id=who, queue="results"))
        add_flag(session, faces[5], ann)
    again = ask(db, shares={ReviewReason.AGAIN: 50, ReviewReason.FLAGGED: 50}, second_percent=100)
    anns = ask(db, shares={ReviewReason.AGAIN: 100}, reviewer_id=ann)
    work(db, settings)
    assert {face for face, _ in items_of(db, again)} == {faces[0], faces[1], faces[5]}
    assert items_of(db, anns) == [], "they wait in the other queue"
    with db.read() as session:
        assert all(session.scalars(select(ReviewItem.second).where(ReviewItem.queue_id == again)))


def test_filters_by_phrase_and_host(db: Database, settings: Settings) -> None:
    with db.write() as session:
        faces = add_faces(session, [SURE] * 4)
        for face, phrase, host in (
            (0, "crowd", "a.example"),
            (1, "face mask", "b.example"),
            (1, "crowd", "b.example"),
        ):
            _found_by(session, faces[face], phrase, host)
    of_phrase = ask(db, shares={ReviewReason.ALL: 100}, phrase="face mask")
    of_host = ask(db, shares={ReviewReason.ALL: 100}, host="a.example", phrase="crowd")
    work(db, settings)
    assert [face for face, _ in items_of(db, of_phrase)] == [faces[1]]
    assert [face for face, _ in items_of(db, of_host)] == [faces[0]]


def _found_by(session: Session, face_id: int, phrase: str, host: str) -> None:
    """Add a crawl hit as the source of the face's photo."""
    place = f"https://{host}/{face_id}.jpg".encode()
    session.add(
        Source(
            photo_id=session.get_one(Face, face_id).photo_id, kind=SourceKind.CRAWL, location=place,
            location_sha256=hashlib.sha256(place).digest(), name=place.decode(), host=host, phrase=phrase,
            created_at=read_clock(session),
        )
    )  # fmt: skip
    session.flush()


def test_a_killed_worker_loses_nothing(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.write() as session:
        faces = add_faces(session, [SURE] * 7)
    queue_id = ask(db, shares={ReviewReason.ALL: 100}, second_percent=50)
    monkeypatch.setattr(review, "_ITEMS_AT_ONCE", 3)
    with db.write() as session:
        claim = claim_batch(session, worker="dead", lease_seconds=60, kinds=HANDLERS.keys())
    checks = []

    def die_in_the_middle() -> None:
        checks.append(1)
        if len(checks) == 4:
            raise KeyboardInterrupt

    dead = BatchRun(db=db, settings=settings, claim=claim, check=die_in_the_middle)
    with pytest.raises(KeyboardInterrupt):
        review.rank_queue(dead)
    written = items_of(db, queue_id)
    assert 0 < len(written) < 7
    with db.write() as session:
        batch = session.get_one(Batch, claim.batch_id)
        batch.state, batch.token, batch.lease_until = BatchState.WAITING, None, None
    work(db, settings)
    assert [face for face, _ in items_of(db, queue_id)] == faces
    with db.read() as session:
        assert get_queue(session, queue_id).items == 7
    with pytest.raises(LeaseLost):
        review.rank_queue(BatchRun(db=db, settings=settings, claim=claim, check=lambda: None))


def test_a_queue_reopened_while_filling_stays_filling(db: Database, settings: Settings) -> None:
    with db.write() as session:
        add_faces(session, [SURE] * 3)
    queue_id = ask(db, shares={ReviewReason.ALL: 100})
    with db.write() as session:
        queue = get_queue(session, queue_id)
        close_queue(session, queue)
        open_queue(session, queue)
        assert queue.state is QueueState.FILLING
        close_queue(session, queue)
    work(db, settings)
    with db.write() as session:
        queue = get_queue(session, queue_id)
        assert (queue.state, queue.items) == (QueueState.CLOSED, 3)
        open_queue(session, queue)
        assert queue.state is QueueState.OPEN


def add_picture(session: Session, path: Path, picture: Image.Image) -> int:
    """Write a photo with one face in its centre, and add both; returns the face id."""
    picture.save(path)
    data, place = path.read_bytes(), str(path).encode()
    width, height = picture.size
    now = read_clock(session)
    photo = Photo(
        sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), width=width, height=height, format="PNG",
        created_at=now,
    )  # fmt: skip
    session.add(photo)
    session.flush()
    face = Face(
        photo_id=photo.id, detector_key="yunet", ordinal=0, x1=width * 0.2, y1=height * 0.2, x2=width * 0.8,
        y2=height * 0.8, score=0.9, landmarks=[], created_at=now,
    )  # fmt: skip
    source = Source(
        photo_id=photo.id, kind=SourceKind.FOLDER, location=place, name=str(path), created_at=now,
        location_sha256=hashlib.sha256(place).digest(),
    )  # fmt: skip
    session.add_all([face, source])
    session.flush()
    return face.id


@pytest.fixture
def pictures(db: Database, settings: Settings, tmp_path: Path) -> list[int]:
    """Faces of real files: three of one pattern, one of them missing, and three of others."""
    draw = np.random.default_rng(4)
    patterns = [draw.integers(0, 255, (12, 12, 3), dtype=np.uint8) for _ in range(4)]
    with db.write() as session:
        version_id, faces = add_champion(session), []
        for number, pattern in enumerate((0, 0, 0, 1, 2, 3)):
            picture = Image.fromarray(patterns[pattern]).resize((300, 300), Image.Resampling.BICUBIC)
            picture.putpixel((0, number), (255, 0, number))
            faces.append(add_picture(session, tmp_path / f"{number}.png", picture))
        add_predictions(session, faces, [SURE] * 6, version_id)
    (tmp_path / "1.png").unlink()
    return faces


def test_near_identical_crops_are_stacked(db: Database, settings: Settings, pictures: list[int]) -> None:
    queue_id = ask(db, shares={ReviewReason.ALL: 100})
    work(db, settings)
    with db.read() as session:
        query = select(ReviewItem).where(ReviewItem.queue_id == queue_id).order_by(ReviewItem.rank)
        stacks = [item.stack for item in session.scalars(query)]
        hashed = [face.phash is not None for face in session.scalars(select(Face).order_by(Face.id))]
        looked = [face.blur is not None for face in session.scalars(select(Face).order_by(Face.id))]
    assert stacks == [pictures[0], None, pictures[0], None, None, None]
    assert hashed == looked == [True, False, True, True, True, True]


def test_diverse_faces_differ_from_each_other(db: Database, settings: Settings, pictures: list[int]) -> None:
    queue_id = ask(db, shares={ReviewReason.DIVERSE: 100}, limit=4)
    work(db, settings)
    chosen = {face for face, _ in items_of(db, queue_id)}
    assert set(pictures[3:]) <= chosen
    assert len(chosen & set(pictures[:3])) == 1


def test_vectors_are_computed_once_and_cached_with_those_of_training(
    db: Database, settings: Settings, pictures: list[int]
) -> None:
    steps: list[tuple[int, int]] = []
    with db.read() as session:
        found = [
            face_vectors(session, settings, pictures, progress=lambda *step: steps.append(step))
            for _ in range(2)
        ]
    assert found[0].faces.tolist() == [face for face in pictures if face != pictures[1]]
    assert np.array_equal(found[0].rows, found[1].rows)
    assert [done for done, _ in steps] == [0, 1, 1, 2, 3, 4, 5], "the second time only what is gone"
    assert found[0].rows.min() == 0 < found[0].rows.std(), "ReLU6 comes before them, quantized or not"
    assert len(list((settings.data / "features").glob("*.sqlite"))) == 1


@pytest.mark.parametrize("least", [60, 61])
def test_likely_label_errors_are_found_by_heads_not_fitted_on_them(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, least: int
) -> None:
    """The champion predicts the wrong label, as if it was trained on it."""
    monkeypatch.setattr(label_errors, "_MIN_FACES", least)
    faces = training_faces.add_faces(db, settings, [Label.WITH_MASK, Label.WITHOUT_MASK] * 30)
    with db.write() as session:
        origin = Origin(account_id=ensure_owner(session).id, queue="results")
        add_decision(session, faces[4], Label.WITHOUT_MASK, origin)
        learned = [SURE if n % 2 == 0 and n != 4 else (0.02, 0.96, 0.01, 0.01) for n in range(60)]
        add_predictions(session, faces, learned, add_champion(session))
    queue_id = ask(db, shares={ReviewReason.LABEL_ERROR: 100})
    work(db, settings)
    with db.read() as session:
        summary = find_label_error_summary(session, get_queue(session, queue_id).job_id) or ""
    found = [face for face, _ in items_of(db, queue_id)]
    if least > len(faces):
        assert (found, "with the champion" in summary) == ([], True)
    else:
        assert (found, "head that was not fitted on it" in summary) == ([faces[4]], True)


def test_agreement_is_measured_over_blind_second_decisions(db: Database, settings: Settings) -> None:
    with db.write() as session:
        faces = add_faces(session, [SURE] * 2)
        ann, ben = add_people(session, "ann", "ben")
        queue_id = add_queue(session, faces, second=True)
        account_id = ensure_owner(session).id
        request_agreement(session, account_id=account_id)
    for who, labels in ((ann, (Label.WITH_MASK, Label.INCORRECT)), (ben, (Label.WITH_MASK, Label.WITH_MASK))):
        for label in labels:
            with db.write() as session:
                queue = get_queue(session, queue_id)
                item = exchange(session, queue, reviewer(who), TabRequest(want=1)).faces[0].item
                action = Action(key=f"action-{who}-{item}", kind=ActionKind.DECIDE, choices={item: label})
                exchange(session, queue, reviewer(who), TabRequest(actions=[action]))
    work(db, settings)
    with db.read() as session:
        agreement = find_agreement(session)
    assert agreement.faces == 2
    assert agreement.figures["all"]["agreed"] == 0.5
    assert agreement.figures["pairs"][0]["first"] == ann


def test_faces_of_hidden_duplicates_are_excluded_by_default(db: Database, settings: Settings) -> None:
    with db.write() as session:
        faces = add_faces(session, [UNSURE] * 3)
        session.get_one(Photo, session.get_one(Face, faces[1]).photo_id).hidden = True
    wanted = [ask(db, shares={ReviewReason.ALL: 100}, hidden=hidden) for hidden in (False, True)]
    work(db, settings)
    shown = [[face for face, _ in items_of(db, queue_id)] for queue_id in wanted]
    assert sorted(shown[0]) == [faces[0], faces[2]]
    assert faces[1] in shown[1]
