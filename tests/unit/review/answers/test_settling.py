"""Leads settle conflicts; until then no dataset, export or label search uses the face."""

import uuid

import pytest

from core.boxes.change import BoxChange
from core.boxes.queries import read_counting_faces
from core.boxes.store import apply_change, undo_edit
from core.database import Database
from core.datasets.content import select_content
from core.datasets.options import FreezeOptions
from core.datasets.queries import iterate_current_labels
from core.errors import InputError
from core.labels.contested import count_contested, read_contested
from core.labels.decisions import Origin, read_labels
from core.review.agreement.queries import count_open_conflicts, list_conflicts, read_decision_pairs
from core.review.answers.action import ActionKind
from core.review.answers.outside_decisions import decide_face
from core.review.answers.settling import (
    SETTLED,
    reopen_conflict,
    settle_conflict,
    undo_settling,
)
from core.review.options import QueueOptions
from core.review.queries import read_face_history
from core.review.queues.queries import get_queue, read_decided_faces, read_pool
from core.review.queues.store import close_queue
from models import BoxEditKind, Face, ItemState, Label, NoLabel
from tests.review_desk import Desk, act, decide


@pytest.fixture
def desk(db: Database) -> Desk:
    """One face, which two people answered differently; `third` is its open third slot."""
    desk = Desk(db, faces=1, second=True)
    desk.third = desk.disagree()
    return desk


def left_out(db: Database) -> dict[str, int]:
    with db.read() as session:
        content = select_content(iterate_current_labels(session), FreezeOptions())
    return {
        reason: count for reason, count in content.left_out.items() if reason in ("contested", "cannot_tell")
    }


def settle(desk: Desk, choice: Label | NoLabel, who: int = 0) -> None:
    with desk.db.write() as session:
        settle_conflict(session, desk.third, choice, account_id=desk.people[who])


def test_one_of_the_two_settles_and_the_history_shows_it(desk: Desk) -> None:
    (face,) = desk.faces
    assert left_out(desk.db) == {"contested": 1}
    with desk.db.read() as session:
        assert (count_contested(session), read_contested(session, [face])) == (1, {face})
        assert read_face_history(session, face).contested is True
        before = read_decision_pairs(session)
    settle(desk, Label.INCORRECT)
    assert left_out(desk.db) == {}
    assert desk.counts() == (3, 3)
    with desk.db.read() as session:
        (conflict,) = list_conflicts(session)
        assert (conflict.settled, conflict.is_open, list_conflicts(session, only_open=True)) == (
            True,
            False,
            [],
        )
        history = read_face_history(session, face)
        newest = history.decisions[0]
        assert (history.contested, newest.queue, newest.account_id) == (False, SETTLED, desk.people[0])
        assert history.current.label is Label.INCORRECT
        assert read_decision_pairs(session) == before, "a settling decision is no blind answer"
    with pytest.raises(InputError) as settled:
        settle(desk, Label.WITH_MASK)
    assert settled.value.code == "conflict_settled"


def test_a_conflict_stays_open_while_somebody_holds_it_and_when_it_was_skipped(desk: Desk) -> None:
    held = desk.go(desk.cy, want=1).faces[0].item
    for skip in (False, True):
        if skip:
            desk.go(desk.cy, act(ActionKind.SKIP, held))
        with desk.db.read() as session:
            queue = get_queue(session, desk.queue_id)
            assert count_open_conflicts(session, queue) == count_contested(session) == 1
    settle(desk, Label.WITH_MASK)
    with desk.db.read() as session:
        assert count_open_conflicts(session, get_queue(session, desk.queue_id)) == 0


def test_a_person_who_holds_the_face_is_refused_after_it_was_settled(desk: Desk) -> None:
    held = desk.go(desk.cy, want=1).faces[0].item
    assert held == desk.third
    settle(desk, Label.WITH_MASK)
    assert desk.go(desk.cy, decide(held)).answers[0].outcome == "taken"


def test_undo_makes_the_face_contested_again_and_restores_the_own_answer(desk: Desk) -> None:
    (face,) = desk.faces
    for undo in ("conflict", "face"):
        settle(desk, Label.WITHOUT_MASK)
        with desk.db.write() as session:
            if undo == "conflict":
                reopen_conflict(session, desk.third)
            else:
                assert undo_settling(session, face, account_id=desk.people[0])
        assert (desk.item(desk.third).state, desk.counts()) == (ItemState.WAITING, (3, 2))
        assert left_out(desk.db) == {"contested": 1}
        with desk.db.read() as session:
            assert read_face_history(session, face).decisions[0].label is Label.WITH_MASK
    with desk.db.write() as session:
        assert not undo_settling(session, face, account_id=desk.people[0])
        with pytest.raises(InputError) as still_open:
            reopen_conflict(session, desk.third)
    assert still_open.value.code == "conflict_open"


def test_an_unknown_conflict_is_an_error(desk: Desk) -> None:
    with desk.db.write() as session:
        for settled in (reopen_conflict, lambda s, i: settle_conflict(s, i, Label.INCORRECT, account_id=1)):
            with pytest.raises(InputError) as unknown:
                settled(session, 999)
            assert unknown.value.code == "conflict_not_found"


def test_settled_as_cannot_tell_the_face_stays_out(desk: Desk) -> None:
    settle(desk, NoLabel.CANNOT_TELL)
    assert left_out(desk.db) == {"cannot_tell": 1}
    with desk.db.read() as session:
        assert (count_contested(session), read_labels(session, desk.faces)) == (0, {})


def test_a_contested_face_is_no_example_of_a_label_and_waits_in_no_other_queue(desk: Desk) -> None:
    (face,) = desk.faces
    with desk.db.read() as session:
        assert read_decided_faces(session)[0].tolist() == []
        assert read_pool(session, QueueOptions(), queue_id=99).waiting.tolist() == [True]
        photo = session.get_one(Face, face).photo_id
        assert [one.label for one in read_counting_faces(session, [photo])[photo]] == [None]
    settle(desk, Label.INCORRECT)
    with desk.db.read() as session:
        assert read_decided_faces(session)[0].tolist() == [face]
        assert read_pool(session, QueueOptions(), queue_id=99).waiting.tolist() == [False]
        assert [one.label for one in read_counting_faces(session, [photo])[photo]] == [Label.INCORRECT]


def test_a_third_person_ends_a_conflict_of_a_closed_queue_elsewhere(desk: Desk) -> None:
    with desk.db.write() as session:
        close_queue(session, get_queue(session, desk.queue_id))
        assert count_contested(session) == 1
        decide_face(
            session, desk.faces[0], Label.INCORRECT, Origin(account_id=desk.people[2], queue="face page")
        )
    assert left_out(desk.db) == {}


def test_a_moved_box_inherits_no_label_and_is_settled_at_its_new_place(desk: Desk) -> None:
    with desk.db.write() as session:
        face = session.get_one(Face, desk.faces[0])
        change = BoxChange(
            key=str(uuid.uuid4()), kind=BoxEditKind.MOVE, face=str(face.id), box=(10, 10, 60, 60)
        )
        apply_change(session, face.photo_id, change, account_id=desk.people[2])
    with desk.db.read() as session:
        assert list(iterate_current_labels(session)) == []
    settle(desk, Label.WITHOUT_MASK)
    with desk.db.read() as session:
        (kept,) = iterate_current_labels(session)
    assert (kept.face_id != face.id, kept.label, kept.contested) == (True, Label.WITHOUT_MASK, False)


def test_an_answer_that_is_changed_to_agree_ends_the_conflict(desk: Desk) -> None:
    mine = desk.third - 1
    desk.go(desk.ben, act(ActionKind.CHANGE, mine, Label.WITH_MASK))
    assert left_out(desk.db) == {}


@pytest.mark.parametrize("place", ["face page", "boxes"])
def test_a_third_person_who_undoes_the_decision_elsewhere_opens_the_conflict_again(
    desk: Desk, place: str
) -> None:
    (face,), third = desk.faces, desk.people[2]
    key = str(uuid.uuid4())
    with desk.db.write() as session:
        photo = session.get_one(Face, face).photo_id
        if place == "boxes":
            change = BoxChange(key=key, kind=BoxEditKind.LABEL, face=str(face), label=Label.INCORRECT)
            apply_change(session, photo, change, account_id=third)
        else:
            decide_face(session, face, Label.INCORRECT, Origin(account_id=third, queue=place))
    assert (left_out(desk.db), desk.counts()) == ({}, (3, 3))
    with desk.db.write() as session:
        if place == "boxes":
            undo_edit(session, photo, key, account_id=third)
        else:
            decide_face(session, face, None, Origin(account_id=third, queue=place))
    assert (left_out(desk.db), desk.counts()) == ({"contested": 1}, (3, 2))
