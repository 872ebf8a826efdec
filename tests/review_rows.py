"""Rows for tests of review: people, faces, predictions and queues."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from core.accounts import ensure_owner
from core.database import Database, read_clock
from core.review.answers.action import Reviewer
from core.review.options import QueueOptions
from models import (
    FIRST_SLOT,
    Account,
    ClassifierVersion,
    Decision,
    Face,
    ItemState,
    Label,
    Photo,
    Prediction,
    QueueState,
    ReviewItem,
    ReviewQueue,
    ReviewReason,
    Role,
)

LABELS = tuple(Label)
TODAY = date(2026, 11, 25)
Row = tuple[float, float, float, float]


def add_people(session: Session, *names: str) -> list[int]:
    """Add reviewers; returns their ids."""
    people = [
        Account(
            name=name,
            role=Role.REVIEWER,
            password_hash=None,
            created_at=read_clock(session),
        )
        for name in names
    ]
    session.add_all(people)
    session.flush()
    return [person.id for person in people]


def add_champion(session: Session, sha256: str = "c" * 64, *, champion: bool = True) -> int:
    """Add a classifier version, unless it exists; returns its id."""
    known = session.scalars(
        select(ClassifierVersion.id).where(ClassifierVersion.sha256 == sha256)
    ).one_or_none()
    if known is not None:
        return known
    version = ClassifierVersion(
        name="test", sha256=sha256, champion=champion, card={}, created_at=read_clock(session)
    )
    session.add(version)
    session.flush()
    return version.id


def add_faces(session: Session, probabilities: Sequence[Row], version_id: int | None = None) -> list[int]:
    """Add a photo with one face for each row of probabilities; returns the face ids in order."""
    version_id = version_id or add_champion(session)
    now = read_clock(session)
    first = (session.scalars(select(Photo.id).order_by(Photo.id.desc()).limit(1)).one_or_none() or 0) + 1
    ids = range(first, first + len(probabilities))
    photo = {
        "bytes": 9,
        "width": 640,
        "height": 480,
        "format": "JPEG",
        "frames": 1,
        "stored": False,
        "created_at": now,
    }
    face = {
        "detector_key": "yunet", "ordinal": 0, "x1": 100, "y1": 80, "x2": 180, "y2": 180, "score": 0.9,
        "landmarks": [], "created_at": now,
    }  # fmt: skip
    session.execute(insert(Photo), [photo | {"id": n, "sha256": f"{n:064x}"} for n in ids])
    session.execute(insert(Face), [face | {"id": n, "photo_id": n} for n in ids])
    if session.get_bind().dialect.name == "postgresql":
        for table in ("photo", "face"):
            highest = f"(SELECT max(id) FROM {table})"
            session.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {highest})"))
    add_predictions(session, ids, probabilities, version_id)
    return list(ids)


def add_predictions(
    session: Session, faces: Sequence[int], probabilities: Sequence[Row], version_id: int
) -> None:
    """Add predictions of a version for these faces."""
    session.execute(
        insert(Prediction),
        [
            {
                "face_id": face,
                "classifier_version_id": version_id,
                "label": LABELS[row.index(max(row))],
                **{label.value: value for label, value in zip(LABELS, row, strict=True)},
            }
            for face, row in zip(faces, probabilities, strict=True)
        ],
    )


def add_queue(
    session: Session,
    faces: Sequence[int],
    *,
    reason: ReviewReason = ReviewReason.ALL,
    second: bool = False,
    guess: Label = Label.WITH_MASK,
    **options: object,
) -> int:
    """Add an open queue of these faces in this order; returns its id."""
    chosen = QueueOptions(**({"second_percent": 0, "gold_percent": 0} | options))
    queue = ReviewQueue(
        title="Queue", state=QueueState.OPEN, options=chosen.to_json(), account_id=ensure_owner(session).id,
        items=len(faces), items_decided=0, created_at=read_clock(session),
    )  # fmt: skip
    session.add(queue)
    session.flush()
    rows = [
        {
            "queue_id": queue.id, "face_id": face, "seat": FIRST_SLOT, "rank": rank, "reason": reason,
            "second": second, "guess": guess, "guess_score": 1 - rank / 1_000_000, "state": ItemState.WAITING,
        }
        for rank, face in enumerate(faces)
    ]  # fmt: skip
    for start in range(0, len(rows), 5_000):
        session.execute(insert(ReviewItem), rows[start : start + 5_000])
    return queue.id


def reviewer(account_id: int, holder: str = "tab") -> Reviewer:
    """A tab of a person."""
    return Reviewer(account_id=account_id, holder=f"{holder}-{account_id}", day=TODAY)


def decisions_of(db: Database, face_id: int) -> list[tuple[int | None, Label | None]]:
    """(account, label) of the decisions about a face, oldest first."""
    with db.read() as session:
        query = select(Decision.account_id, Decision.label).where(Decision.face_id == face_id)
        return list(session.execute(query.order_by(Decision.id)))
