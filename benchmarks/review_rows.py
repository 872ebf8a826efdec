"""Insert a large review queue and its reviewers into a database, for benchmarks and tests."""

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.accounts import add_account, ensure_owner, new_sign_in_link
from core.database import read_clock
from core.review.options import QueueOptions
from models import (
    FIRST_SLOT,
    ClassifierVersion,
    Face,
    ItemState,
    Label,
    Photo,
    QueueState,
    ReviewItem,
    ReviewQueue,
    ReviewReason,
    Role,
)

_AT_ONCE = 5_000


def add_queue(session: Session, faces: int, *, second_percent: int = 10) -> int:
    """Add an open queue of `faces` faces, ten per photo; returns its id."""
    now = read_clock(session)
    session.add(ClassifierVersion(name="load", sha256="1" * 64, champion=True, card={}, created_at=now))
    photo = {
        "bytes": 1, "width": 640, "height": 480, "format": "JPEG", "frames": 1, "stored": False,
        "created_at": now,
    }  # fmt: skip
    face = {
        "detector_key": "load", "x1": 10, "y1": 10, "x2": 60, "y2": 70, "score": 0.9, "landmarks": [],
        "created_at": now,
    }  # fmt: skip
    _insert(session, Photo, [photo | {"id": n + 1, "sha256": f"{n:064x}"} for n in range(-(-faces // 10))])
    rows = [face | {"id": n + 1, "photo_id": n // 10 + 1, "ordinal": n % 10} for n in range(faces)]
    _insert(session, Face, rows)
    return add_queue_of(session, faces, second_percent=second_percent)


def add_queue_of(session: Session, faces: int, *, second_percent: int = 10) -> int:
    """Add an open queue of the faces with the numbers 1 to `faces`, which are there; returns its id."""
    now, owner = read_clock(session), ensure_owner(session)
    queue = ReviewQueue(
        title="Load", state=QueueState.OPEN, options=QueueOptions(second_percent=second_percent).to_json(),
        account_id=owner.id, items=faces, items_decided=0, created_at=now,
    )  # fmt: skip
    session.add(queue)
    session.flush()
    labels = list(Label)
    item = {
        "queue_id": queue.id, "seat": FIRST_SLOT, "reason": ReviewReason.UNCERTAIN,
        "state": ItemState.WAITING,
    }  # fmt: skip
    items = [
        item
        | {"face_id": n + 1, "rank": n, "second": n % 100 < second_percent}
        | {"guess": labels[n % 3], "guess_score": 0.5 + n % 50 / 100}
        for n in range(faces)
    ]
    _insert(session, ReviewItem, items)
    return queue.id


def add_reviewers(session: Session, count: int) -> list[str]:
    """Add reviewers; returns the secrets of their sign-in links."""
    names = [add_account(session, f"reviewer-{n}", Role.REVIEWER).name for n in range(count)]
    return [new_sign_in_link(session, name=name) for name in names]


def _insert(session: Session, table: type, rows: list[dict[str, object]]) -> None:
    for start in range(0, len(rows), _AT_ONCE):
        session.execute(insert(table), rows[start : start + _AT_ONCE])
