"""Flags on faces."""

from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import read_clock
from models import FaceFlag


def set_flag(session: Session, face_id: int, account_id: int) -> None:
    """Flag a face; one that is flagged stays so."""
    query = select(FaceFlag.id).where(FaceFlag.face_id == face_id, FaceFlag.resolved_at.is_(None))
    if session.scalars(query).one_or_none() is None:
        session.add(FaceFlag(face_id=face_id, account_id=account_id, created_at=read_clock(session)))
        session.flush()


def take_flags(session: Session, face_ids: Collection[int]) -> None:
    """Resolve the open flags of these faces."""
    session.execute(
        update(FaceFlag)
        .where(FaceFlag.face_id.in_(face_ids), FaceFlag.resolved_at.is_(None))
        .values(resolved_at=read_clock(session))
        .execution_options(synchronize_session=False)
    )


def flagged_among(session: Session, face_ids: Collection[int]) -> set[int]:
    """Which of these faces have an open flag."""
    query = select(FaceFlag.face_id).where(FaceFlag.face_id.in_(face_ids), FaceFlag.resolved_at.is_(None))
    return set(session.scalars(query))


def list_flags(session: Session, *, before_id: int | None = None, limit: int = 60) -> list[FaceFlag]:
    """Open flags, newest first."""
    query = select(FaceFlag).where(FaceFlag.resolved_at.is_(None)).order_by(FaceFlag.id.desc())
    if before_id is not None:
        query = query.where(FaceFlag.id < before_id)
    return list(session.scalars(query.limit(limit)))
