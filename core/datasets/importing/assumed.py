"""Take back the labels that an import assumed; not in `store`, whose image libraries pages do without."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from core.database import IDS_PER_QUERY, read_clock
from core.predict.final_counts import refresh_faces
from models import Decision, Label

QUEUE = "import"


def take_back_assumed(session: Session, job_id: int) -> int:
    """Take back all that an import assumed and no later import changed; returns how many labels."""
    assumed = select(Decision.face_id).where(Decision.job_id == job_id, Decision.assumed)
    before = last_imported(session, list(session.scalars(assumed)))
    now = read_clock(session)
    rows: list[dict[str, Any]] = [
        {"face_id": face_id, "label": None, "queue": QUEUE, "job_id": job_id, "created_at": now}
        for face_id, (_, was_assumed) in before.items()
        if was_assumed
    ]
    if rows:
        session.execute(insert(Decision), rows)
        refresh_faces(session, [row["face_id"] for row in rows])
    return len(rows)


def last_imported(session: Session, face_ids: Sequence[int]) -> dict[int, tuple[Label | None, bool]]:
    """The label that an import gave last, and whether it was assumed, by face id."""
    before: dict[int, tuple[Label | None, bool]] = {}
    for start in range(0, len(face_ids), IDS_PER_QUERY):
        last = (
            select(func.max(Decision.id))
            .where(Decision.face_id.in_(face_ids[start : start + IDS_PER_QUERY]), Decision.queue == QUEUE)
            .group_by(Decision.face_id)
        )
        query = select(Decision.face_id, Decision.label, Decision.assumed).where(Decision.id.in_(last))
        before |= {face_id: (label, assumed) for face_id, label, assumed in session.execute(query)}
    return before
