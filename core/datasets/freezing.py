"""Freeze what counts now into a numbered dataset that never changes."""

from collections import Counter
from collections.abc import Collection

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.datasets.content import Content
from core.datasets.options import FreezeOptions
from core.errors import InputError
from models import Dataset, DatasetFace, Source

_AT_ONCE = 5_000
#: Licence of a source that tells none.
UNKNOWN_LICENCE = "unknown"


def freeze(
    session: Session, content: Content, options: FreezeOptions, *, title: str, account_id: int | None
) -> Dataset:
    """Write the dataset; the same content again is the dataset that is there already.

    InputError nothing_to_freeze where no labelled face may go in.
    """
    if not content.entries:
        raise InputError("nothing_to_freeze", _nothing(content))
    known = select(Dataset).where(Dataset.content_sha256 == content.sha256)
    found = session.scalars(known).one_or_none()
    if found is not None:
        return found
    dataset = Dataset(
        title=title,
        content_sha256=content.sha256,
        options=options.to_json(),
        faces=len(content.entries),
        photos=len(content.photos),
        counts=content.counts(),
        licences=_licences(session, content.photos),
        account_id=account_id,
        created_at=read_clock(session),
    )
    session.add(dataset)
    session.flush()
    _write_faces(session, dataset.id, content)
    return dataset


def _write_faces(session: Session, dataset_id: int, content: Content) -> None:
    for start in range(0, len(content.entries), _AT_ONCE):
        rows = [
            {
                "dataset_id": dataset_id,
                "face_id": entry.face_id,
                "label": entry.label,
                "split": entry.split,
                "decision_id": entry.decision_id,
            }
            for entry in content.entries[start : start + _AT_ONCE]
        ]
        session.execute(insert(DatasetFace), rows)


def _licences(session: Session, photos: Collection[int]) -> dict[str, int]:
    """Photos by licence; a photo counts under the first licence that one of its sources tells."""
    ids, licences = sorted(photos), dict.fromkeys(photos, UNKNOWN_LICENCE)
    for start in range(0, len(ids), _AT_ONCE):
        told = (
            select(Source.photo_id, Source.licence)
            .where(Source.photo_id.in_(ids[start : start + _AT_ONCE]), Source.licence.is_not(None))
            .order_by(Source.id.desc())
        )
        licences.update({photo_id: licence or "" for photo_id, licence in session.execute(told)})
    return dict(Counter(licences.values()))


def _nothing(content: Content) -> str:
    left_out = sum(content.left_out.values())
    if left_out:
        return (
            f"All of the {left_out} labelled faces are left out by the options or for want of their photos."
        )
    return "No face has a label yet. Import a labelled set, or decide faces in a review queue."
