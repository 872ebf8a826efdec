"""Write datasets: freeze the current labels, and pin the golden test set."""

from collections import Counter
from collections.abc import Collection

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.datasets.content import Content
from core.datasets.options import FreezeOptions
from core.datasets.queries import get_dataset
from core.errors import InputError
from models import Dataset, DatasetFace, Source

_SLICE = 5_000
#: Counted as the licence of a photo whose sources name none.
UNKNOWN_LICENCE = "unknown"


def freeze(
    session: Session, content: Content, options: FreezeOptions, *, title: str, account_id: int | None
) -> Dataset:
    """Write a dataset, or return the existing one with the same content; InputError nothing_to_freeze."""
    if not content.entries:
        raise InputError("nothing_to_freeze", _nothing_message(content))
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
        licences=count_licences(session, content.photos),
        account_id=account_id,
        created_at=read_clock(session),
    )
    session.add(dataset)
    session.flush()
    _write_faces(session, dataset.id, content)
    return dataset


def _write_faces(session: Session, dataset_id: int, content: Content) -> None:
    for start in range(0, len(content.entries), _SLICE):
        rows = [
            {
                "dataset_id": dataset_id,
                "face_id": entry.face_id,
                "label": entry.label,
                "split": entry.split,
                "decision_id": entry.decision_id,
            }
            for entry in content.entries[start : start + _SLICE]
        ]
        session.execute(insert(DatasetFace), rows)


def count_licences(session: Session, photos: Collection[int]) -> dict[str, int]:
    """Photos by licence; a photo has the licence of its first source that names one."""
    ids, licences = sorted(photos), dict.fromkeys(photos, UNKNOWN_LICENCE)
    for start in range(0, len(ids), _SLICE):
        named = (
            select(Source.photo_id, Source.licence)
            .where(Source.photo_id.in_(ids[start : start + _SLICE]), Source.licence.is_not(None))
            .order_by(Source.id.desc())
        )
        licences.update({photo_id: licence or "" for photo_id, licence in session.execute(named)})
    return dict(Counter(licences.values()))


def _nothing_message(content: Content) -> str:
    if content.left_out:
        return f"No decided face can be included: {content.left_out_words}."
    return "No face has a label yet. Import a labelled set, or label faces in a review queue."


def pin_golden(session: Session, dataset_id: int) -> Dataset:
    """Pin the test split of a dataset as the golden test set; no effect where it is pinned already."""
    dataset = get_dataset(session, dataset_id)
    if dataset.pinned_at is None:
        dataset.pinned_at = read_clock(session)
    return dataset
