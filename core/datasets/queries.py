"""Read datasets and their faces, the current labels of faces, and the differences between two datasets."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, islice

from sqlalchemy import Row, Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from core.datasets.content import FaceLabel
from core.datasets.labelled_face import LabelledFace, source_name
from core.detection.face import Box
from core.errors import InputError, PermanentError
from core.labels.contested import select_contested
from core.labels.decisions import current_decisions
from models import (
    Dataset,
    DatasetFace,
    Decision,
    Face,
    Label,
    Photo,
    Source,
    Split,
    SplitGroup,
    box_is_current,
)

_SLICE = 500
_READ_AHEAD = 5_000
#: Differences are counted up to this many, so that no page waits for a count of a million rows.
MOST_COUNTED = 10_000


def get_dataset(session: Session, dataset_id: int) -> Dataset:
    """The dataset; InputError dataset_not_found."""
    dataset = session.get(Dataset, dataset_id)
    if dataset is None:
        raise InputError("dataset_not_found", f"There is no dataset {dataset_id}.")
    return dataset


def list_datasets(session: Session, *, before_id: int | None = None, limit: int = 30) -> list[Dataset]:
    """Datasets, newest first; `before_id` is the last id of the page before."""
    query = select(Dataset).order_by(Dataset.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(Dataset.id < before_id)
    return list(session.scalars(query))


def read_faces(
    session: Session, dataset_id: int, splits: Collection[Split] = tuple(Split)
) -> list[LabelledFace]:
    """The faces of some splits of a dataset, by id. Training must call `read_training_faces` instead."""
    sources = _first_sources(session, dataset_id)
    return [_labelled_face(row, sources) for row in session.execute(_select_faces(dataset_id, splits))]


def _select_faces(dataset_id: int, splits: Collection[Split]) -> Select[DatasetFace, Face, str, str | None]:
    return (
        select(DatasetFace, Face, Photo.sha256, Decision.mask_kind)
        .join(Face, Face.id == DatasetFace.face_id)
        .join(Photo, Photo.id == Face.photo_id)
        .outerjoin(Decision, Decision.id == DatasetFace.decision_id)
        .where(DatasetFace.dataset_id == dataset_id, DatasetFace.split.in_(splits))
        .order_by(DatasetFace.face_id)
    )


def _first_sources(session: Session, dataset_id: int) -> dict[int, Source]:
    """The first source of each photo of the dataset."""
    photos = (
        select(Face.photo_id)
        .join(DatasetFace, DatasetFace.face_id == Face.id)
        .where(DatasetFace.dataset_id == dataset_id)
    )
    first = select(func.min(Source.id)).where(Source.photo_id.in_(photos)).group_by(Source.photo_id)
    return {source.photo_id: source for source in session.scalars(select(Source).where(Source.id.in_(first)))}


def _labelled_face(row: Row[DatasetFace, Face, str, str | None], sources: dict[int, Source]) -> LabelledFace:
    entry, face, sha256, mask_kind = row
    source = sources.get(face.photo_id)
    return LabelledFace(
        face_id=face.id,
        photo_id=face.photo_id,
        photo_sha256=sha256,
        box=Box(x1=face.x1, y1=face.y1, x2=face.x2, y2=face.y2),
        landmarks=tuple((x, y) for x, y in face.landmarks),
        score=face.score,
        detector_key=face.detector_key,
        label=entry.label,
        split=entry.split,
        blur=face.blur,
        source_kind=source.kind if source else None,
        source=source_name(source.kind, source.name) if source else "unknown",
        mask_kind=mask_kind,
    )


def list_faces(
    session: Session,
    dataset_id: int,
    *,
    split: Split | None = None,
    label: Label | None = None,
    after_face: int = 0,
    limit: int = 60,
) -> list[DatasetFace]:
    """Faces by id, of one split and label where given; `after_face` is the last id of the page before."""
    query = select(DatasetFace).where(DatasetFace.dataset_id == dataset_id, DatasetFace.face_id > after_face)
    if split is not None:
        query = query.where(DatasetFace.split == split)
    if label is not None:
        query = query.where(DatasetFace.label == label)
    return list(session.scalars(query.order_by(DatasetFace.face_id).limit(limit)))


def read_training_faces(session: Session, dataset_id: int) -> list[LabelledFace]:
    """The train and validation faces of a dataset; PermanentError golden_face.

    Training reads faces through this function only, so that it never sees a test face.
    """
    faces = read_faces(session, dataset_id, (Split.TRAIN, Split.VALIDATION))
    refuse_golden(session, (face.face_id for face in faces))
    return faces


def refuse_golden(session: Session, face_ids: Iterable[int]) -> None:
    """Raise PermanentError golden_face where a face, or one of its split group, is in a golden test set."""
    golden = _golden_groups(session)
    if not golden:
        return
    remaining = iter(face_ids)
    while some := list(islice(remaining, _SLICE)):
        for face_id, group in session.execute(_select_groups().where(Face.id.in_(some))):
            if group in golden:
                raise PermanentError(
                    "golden_face",
                    f"Face {face_id} belongs to a golden test set, which is never trained on. "
                    "Freeze a new dataset.",
                )


def _select_groups() -> Select[int, int]:
    """Face ids with the split group of their photo; without a group, the negative photo id does."""
    return select(Face.id, func.coalesce(Photo.split_group_id, -Photo.id)).join(
        Photo, Photo.id == Face.photo_id
    )


def _golden_groups(session: Session) -> set[int]:
    golden = _select_groups().join(DatasetFace, DatasetFace.face_id == Face.id)
    golden = golden.join(Dataset, Dataset.id == DatasetFace.dataset_id)
    golden = golden.where(DatasetFace.split == Split.TEST, Dataset.pinned_at.is_not(None))
    return {group for _, group in session.execute(golden)}


def find_golden_dataset(session: Session) -> Dataset | None:
    """The dataset that was pinned last, whose test faces the gate uses; None where none is pinned."""
    return session.scalars(
        select(Dataset)
        .where(Dataset.pinned_at.is_not(None))
        .order_by(Dataset.pinned_at.desc(), Dataset.id.desc())
        .limit(1)
    ).one_or_none()


def iterate_current_labels(session: Session) -> Iterator[FaceLabel]:
    """Every decided face, streamed, grouped by photo."""
    current = current_decisions()
    query = (
        select(Face, Photo.sha256, Photo.phash, SplitGroup.split, current.c.id, current.c.label)
        .join(current, current.c.face_id == Face.id)
        .join(Photo, Photo.id == Face.photo_id)
        .outerjoin(SplitGroup, SplitGroup.id == Photo.split_group_id)
        .where(box_is_current())
        .order_by(Face.photo_id, Face.id, current.c.id)
        .execution_options(yield_per=_READ_AHEAD)
    )
    contested = set(session.scalars(select_contested()))
    for face_id, rows in groupby(session.execute(query), key=lambda row: row[0].id):
        yield _face_label(list(rows), contested=face_id in contested)


def _face_label(
    rows: list[Row[Face, str, int | None, Split | None, int, Label | None]], *, contested: bool
) -> FaceLabel:
    """From the current decisions of one face, oldest first: the newest counts."""
    face, sha256, phash, split, decision_id, label = rows[-1]
    return FaceLabel(
        face_id=face.id,
        photo_id=face.photo_id,
        photo_sha256=sha256,
        detector_key=face.detector_key,
        box=(face.x1, face.y1, face.x2, face.y2),
        decision_id=decision_id,
        label=label,
        agreeing=Counter(row[-1] for row in rows)[label],
        contested=contested,
        hashed=phash is not None,
        split=split,
    )


class Difference(StrEnum):
    """How a face differs between an earlier and a later dataset."""

    ADDED = "added"
    REMOVED = "removed"
    RELABELLED = "relabelled"


@dataclass(frozen=True, kw_only=True)
class DifferentFace:
    """A face that differs; `before` is None for an added face, `after` for a removed one."""

    face_id: int
    split: Split
    before: Label | None
    after: Label | None


def count_differences(session: Session, before_id: int, after_id: int) -> dict[Difference, int]:
    """The number of faces of each difference, up to `MOST_COUNTED`."""
    return {
        kind: session.scalars(
            select(func.count()).select_from(
                _select_different(before_id, after_id, kind).limit(MOST_COUNTED).subquery()
            )
        ).one()
        for kind in Difference
    }


def list_differences(
    session: Session, before_id: int, after_id: int, kind: Difference, *, after_face: int = 0, limit: int = 60
) -> list[DifferentFace]:
    """Faces of one difference, by id; `after_face` is the last id of the page before."""
    query = _select_different(before_id, after_id, kind).limit(limit)
    rows = session.execute(query.where(query.selected_columns[0] > after_face))
    return [
        DifferentFace(face_id=face_id, split=split, before=before, after=after)
        for face_id, split, before, after in rows
    ]


def _select_different(
    before_id: int, after_id: int, kind: Difference
) -> Select[int, Split, Label | None, Label | None]:
    """Rows of (face id, split, label before, label after)."""
    mine, theirs = aliased(DatasetFace), aliased(DatasetFace)
    mine_id, their_id = (before_id, after_id) if kind is Difference.REMOVED else (after_id, before_id)
    same = and_(theirs.dataset_id == their_id, theirs.face_id == mine.face_id)
    labels = (mine.label, theirs.label) if kind is Difference.REMOVED else (theirs.label, mine.label)
    query = select(mine.face_id, mine.split, *labels).outerjoin(theirs, same)
    differs = (
        theirs.label.is_not(None) & (theirs.label != mine.label)
        if kind is Difference.RELABELLED
        else theirs.face_id.is_(None)
    )
    return query.where(mine.dataset_id == mine_id, differs).order_by(mine.face_id)
