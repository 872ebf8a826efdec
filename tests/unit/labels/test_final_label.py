"""The predicted, decided and final label of a face, by the rule, the batched query and SQL."""

import pytest
from sqlalchemy import and_, select

from core.database import Database
from core.labels.decisions import Origin, add_decision
from core.labels.final_label import (
    DecidedLabel,
    FaceLabels,
    FinalLabel,
    PredictedLabel,
    final_label,
    predicted_label,
    read_decided,
)
from core.labels.label_columns import (
    counting_decision_id,
    decided_label_column,
    final_label_column,
    has_decision,
    predicted_label_column,
)
from models import (
    CHOICES,
    THIRD_SLOT,
    BoxState,
    Decision,
    Face,
    ItemState,
    Label,
    NoLabel,
    Prediction,
    ReviewItem,
    ReviewReason,
)
from tests.review_rows import Row, add_faces, add_people, add_queue

THRESHOLD = 0.6
SURE: Row = (0.9, 0.05, 0.03, 0.02)
UNSURE: Row = (0.3, 0.3, 0.25, 0.15)
NO_FACE: Row = (0.1, 0.1, 0.1, 0.7)


def labels_of(db: Database) -> dict[int, FaceLabels]:
    """The labels of all faces, by the rule; SQL must say the same about every one."""
    columns = (
        predicted_label_column(THRESHOLD),
        decided_label_column(),
        final_label_column(THRESHOLD),
        has_decision(),
        counting_decision_id(),
    )
    joined = and_(Prediction.face_id == Face.id)
    query = select(Face.id, Face.box_state, Prediction, *columns).outerjoin(Prediction, joined)
    found = {}
    with db.read() as session:
        decided = read_decided(session, session.scalars(select(Face.id)).all())
        for face_id, box_state, prediction, *by_sql in session.execute(query):
            predicted = prediction and predicted_label(
                prediction.label, getattr(prediction, prediction.label.value), THRESHOLD
            )
            labels = FaceLabels(predicted=predicted, decided=decided.get(face_id), box_state=box_state)
            *labels_by_sql, is_decided, decision_id = by_sql
            assert labels_by_sql == [predicted, labels.decided and labels.decided.label, labels.final]
            assert bool(is_decided) is (labels.decided is not None)
            if labels.decided is not None and labels.decided.at is not None:
                newest = session.get_one(Decision, decision_id)
                assert newest.created_at == labels.decided.at
            found[face_id] = labels
    return found


def decide(db: Database, face: int, choice: Label | NoLabel | None, who: int | None) -> None:
    with db.write() as session:
        add_decision(session, face, choice, Origin(account_id=who, queue="test"))


@pytest.mark.parametrize(
    ("row", "label"),
    [
        (SURE, PredictedLabel.WITH_MASK),
        (UNSURE, PredictedLabel.INDETERMINATE),
        (NO_FACE, PredictedLabel.NOT_A_FACE),
    ],
)
def test_an_undecided_face_has_its_prediction(db: Database, row: Row, label: PredictedLabel) -> None:
    with db.write() as session:
        [face] = add_faces(session, [row])
    labels = labels_of(db)[face]
    assert (labels.predicted, labels.decided, labels.final) == (label, None, FinalLabel(label.value))


@pytest.mark.parametrize("choice", CHOICES)
def test_a_decision_beats_every_prediction(db: Database, choice: Label | NoLabel) -> None:
    """A person who cannot tell leaves no label, even where the version is sure."""
    with db.write() as session:
        faces = add_faces(session, [SURE, UNSURE, NO_FACE])
        [ann] = add_people(session, "ann")
    for face in faces:
        decide(db, face, choice, ann)
    expected = FinalLabel.INDETERMINATE if choice is NoLabel.CANNOT_TELL else FinalLabel(choice.value)
    for labels in labels_of(db).values():
        assert labels.final is expected
        assert labels.decided is not None
        assert (labels.decided.label, labels.decided.account_id) == (DecidedLabel(choice.value), ann)


def test_the_newest_decision_that_is_not_undone_counts(db: Database) -> None:
    with db.write() as session:
        [face] = add_faces(session, [SURE])
        ann, bea = add_people(session, "ann", "bea")
    decide(db, face, Label.INCORRECT, ann)
    decide(db, face, Label.WITHOUT_MASK, None)
    decide(db, face, NoLabel.CANNOT_TELL, bea)
    assert labels_of(db)[face].final is FinalLabel.INDETERMINATE
    decide(db, face, None, bea)
    assert labels_of(db)[face].final is FinalLabel.WITHOUT_MASK
    decide(db, face, Label.INCORRECT, ann)
    assert labels_of(db)[face].final is FinalLabel.INCORRECT
    decide(db, face, None, ann)
    decide(db, face, None, None)
    assert labels_of(db)[face].decided is None


def test_an_open_conflict_leaves_no_label_until_it_is_settled(db: Database) -> None:
    with db.write() as session:
        [face] = add_faces(session, [SURE])
        ann, bea = add_people(session, "ann", "bea")
        queue = add_queue(session, [])
        item = ReviewItem(
            queue_id=queue, face_id=face, seat=THIRD_SLOT, rank=0, reason=ReviewReason.CONFLICT,
            second=False, guess=Label.WITH_MASK, guess_score=1, state=ItemState.WAITING,
        )  # fmt: skip
        session.add(item)
    decide(db, face, Label.WITH_MASK, ann)
    decide(db, face, Label.INCORRECT, bea)
    labels = labels_of(db)[face]
    assert labels.final is FinalLabel.INDETERMINATE
    assert labels.decided is not None
    assert (labels.decided.label, labels.decided.account_id) == (DecidedLabel.CONFLICT, None)
    with db.write() as session:
        session.get_one(ReviewItem, item.id).state = ItemState.DECIDED
    assert labels_of(db)[face].final is FinalLabel.INCORRECT


@pytest.mark.parametrize("state", BoxState)
def test_a_removed_or_replaced_box_is_removed_whatever_was_decided(db: Database, state: BoxState) -> None:
    with db.write() as session:
        [face] = add_faces(session, [SURE])
        session.get_one(Face, face).box_state = state
    decide(db, face, Label.INCORRECT, None)
    expected = FinalLabel.INCORRECT if state is BoxState.ACCEPTED else FinalLabel.REMOVED
    assert labels_of(db)[face].final is expected


def test_a_box_without_decision_and_prediction_is_not_labelled(db: Database) -> None:
    with db.write() as session:
        [face] = add_faces(session, [SURE])
        session.delete(session.scalars(select(Prediction)).one())
    labels = labels_of(db)[face]
    assert (labels.predicted, labels.decided, labels.final) == (None, None, FinalLabel.NOT_LABELLED)
    assert labels.final.counts


def test_what_does_not_count() -> None:
    counted = [label for label in FinalLabel if label.counts]
    assert counted == ["with_mask", "without_mask", "incorrect", "indeterminate", "not_labelled"]
    assert final_label(None, DecidedLabel.NOT_A_FACE, box_state=None) is FinalLabel.NOT_A_FACE
