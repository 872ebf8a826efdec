"""Edits of boxes on both databases: geometry, identity, undo, repetition, conflicts."""

import threading
import uuid

import pytest
from sqlalchemy import select

from core.errors import InputError
from core.labels.decisions import read_current, read_labels
from models import Account, BoxState, Decision, Label, Photo
from tests.cases import in_one_test
from tests.unit.boxes.conftest import BoxedPhoto

_FACE = (200.0, 100.0, 320.0, 250.0)


def test_a_drawn_face_counts_at_its_corners(photo: BoxedPhoto) -> None:
    photo.edit("draw", box=[10.25, 20, 50, 80.5])
    photo.edit("draw", box=[100, 100, 140, 150])
    assert photo.boxes() == [(10.25, 20, 50, 80.5), (100, 100, 140, 150)]
    assert [(row.detector_key, row.ordinal, row.score) for row in photo.rows()] == [
        ("drawn", 0, 1.0),
        ("drawn", 1, 1.0),
    ]


def test_a_box_is_kept_inside_its_photo(photo: BoxedPhoto) -> None:
    photo.edit("draw", box=[-30, -5, 40, 50])
    photo.edit("draw", box=[560, 380, 700, 500])
    assert photo.boxes() == [(0, 0, 40, 50), (560, 380, 600, 400)]


@in_one_test(
    "box", [[], [1, 2, 3], [50, 50, 50, 90], [90, 10, 20, 60], [700, 10, 800, 60], [1, 1, float("nan"), 9]]
)
def test_a_box_without_an_area_is_refused(photo: BoxedPhoto, box: list[float]) -> None:
    with pytest.raises(InputError, match="box") as refused:
        photo.edit("draw", box=box)
    assert refused.value.code == "box_invalid"
    assert photo.rows() == []


def test_a_moved_detected_face_keeps_its_row(photo: BoxedPhoto) -> None:
    found = photo.found(_FACE, predicted=Label.WITH_MASK)
    photo.edit("move", found, box=[190, 90, 330, 260])
    assert photo.boxes() == [(190, 90, 330, 260)]
    row = photo.rows()[0]
    assert (row.x1, row.y1, row.x2, row.y2, row.detector_key) == (*_FACE, "yunet")
    assert row.box_state is BoxState.REPLACED


def test_a_moved_box_keeps_its_label(photo: BoxedPhoto) -> None:
    found = photo.found(_FACE, predicted=Label.WITH_MASK)
    photo.edit("label", found, label="incorrect", milliseconds=800)
    other_id = _add_other(photo)
    photo.send(
        {"key": str(uuid.uuid4()), "kind": "move", "face": str(found), "box": [190, 90, 330, 260]}, other_id
    )
    counting = photo.counting()
    assert [face.label for face in counting] == [Label.INCORRECT]
    with photo.db.read() as rows:
        kept = read_labels(rows, [counting[0].face_id])[counting[0].face_id]
    assert kept.account_id == photo.account_id, "who moves a box may not have seen the label"


def test_the_label_not_a_face_is_not_inherited(photo: BoxedPhoto) -> None:
    found = photo.found(_FACE)
    photo.edit("label", found, label="not_a_face")
    assert photo.counting() == []
    photo.edit("move", found, box=[20, 20, 80, 80])
    assert [(face.label, face.x1) for face in photo.counting()] == [(None, 20)]


def test_an_edit_sent_twice_is_applied_once(photo: BoxedPhoto) -> None:
    found = photo.found(_FACE)
    drawn, moved, said = (str(uuid.uuid4()) for _ in range(3))
    for _ in range(2):
        photo.send({"key": drawn, "kind": "draw", "box": [1, 1, 30, 30]})
        photo.send({"key": moved, "kind": "move", "face": drawn, "box": [5, 5, 30, 30]})
        photo.send(
            {"key": said, "kind": "label", "face": str(found), "label": "with_mask", "queue": "results"}
        )
    assert len(photo.rows()) == 3
    with photo.db.read() as rows:
        decisions = rows.scalars(select(Decision)).all()
    assert [(d.label, d.queue, d.account_id) for d in decisions] == [
        (Label.WITH_MASK, "results", photo.account_id)
    ]


def test_every_edit_can_be_undone_and_redone(photo: BoxedPhoto) -> None:
    found = photo.found(_FACE, predicted=Label.WITH_MASK)
    doubted = photo.found((400, 50, 440, 90), predicted=Label.NOT_A_FACE)
    steps = [
        lambda: photo.edit("draw", box=[10, 10, 60, 60]),
        lambda: photo.edit("move", found, box=[190, 90, 330, 260]),
        lambda: photo.edit("accept", doubted),
        lambda: photo.edit("label", doubted, label="incorrect"),
        lambda: photo.edit("label", doubted, label="without_mask"),
        lambda: photo.edit("remove", doubted),
        lambda: photo.edit("boxed"),
        lambda: photo.edit("unboxed"),
    ]
    pictures, keys = [_picture(photo)], []
    for step in steps:
        keys.append(step())
        pictures.append(_picture(photo))
    for number in reversed(range(len(keys))):
        photo.undo(keys[number])
        photo.undo(keys[number])
        assert _picture(photo) == pictures[number], steps[number]
    for number, key in enumerate(keys):
        photo.redo(key)
        photo.redo(key)
        assert _picture(photo) == pictures[number + 1], steps[number]


def _picture(photo: BoxedPhoto) -> object:
    ids = [row.id for row in photo.rows()]
    with photo.db.read() as rows:
        boxed = rows.get_one(Photo, photo.photo_id).boxed_at is not None
        labels = {face_id: decision.label for face_id, decision in read_labels(rows, ids).items()}
    return photo.boxes(), boxed, labels


def test_an_edit_of_a_box_changed_by_somebody_else_is_refused(photo: BoxedPhoto) -> None:
    found = photo.found(_FACE)
    moved = photo.edit("move", found, box=[190, 90, 330, 260])
    with pytest.raises(InputError) as late:
        photo.edit("remove", found)
    assert late.value.code == "boxes_changed"
    photo.edit("remove", moved)
    with pytest.raises(InputError) as late:
        photo.undo(moved)
    assert late.value.code == "boxes_changed"
    assert photo.boxes() == []


def _add_other(photo: BoxedPhoto) -> int:
    with photo.db.write() as rows:
        now = rows.get_one(Account, photo.account_id).created_at
        other = Account(name="bo", created_at=now)
        rows.add(other)
        rows.flush()
        return other.id


def test_people_undo_only_their_own_edits(photo: BoxedPhoto) -> None:
    key = str(uuid.uuid4())
    photo.send({"key": key, "kind": "draw", "box": [1, 1, 30, 30]}, _add_other(photo))
    with pytest.raises(InputError) as refused:
        photo.undo(key)
    assert refused.value.code == "edit_not_found"


def test_two_people_can_draw_at_once(photo: BoxedPhoto) -> None:
    errors: list[BaseException] = []

    def draw(left: int) -> None:
        try:
            photo.edit("draw", box=[left, 10, left + 30, 40])
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=draw, args=(left,)) for left in range(0, 240, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(row.ordinal for row in photo.rows()) == list(range(6))


@in_one_test(
    "sent",
    [
        {"kind": "draw", "box": [1, 1, 9, 9]},
        {"key": "x", "kind": "draw", "box": [1, 1, 9, 9]},
        {"key": str(uuid.uuid4()), "kind": "paint"},
        {"key": str(uuid.uuid4()), "kind": "move", "box": [1, 1, 9, 9]},
        {"key": str(uuid.uuid4()), "kind": "label", "face": "1"},
        {"key": str(uuid.uuid4()), "kind": "label", "face": "1", "label": "perhaps"},
        {"key": str(uuid.uuid4()), "kind": "label", "face": "1", "label": "with_mask", "queue": "import"},
        {"key": str(uuid.uuid4()), "kind": "remove", "face": "9" * 30},
        {"key": str(uuid.uuid4()), "kind": "draw", "box": "abcd"},
        {"key": str(uuid.uuid4()), "kind": "draw", "box": [1, 1, 9, 9], "milliseconds": float("inf")},
    ],
)
def test_an_invalid_edit_is_refused(photo: BoxedPhoto, sent: dict[str, object]) -> None:
    with pytest.raises(InputError) as refused:
        photo.send(sent)
    assert refused.value.code == "edit_malformed"


def test_a_face_that_nobody_can_tell_keeps_no_label_and_the_answer_is_undone_and_redone(
    photo: BoxedPhoto,
) -> None:
    found = photo.found(_FACE, predicted=Label.WITH_MASK)
    photo.edit("label", found, label="incorrect")
    key = photo.edit("label", found, label="cannot_tell")

    def answers() -> tuple[Label | None, bool]:
        with photo.db.read() as rows:
            decision = read_current(rows, [found])[found]
            return decision.label, decision.cannot_tell

    assert answers() == (None, True)
    photo.undo(key)
    assert answers() == (Label.INCORRECT, False)
    photo.redo(key)
    assert answers() == (None, True)
