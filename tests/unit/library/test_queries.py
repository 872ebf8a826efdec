"""The faces of one photo, as the page of the library shows them."""

from core.database import Database
from core.labels.decisions import Origin, add_decision
from core.library.queries import read_faces
from models import THIRD_SLOT, Face, ItemState, Label, ReviewItem, ReviewReason
from tests.review_rows import add_faces, add_people, add_queue


def test_one_of_two_opinions_is_no_decision(db: Database) -> None:
    with db.write() as session:
        [face_id] = add_faces(session, [(0.9, 0.05, 0.03, 0.02)])
        photo_id = session.get_one(Face, face_id).photo_id
        session.get_one(Face, face_id).detector_key = "drawn"
        ann, bea = add_people(session, "ann", "bea")
        for who, label in ((ann, Label.WITH_MASK), (bea, Label.INCORRECT)):
            add_decision(session, face_id, label, Origin(account_id=who, queue="review 1"))
        assert [face.decided for face in read_faces(session, photo_id)] == [Label.INCORRECT]
        session.add(
            ReviewItem(
                queue_id=add_queue(session, []), face_id=face_id, seat=THIRD_SLOT, rank=0,
                reason=ReviewReason.CONFLICT, second=False, guess=Label.WITH_MASK, guess_score=1,
                state=ItemState.WAITING,
            )
        )  # fmt: skip
        session.flush()
        assert [(face.decided, face.label) for face in read_faces(session, photo_id)] == [
            (None, Label.WITH_MASK)
        ]
