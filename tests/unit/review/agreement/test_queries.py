"""Metrics of each person: speed, gold faces, and agreement with hidden predictions."""

import uuid

from core.database import Database
from core.labels.decisions import Origin
from core.review.agreement.queries import Share, read_reviewers
from core.review.answers.action import Action, ActionKind, Reviewer
from core.review.answers.exchange import Exchange, TabRequest, exchange
from core.review.answers.outside_decisions import decide_face
from core.review.queues.queries import get_queue
from core.review.store import set_gold
from models import Label, ReviewReason
from tests.review_rows import add_faces, add_people, add_queue, reviewer

SURE = (0.9, 0.05, 0.03, 0.02)


def _go(db: Database, queue_id: int, who: Reviewer, *actions: Action, want: int = 0) -> Exchange:
    with db.write() as session:
        return exchange(session, get_queue(session, queue_id), who, TabRequest(actions=actions, want=want))


def _act(kind: ActionKind, item: int, label: Label) -> Action:
    return Action(key=str(uuid.uuid4()), kind=kind, choices={item: label}, milliseconds=1800)


def test_speed_and_first_decisions_on_audit_faces(db: Database) -> None:
    with db.write() as session:
        ann, ben = add_people(session, "ann", "ben")
        faces = add_faces(session, [SURE] * 4)
        queue_id = add_queue(session, faces, reason=ReviewReason.AUDIT)
        decide_face(session, faces[0], Label.WITH_MASK, Origin(account_id=ann, queue="results"))
    who = reviewer(ann)
    items = [face.item for face in _go(db, queue_id, who, want=3).faces]
    for item, label in zip(items, (Label.INCORRECT, Label.WITH_MASK, Label.WITH_MASK), strict=True):
        _go(db, queue_id, who, _act(ActionKind.DECIDE, item, label))
    # The prediction is visible by now, so this decision does not count.
    _go(db, queue_id, who, _act(ActionKind.CHANGE, items[0], Label.WITH_MASK))
    with db.read() as session:
        (metrics,) = read_reviewers(session)
    assert (metrics.account.name, metrics.decided, metrics.faces_per_hour) == ("ann", 3, 2000)
    assert metrics.audit == Share(correct=2, faces=3)
    assert (metrics.gold, ben in [metrics.account.id]) == (Share(correct=0, faces=0), False)


def test_answers_to_gold_faces(db: Database) -> None:
    with db.write() as session:
        (ann,) = add_people(session, "ann")
        known = add_faces(session, [SURE] * 40)
        for face in known:
            set_gold(session, face, Label.INCORRECT, account_id=ann)
        queue_id = add_queue(session, add_faces(session, [SURE] * 40), gold_percent=20)
    who, gold = reviewer(ann), []
    while not gold:
        gold = [face.item for face in _go(db, queue_id, who, want=10).faces if face.face in known]
    _go(db, queue_id, who, _act(ActionKind.DECIDE, gold[0], Label.INCORRECT))
    with db.read() as session:
        assert read_reviewers(session)[0].gold == Share(correct=1, faces=1)
