"""The answer "can't tell": it gives no label, ends the wait in all queues, is undone, and is in no figure."""

import uuid

import numpy as np
import pytest
from sqlalchemy import select

from core.database import Database
from core.datasets.content import select_content
from core.datasets.options import FreezeOptions
from core.datasets.queries import iterate_current_labels
from core.labels.decisions import read_current, read_labels
from core.review.agreement.queries import read_decision_pairs, read_reviewers
from core.review.answers.action import Action, ActionKind
from core.review.options import QueueOptions
from core.review.queries import list_untellable
from core.review.queues.pool import UNTELLABLE
from core.review.queues.queries import count_decided, read_decided_faces, read_pool
from core.review.queues.ranking import decided_before, in_order
from core.review.store import set_gold
from core.training.job_kind import count_new_decisions
from models import Decision, ItemState, Label, NoLabel, ReviewItem, ReviewReason
from tests.review_desk import Desk, act, decide
from tests.review_rows import add_queue

CANNOT_TELL = NoLabel.CANNOT_TELL


@pytest.fixture
def desk(db: Database) -> Desk:
    return Desk(db, faces=2)


def answer(desk: Desk) -> int:
    """Ann cannot tell the next face; returns its item."""
    shown = desk.go(desk.ann, want=1).faces[0]
    assert desk.go(desk.ann, decide(shown.item, CANNOT_TELL)).answers[0].outcome == "saved"
    return shown.item


def test_it_is_stored_as_a_decision_that_is_neither_a_label_nor_an_undo(desk: Desk) -> None:
    item = answer(desk)
    with desk.db.read() as session:
        (decision,) = session.scalars(select(Decision))
        assert (decision.label, decision.cannot_tell, decision.choice) == (None, True, CANNOT_TELL)
        assert read_labels(session, desk.faces) == {}
        assert read_current(session, desk.faces)[desk.faces[0]].choice is CANNOT_TELL
        assert [one.face_id for one in list_untellable(session)] == [desk.faces[0]]
    assert (desk.item(item).choice, desk.counts()) == (CANNOT_TELL, (2, 1))


def test_no_dataset_training_or_search_for_label_errors_uses_it(desk: Desk) -> None:
    answer(desk)
    with desk.db.read() as session:
        content = select_content(iterate_current_labels(session), FreezeOptions())
        assert (content.entries, content.left_out) == ((), {"cannot_tell": 1})
        assert read_decided_faces(session)[0].tolist() == []
        assert (count_decided(session), count_new_decisions(session, at_most=9)) == ({}, 0)


def test_it_outweighs_an_older_label_of_somebody_else(desk: Desk) -> None:
    desk.go(desk.ben, decide(desk.go(desk.ben, want=1).faces[0].item))
    with desk.db.write() as session:
        again = add_queue(session, desk.faces[:1], reason=ReviewReason.AGAIN)
    desk.queue_id = again
    answer(desk)
    with desk.db.read() as session:
        assert read_labels(session, desk.faces) == {}
        content = select_content(iterate_current_labels(session), FreezeOptions())
    assert content.left_out == {"cannot_tell": 1}


def test_no_queue_shows_the_face_again_to_anybody(desk: Desk) -> None:
    with desk.db.write() as session:
        other = add_queue(session, desk.faces)
    answer(desk)
    first, desk.queue_id = desk.queue_id, other
    assert [shown.face for shown in desk.go(desk.ben, want=9).faces] == desk.faces[1:]
    with desk.db.read() as session:
        pool = read_pool(session, QueueOptions(), queue_id=99)
        assert pool.decided[0] == UNTELLABLE
        assert np.concatenate([in_order(pool), decided_before(pool)]).tolist() == []
    assert first != other


def test_a_face_for_two_people_is_not_shown_to_the_second(db: Database) -> None:
    desk = Desk(db, faces=1, second=True)
    answer(desk)
    assert (desk.go(desk.ben, want=1).faces, desk.counts()) == ([], (1, 1))


def test_a_second_person_who_cannot_tell_makes_a_conflict_and_no_pair(db: Database) -> None:
    desk = Desk(db, faces=1, second=True)
    third = desk.disagree(Label.WITH_MASK, CANNOT_TELL)
    with db.read() as session:
        assert read_decision_pairs(session) == []
        assert session.get_one(ReviewItem, third).state is ItemState.WAITING


def test_undo_and_change_bring_the_earlier_answer_back(desk: Desk) -> None:
    item = answer(desk)
    desk.go(desk.ann, act(ActionKind.CHANGE, item, Label.INCORRECT))
    desk.go(desk.ann, act(ActionKind.CHANGE, item, CANNOT_TELL))
    assert desk.item(item).choice is CANNOT_TELL
    desk.go(desk.ann, act(ActionKind.UNDO, item))
    with desk.db.read() as session:
        assert read_current(session, desk.faces) == {}
    assert (desk.item(item).state, desk.counts()) == (ItemState.LEASED, (2, 0))


def test_a_grid_page_can_hold_it_as_an_exception(desk: Desk) -> None:
    page = desk.go(desk.ann, want=2, label=Label.WITH_MASK).faces
    choices = {page[0].item: Label.WITH_MASK, page[1].item: CANNOT_TELL}
    action = Action(key=str(uuid.uuid4()), kind=ActionKind.PAGE, choices=choices, milliseconds=2000)
    assert desk.go(desk.ann, action).today == 2
    assert desk.item(page[1].item).choice is CANNOT_TELL
    back = Action(key=str(uuid.uuid4()), kind=ActionKind.UNDO_PAGE, choices={}, page_key=action.key)
    desk.go(desk.ann, back)
    assert desk.item(page[1].item).choice is None


def test_gold_and_audit_figures_leave_it_out(db: Database) -> None:
    desk = Desk(db, faces=1, reason=ReviewReason.AUDIT)
    answer(desk)
    with db.write() as session:
        set_gold(session, desk.faces[0], Label.INCORRECT, account_id=desk.people[1])
        item = session.scalars(select(ReviewItem)).one()
        audit = read_reviewers(session)[0].audit
        item.reason = ReviewReason.GOLD
        session.flush()
        assert (audit.faces, read_reviewers(session)[0].gold.faces) == (0, 0)
