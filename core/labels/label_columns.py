"""The three labels of `final_label` as SQL expressions about rows of `Face` and `Prediction`."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    case,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import QueryableAttribute, aliased

from core.labels.contested import select_contested
from core.labels.decisions import is_replaced
from core.labels.final_label import DecidedLabel, FinalLabel, PredictedLabel
from models import Decision, Face, Label, Prediction, ReviewItem, box_is_current


def counting_decision_id() -> ColumnElement[int | None]:
    """Id of the newest decision about the face that is not undone; NULL without one."""
    decision = aliased(Decision)
    return (
        select(func.max(decision.id))
        .where(decision.face_id == Face.id, _says_something(decision), not_(is_replaced(decision)))
        .correlate(Face)
        .scalar_subquery()
    )


def has_decision() -> ColumnElement[bool]:
    """Condition on a face: a decision about it counts, or people disagree about it."""
    decision = aliased(Decision)
    counts = exists().where(
        decision.face_id == Face.id, _says_something(decision), not_(is_replaced(decision))
    )
    return or_(counts.correlate(Face), is_contested())


def is_contested() -> ColumnElement[bool]:
    """Condition on a face: two people answered differently, and nobody has settled it."""
    return select_contested().where(ReviewItem.face_id == Face.id).correlate(Face).exists()


def decided_label_column() -> ColumnElement[str | None]:
    """A value of `DecidedLabel`; NULL for a face that nobody decided."""
    decision = aliased(Decision)
    value = case((decision.cannot_tell, literal(DecidedLabel.CANNOT_TELL.value)), else_=_text(decision.label))
    newest = select(value).where(decision.id == counting_decision_id()).correlate(Face).scalar_subquery()
    return case((is_contested(), literal(DecidedLabel.CONFLICT.value)), else_=newest)


def predicted_label_column(indeterminate_below: float) -> ColumnElement[str | None]:
    """A value of `PredictedLabel`; NULL where an outer join finds no row of `Prediction`."""
    is_unsure = or_(
        *(
            and_(Prediction.label == label, getattr(Prediction, label.value) < indeterminate_below)
            for label in Label
            if label is not Label.NOT_A_FACE
        )
    )
    return case((is_unsure, literal(PredictedLabel.INDETERMINATE.value)), else_=_text(Prediction.label))


def final_label_column(indeterminate_below: float) -> ColumnElement[str]:
    """A value of `FinalLabel`, of a face that is joined with its prediction by an outer join."""
    decided, predicted = decided_label_column(), predicted_label_column(indeterminate_below)
    without_label = (DecidedLabel.CONFLICT.value, DecidedLabel.CANNOT_TELL.value)
    return case(
        (not_(box_is_current()), literal(FinalLabel.REMOVED.value)),
        (decided.in_(without_label), literal(FinalLabel.INDETERMINATE.value)),
        else_=func.coalesce(decided, predicted, literal(FinalLabel.NOT_LABELLED.value)),
    )


def _says_something(decision: type[Decision]) -> ColumnElement[bool]:
    return decision.label.is_not(None) | decision.cannot_tell


def _text(label: ColumnElement[Any] | QueryableAttribute[Any]) -> ColumnElement[str]:
    """The stored text of a label, so that values that are no `Label` may stand beside it."""
    return type_coerce(label, String)
