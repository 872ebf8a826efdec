"""Write flags, gold faces, measured agreement, and the labelling guide."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError
from core.review.guide import clean_texts
from core.review.queries import read_guide
from models import Agreement, Face, FaceFlag, GoldFace, GuideVersion, Label


def add_flag(session: Session, face_id: int, account_id: int) -> None:
    """Flag a face, unless it has an open flag."""
    query = select(FaceFlag.id).where(FaceFlag.face_id == face_id, FaceFlag.resolved_at.is_(None))
    if session.scalars(query).one_or_none() is None:
        session.add(FaceFlag(face_id=face_id, account_id=account_id, created_at=read_clock(session)))
        session.flush()


def resolve_flags(session: Session, face_ids: Collection[int]) -> None:
    """Resolve the open flags of these faces."""
    session.execute(
        update(FaceFlag)
        .where(FaceFlag.face_id.in_(face_ids), FaceFlag.resolved_at.is_(None))
        .values(resolved_at=read_clock(session))
        .execution_options(synchronize_session=False)
    )


def set_gold(session: Session, face_id: int, label: Label, *, account_id: int) -> None:
    """Make a face a gold face, or change its label; raises InputError face_not_found."""
    if session.get(Face, face_id) is None:
        raise InputError("face_not_found", f"There is no face {face_id}.")
    gold = session.get(GoldFace, face_id)
    if gold is None:
        gold = GoldFace(face_id=face_id, account_id=account_id, created_at=read_clock(session))
        session.add(gold)
    gold.label = label


def remove_gold(session: Session, face_id: int) -> None:
    """Make a gold face an ordinary one; the decisions that reviewers made on it are kept."""
    session.execute(delete(GoldFace).where(GoldFace.face_id == face_id))


def save_agreement(session: Session, metrics: dict[str, Any], *, job_id: int) -> None:
    """Add a measurement, in the form that `measure_agreement` returns."""
    session.add(
        Agreement(
            faces=metrics["all"]["faces"], figures=metrics, job_id=job_id, created_at=read_clock(session)
        )
    )


def save_guide(session: Session, texts: Mapping[str, str], *, base: int, account_id: int) -> GuideVersion:
    """Add a version of the guide with these texts by section; `base` is the version that was edited.

    Raises InputError guide_too_long, or guide_changed if `base` is no longer the newest version.
    """
    if read_guide(session).number != base:
        raise InputError(
            "guide_changed", "Somebody has changed the guide meanwhile. Compare your text with the new one."
        )
    version = GuideVersion(texts=clean_texts(texts), account_id=account_id, created_at=read_clock(session))
    session.add(version)
    session.flush()
    return version
