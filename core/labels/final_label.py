"""The three labels of a face: what a version predicted, what people decided, and the final one of both.

`label_columns` says the same in SQL; a test compares the two.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from core.database import in_slices
from core.labels.contested import read_contested
from core.labels.shown_label import shown_label
from models import BoxState, Decision, Label


class PredictedLabel(StrEnum):
    """What a classifier version says about a face, at the job's threshold."""

    WITH_MASK = "with_mask"
    WITHOUT_MASK = "without_mask"
    INCORRECT = "incorrect"
    INDETERMINATE = "indeterminate"
    NOT_A_FACE = "not_a_face"

    @property
    def words(self) -> str:
        """The label in plain words."""
        return self.value.replace("_", " ")


class DecidedLabel(StrEnum):
    """What people or an imported set say about a face; None stands for a face that nobody decided."""

    WITH_MASK = "with_mask"
    WITHOUT_MASK = "without_mask"
    INCORRECT = "incorrect"
    NOT_A_FACE = "not_a_face"
    #: Two people answered differently, and nobody has settled it.
    CONFLICT = "conflict"
    #: The newest decision says that the picture does not show which label is right.
    CANNOT_TELL = "cannot_tell"

    @property
    def label(self) -> Label | None:
        """The label that the decision gives; None for a conflict and "can't tell"."""
        return None if self in (DecidedLabel.CONFLICT, DecidedLabel.CANNOT_TELL) else Label(self.value)

    @property
    def words(self) -> str:
        """The decision in plain words."""
        return "can't tell" if self is DecidedLabel.CANNOT_TELL else self.value.replace("_", " ")


class FinalLabel(StrEnum):
    """The label that results count, in the order of their tables."""

    WITH_MASK = "with_mask"
    WITHOUT_MASK = "without_mask"
    INCORRECT = "incorrect"
    #: The prediction is not certain and nobody decided, or people disagree or cannot tell.
    INDETERMINATE = "indeterminate"
    #: A box without a decision and without a prediction.
    NOT_LABELLED = "not_labelled"
    NOT_A_FACE = "not_a_face"
    #: A person removed the box, or replaced it by another one, which has its own labels.
    REMOVED = "removed"

    @property
    def counts(self) -> bool:
        """Whether the face is one of the photo's faces."""
        return self not in (FinalLabel.NOT_A_FACE, FinalLabel.REMOVED)

    @property
    def words(self) -> str:
        """The label in plain words."""
        return "not labelled yet" if self is FinalLabel.NOT_LABELLED else self.value.replace("_", " ")


#: The labels of faces that count.
COUNTED_LABELS = tuple(label for label in FinalLabel if label.counts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """What was decided about a face, by its newest decision that is not undone."""

    label: DecidedLabel
    #: When the newest decision was made; None for a conflict whose decisions are undone.
    at: datetime | None = None
    #: Who made it; None for an imported set, a deleted account, and a conflict.
    account_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FaceLabels:
    """The three labels of a face."""

    #: None without a prediction of the job's version, as for drawn boxes.
    predicted: PredictedLabel | None
    #: None for a face that nobody decided.
    decided: Decided | None = None
    box_state: BoxState | None = None

    @property
    def final(self) -> FinalLabel:
        """The final label."""
        return final_label(
            self.predicted, self.decided.label if self.decided else None, box_state=self.box_state
        )


def predicted_label(label: Label, probability: float, indeterminate_below: float) -> PredictedLabel:
    """The predicted label of a face, given its most probable label and that label's probability."""
    shown = shown_label(label, probability, indeterminate_below)
    return PredictedLabel.NOT_A_FACE if shown is None else PredictedLabel(shown.value)


def final_label(
    predicted: PredictedLabel | None, decided: DecidedLabel | None, *, box_state: BoxState | None
) -> FinalLabel:
    """The decision where there is one, else the prediction.

    A person who cannot tell, and people who disagree, make a face indeterminate, whatever was predicted.
    """
    if box_state in (BoxState.REMOVED, BoxState.REPLACED):
        return FinalLabel.REMOVED
    if decided is not None:
        return FinalLabel.INDETERMINATE if decided.label is None else FinalLabel(decided.value)
    return FinalLabel.NOT_LABELLED if predicted is None else FinalLabel(predicted.value)


def read_decided(session: Session, face_ids: Collection[int]) -> dict[int, Decided]:
    """What was decided about each of these faces, by face id; faces without a decision are left out."""
    found: dict[int, Decided] = {}
    for ids in in_slices(set(face_ids)):
        found |= _read_newest(session, ids)
    for face_id in read_contested(session, face_ids):
        newest = found.get(face_id)
        found[face_id] = Decided(label=DecidedLabel.CONFLICT, at=newest.at if newest else None)
    return found


def _read_newest(session: Session, face_ids: Collection[int]) -> dict[int, Decided]:
    """The newest decisions that are not undone; the rules are those of `core.labels.decisions`."""
    query = select(
        Decision.face_id, Decision.account_id, Decision.label, Decision.cannot_tell, Decision.created_at
    )
    by_person: dict[tuple[int, int | None], Decided | None] = {}
    for row in session.execute(query.where(Decision.face_id.in_(face_ids)).order_by(Decision.id)):
        key = row.face_id, row.account_id
        # The newest decision of all is the last one of the dictionary.
        by_person.pop(key, None)
        by_person[key] = _decided(row)
    return {face_id: decided for (face_id, _), decided in by_person.items() if decided is not None}


def _decided(row: Row[*tuple[Any, ...]]) -> Decided | None:
    """What a row of `Decision` says; None if it undoes an earlier one."""
    if not row.cannot_tell and row.label is None:
        return None
    label = DecidedLabel.CANNOT_TELL if row.cannot_tell else DecidedLabel(row.label.value)
    return Decided(label=label, at=row.created_at, account_id=row.account_id)
