"""Exchanges of a reviewer's tab on both databases: leases, decisions, undo, conflicts."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.boxes.change import BoxChange
from core.boxes.store import apply_change, undo_edit
from core.database import Database, read_clock
from core.labels.decisions import Origin, add_decision
from core.review.answers.action import Action, ActionKind
from core.review.answers.leases import release_tab, return_expired
from core.review.answers.outside_decisions import decide_face
from core.review.answers.queries import read_past
from core.review.queues.queries import get_queue, read_label_counts
from core.review.queues.store import close_queue
from core.review.store import set_gold
from models import (
    FIRST_SLOT,
    Face,
    FaceFlag,
    ItemState,
    Label,
    ReviewDay,
    ReviewItem,
    ReviewReason,
)
from tests.review_desk import SURE, Desk, act, decide
from tests.review_rows import add_faces, decisions_of, reviewer


@pytest.fixture
def desk(db: Database) -> Desk:
    return Desk(db)


def test_faces_are_leased_in_rank_order_to_one_tab(desk: Desk) -> None:
    first = desk.go(desk.ann, want=2)
    second = desk.go(desk.ben, want=2)
    third = desk.go(reviewer(desk.people[0], "other tab"), want=9)
    assert [f.face for f in first.faces] == desk.faces[:2]
    assert [f.face for f in second.faces] == desk.faces[2:4]
    assert [f.face for f in third.faces] == desk.faces[4:]


def test_a_decision_sent_twice_is_written_once(desk: Desk) -> None:
    item = desk.go(desk.ann, want=1).faces[0]
    action = decide(item.item, Label.INCORRECT)
    done = desk.go(desk.ann, action)
    again = desk.go(desk.ann, action)
    assert [a.outcome for a in done.answers + again.answers] == ["saved", "saved"]
    assert decisions_of(desk.db, item.face) == [(desk.people[0], Label.INCORRECT)]
    assert (done.today, again.today, again.remaining) == (1, 1, 5)


def test_faces_held_or_decided_by_somebody_else_are_refused(desk: Desk) -> None:
    item = desk.go(desk.ann, want=1).faces[0].item
    assert desk.go(desk.ben, decide(item)).answers[0].outcome == "taken"
    desk.go(desk.ann, decide(item))
    assert desk.go(desk.ben, decide(item)).answers[0].outcome == "taken"
    assert desk.go(desk.ben, act(ActionKind.UNDO, item)).answers[0].outcome == "taken"
    assert len(decisions_of(desk.db, desk.faces[0])) == 1


def test_leases_end_when_a_tab_closes_or_stops_renewing(desk: Desk) -> None:
    left, lost = (f.item for f in desk.go(desk.ann, want=2).faces)
    with desk.db.write() as session:
        release_tab(session, desk.queue_id, desk.ann)
    assert {f.item for f in desk.go(desk.ben, want=2).faces} == {left, lost}
    with desk.db.write() as session:
        before = read_clock(session) - timedelta(seconds=1)
        session.execute(update(ReviewItem).where(ReviewItem.id == lost).values(lease_until=before))
    with desk.db.write() as session:
        assert return_expired(session) == 1
    assert [f.item for f in desk.go(desk.ann, want=1).faces] == [lost]
    assert desk.go(desk.ben, holding=[left, lost]).held == {left}


def test_a_late_decision_counts_if_nobody_else_leased_the_face(desk: Desk) -> None:
    item = desk.go(desk.ann, want=1).faces[0].item
    with desk.db.write() as session:
        release_tab(session, desk.queue_id, desk.ann)
    assert desk.go(desk.ann, decide(item)).answers[0].outcome == "saved"


def test_undo_works_for_any_number_of_steps(desk: Desk) -> None:
    items = [f.item for f in desk.go(desk.ann, want=3).faces]
    desk.go(desk.ann, *(decide(item) for item in items))
    assert desk.counts() == (6, 3)
    for item in reversed(items):
        assert desk.go(desk.ann, act(ActionKind.UNDO, item)).answers[0].outcome == "saved"
    assert desk.counts() == (6, 0)
    for item, face in zip(items, desk.faces, strict=False):
        assert desk.item(item).state is ItemState.LEASED
        assert decisions_of(desk.db, face)[-1] == (desk.people[0], None)
    desk.go(desk.ann, decide(items[0], Label.WITHOUT_MASK))
    with desk.db.read() as session:
        day = session.scalars(select(ReviewDay)).one()
    assert (day.decided, day.undone) == (1, 3)


def test_a_changed_decision_counts_once_and_can_be_undone(desk: Desk) -> None:
    item = desk.go(desk.ann, want=1).faces[0]
    desk.go(desk.ann, decide(item.item))
    changed = desk.go(desk.ann, act(ActionKind.CHANGE, item.item, Label.INCORRECT))
    assert (changed.today, desk.item(item.item).label) == (1, Label.INCORRECT)
    desk.go(desk.ann, act(ActionKind.UNDO, item.item))
    assert [label for _, label in decisions_of(desk.db, item.face)] == [
        Label.WITH_MASK,
        Label.INCORRECT,
        None,
    ]
    assert desk.counts() == (6, 0)


def test_a_skipped_face_moves_to_the_end_and_can_be_reclaimed(desk: Desk) -> None:
    item = desk.go(desk.ann, want=1).faces[0].item
    desk.go(desk.ann, act(ActionKind.SKIP, item))
    assert [f.item for f in desk.go(desk.ben, want=6).faces][-1] == item
    assert desk.go(desk.ann, act(ActionKind.TAKE, item)).answers[0].outcome == "taken"
    with desk.db.write() as session:
        release_tab(session, desk.queue_id, desk.ben)
    assert desk.go(desk.ann, act(ActionKind.TAKE, item), decide(item)).answers[1].outcome == "saved"
    assert desk.counts() == (6, 1)


def test_flags_are_set_and_resolved_by_a_decision(db: Database) -> None:
    desk = Desk(db, reason=ReviewReason.FLAGGED)
    item = desk.go(desk.ann, want=1).faces[0]
    desk.go(desk.ann, act(ActionKind.FLAG, item.item), act(ActionKind.FLAG, item.item))
    assert desk.go(desk.ben, want=1).faces[0].flagged is False
    with db.read() as session:
        assert [flag.face_id for flag in session.scalars(select(FaceFlag))] == [item.face]
    desk.go(desk.ann, decide(item.item))
    with db.read() as session:
        assert session.scalars(select(FaceFlag.resolved_at)).one() is not None


def test_a_grid_page_is_one_action_and_undone_at_once(desk: Desk) -> None:
    page = desk.go(desk.ann, want=6, label=Label.WITH_MASK).faces
    labels = {f.item: Label.WITH_MASK for f in page} | {page[1].item: Label.INCORRECT, page[2].item: None}
    action = Action(key=str(uuid.uuid4()), kind=ActionKind.PAGE, choices=labels, milliseconds=5000)
    assert desk.go(desk.ann, action).today == 5
    assert desk.item(page[1].item).label is Label.INCORRECT
    assert desk.item(page[2].item).state is ItemState.WAITING
    desk.go(desk.ann, action)
    assert desk.counts() == (6, 5)
    back = Action(key=str(uuid.uuid4()), kind=ActionKind.UNDO_PAGE, choices={}, page_key=action.key)
    assert set(desk.go(desk.ann, back).answers[0].items) == set(labels) - {page[2].item}
    assert desk.counts() == (6, 0)
    assert desk.item(page[0].item).state is ItemState.LEASED


def test_a_stack_is_leased_to_the_grid_together(desk: Desk) -> None:
    with desk.db.write() as session:
        stacked = ReviewItem.face_id.in_([desk.faces[0], desk.faces[5]])
        session.execute(update(ReviewItem).where(stacked).values(stack=desk.faces[0]))
    page = desk.go(desk.ann, want=1, label=Label.WITH_MASK).faces
    assert [f.face for f in page] == [desk.faces[0], desk.faces[5]]


def test_a_second_person_decides_blind_and_a_third_resolves_the_conflict(db: Database) -> None:
    desk = Desk(db, faces=1, second=True, show_guess=True)
    first = desk.go(desk.ann, want=1).faces[0]
    assert first.guess is None
    desk.go(desk.ann, decide(first.item))
    assert desk.go(desk.ann, want=1).faces == []
    second = desk.go(desk.ben, want=1).faces[0]
    assert (second.face, second.guess, second.label) == (first.face, None, None)
    desk.go(desk.ben, decide(second.item, Label.INCORRECT))
    assert desk.go(desk.ann, want=1).faces == desk.go(desk.ben, want=1).faces == []
    third = desk.go(desk.cy, want=1).faces[0]
    assert desk.item(third.item).reason is ReviewReason.CONFLICT
    desk.go(desk.cy, decide(third.item, Label.INCORRECT))
    assert desk.counts() == (3, 3)
    assert [who for who, _ in decisions_of(db, first.face)] == desk.people


def test_undo_deletes_a_waiting_slot(db: Database) -> None:
    desk = Desk(db, faces=1, second=True)
    first = desk.go(desk.ann, want=1).faces[0].item
    desk.go(desk.ann, decide(first))
    assert desk.counts() == (2, 1)
    desk.go(desk.ann, act(ActionKind.UNDO, first))
    assert desk.counts() == (1, 0)
    desk.go(desk.ann, decide(first))
    second = desk.go(desk.ben, want=1).faces[0].item
    desk.go(desk.ben, decide(second, Label.INCORRECT))
    assert desk.counts() == (3, 2)
    desk.go(desk.ben, act(ActionKind.CHANGE, second, Label.WITH_MASK))
    assert desk.counts() == (2, 2)


def test_answers_to_gold_faces_are_no_decisions(db: Database) -> None:
    desk = Desk(db, gold_percent=20)
    with db.write() as session:
        known = add_faces(session, [SURE] * 40)
        for face in known:
            set_gold(session, face, Label.INCORRECT, account_id=desk.people[2])
    shown = [f for _ in range(6) for f in desk.go(desk.ann, want=1).faces]
    gold = [f for f in shown if f.face in known]
    for face in gold:
        assert face.guess is None
        desk.go(desk.ann, decide(face.item))
        assert decisions_of(db, face.face) == []
        assert desk.item(face.item).label is Label.WITH_MASK
    assert [f.face for f in shown if f.face not in known] == desk.faces


def test_predictions_of_audit_faces_are_hidden_until_the_decision(db: Database) -> None:
    desk = Desk(db, reason=ReviewReason.AUDIT, show_guess=True)
    face = desk.go(desk.ann, want=1).faces[0]
    assert (face.guess, face.score) == (None, None)
    revealed = desk.go(desk.ann, decide(face.item)).revealed
    assert [f.guess for f in revealed] == [Label.WITH_MASK]


def test_a_closed_queue_leases_no_faces(desk: Desk) -> None:
    item = desk.go(desk.ann, want=1).faces[0].item
    with desk.db.write() as session:
        close_queue(session, get_queue(session, desk.queue_id))
    answer = desk.go(desk.ann, decide(item), want=5)
    assert (answer.faces, answer.open, answer.answers[0].outcome) == ([], False, "saved")


def test_past_decisions_are_read_newest_first(desk: Desk) -> None:
    items = [f.item for f in desk.go(desk.ann, want=3).faces]
    for item in items:
        desk.go(desk.ann, decide(item))
    with desk.db.read() as session:
        queue = get_queue(session, desk.queue_id)
        past = read_past(session, queue, desk.ann, before_item=items[2])
        assert [f.item for f in past] == [items[1], items[0]]
        assert read_past(session, queue, desk.ben, before_item=None) == []


def test_faces_decided_elsewhere_are_not_leased(desk: Desk) -> None:
    results = Origin(account_id=desk.people[1], queue="results")
    with desk.db.write() as session:
        decide_face(session, desk.faces[0], Label.INCORRECT, results)
        add_decision(session, desk.faces[2], Label.WITH_MASK, Origin(account_id=None, queue="import"))
    assert desk.counts() == (6, 1)
    shown = desk.go(desk.ann, want=4)
    assert [f.face for f in shown.faces] == [desk.faces[at] for at in (1, 3, 4, 5)]
    assert (desk.counts(), shown.remaining, shown.today) == ((6, 2), 4, 0)
    assert [who for who, _ in decisions_of(desk.db, desk.faces[0])] == [desk.people[1]]


def test_faces_queued_to_be_decided_again_are_leased(db: Database) -> None:
    desk = Desk(db, faces=2, reason=ReviewReason.AGAIN)
    with db.write() as session:
        for face in desk.faces:
            add_decision(session, face, Label.WITH_MASK, Origin(account_id=desk.people[1], queue="results"))
    assert [f.face for f in desk.go(desk.ann, want=4).faces] == desk.faces


def test_an_item_follows_a_moved_box_and_is_deleted_with_a_removed_one(desk: Desk) -> None:
    photo, key = desk.faces[0], str(uuid.uuid4())
    _edit(desk, photo, key, kind="move", face=str(desk.faces[0]), box=[10, 10, 60, 70])
    _edit(desk, photo, str(uuid.uuid4()), kind="move", face=key, box=[12, 10, 62, 70])
    _edit(desk, desk.faces[1], str(uuid.uuid4()), kind="remove", face=str(desk.faces[1]))
    moved, other = desk.go(desk.ann, want=2).faces
    assert (moved.photo, moved.box, other.face) == (photo, (12, 10, 62, 70), desk.faces[2])
    assert desk.counts() == (5, 0)
    desk.go(desk.ann, decide(moved.item))
    assert decisions_of(desk.db, moved.face) == [(desk.people[0], Label.WITH_MASK)]


def test_an_item_returns_to_the_original_box_after_undo(desk: Desk) -> None:
    key = str(uuid.uuid4())
    _edit(desk, desk.faces[0], key, kind="move", face=str(desk.faces[0]), box=[10, 10, 60, 70])
    moved = desk.go(desk.ann, want=1).faces[0]
    with desk.db.write() as session:
        release_tab(session, desk.queue_id, desk.ann)
        undo_edit(session, desk.faces[0], key, account_id=desk.people[0])
    back = desk.go(desk.ann, want=1).faces[0]
    assert (moved.item, moved.face != back.face, back.face) == (back.item, True, desk.faces[0])


def _edit(desk: Desk, photo_id: int, key: str, **sent: object) -> None:
    with desk.db.write() as session:
        change = BoxChange.from_json({"key": key, **sent})
        apply_change(session, photo_id, change, account_id=desk.people[0])


def test_the_grid_excludes_faces_with_hidden_predictions(db: Database) -> None:
    desk = Desk(db, faces=4)
    with db.write() as session:
        of_queue = select(ReviewItem).order_by(ReviewItem.rank)
        audit, second, open_one, other = session.scalars(of_queue)
        audit.reason, second.second = ReviewReason.AUDIT, True
        for one in (open_one, second, audit, other):
            one.stack = desk.faces[0]
    page = desk.go(desk.ann, want=1, label=Label.WITH_MASK)
    assert [f.face for f in page.faces] == desk.faces[2:]
    with db.read() as session:
        counts = read_label_counts(session, get_queue(session, desk.queue_id))
        assert sum(count.faces for count in counts) == 0
    assert len(desk.go(desk.ben, want=9).faces) == 2


def test_only_a_third_person_resolves_a_conflict_elsewhere(db: Database) -> None:
    desk = Desk(db, faces=1, second=True)
    for who, label in ((desk.ann, Label.WITH_MASK), (desk.ben, Label.INCORRECT)):
        desk.go(who, decide(desk.go(who, want=1).faces[0].item, label))
    assert desk.counts() == (3, 2)
    for who, settled in ((desk.people[1], 2), (desk.people[2], 3)):
        with db.write() as session:
            decide_face(session, desk.faces[0], Label.INCORRECT, Origin(account_id=who, queue="face page"))
        assert desk.counts() == (3, settled)


def test_a_deleted_face_does_not_block_others(desk: Desk) -> None:
    one, two = desk.go(desk.ann, want=2).faces
    with desk.db.write() as session:
        session.delete(session.get_one(Face, one.face))
    answers = desk.go(desk.ann, decide(one.item), decide(two.item)).answers
    assert [a.outcome for a in answers] == ["gone", "saved"]
    with desk.db.read() as session:
        left = select(ReviewItem).where(ReviewItem.face_id == one.face, ReviewItem.seat == FIRST_SLOT)
        assert session.scalars(left).all() == []
