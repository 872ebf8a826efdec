"""Freezing: which faces are included, and a content hash that depends on the content alone."""

import pytest

from core.accounts import ensure_owner
from core.database import Database, read_clock
from core.datasets.options import FreezeOptions
from core.errors import InputError
from models import Account, Base, BoxState, Label, Split
from tests.labelled import add_face, add_labelled, add_photo, decide, faces_of, freeze_now


def test_the_same_labels_give_the_same_dataset(db: Database) -> None:
    with db.write() as session:
        add_labelled(session, 20, Label.WITH_MASK)
    first = freeze_now(db)
    again = freeze_now(db, title="another title")
    assert (again.id, again.content_sha256) == (first.id, first.content_sha256)
    with db.write() as session:
        add_labelled(session, 1, Label.INCORRECT)
    assert freeze_now(db).content_sha256 != first.content_sha256


def test_the_hash_does_not_depend_on_the_order_of_the_photos(tmp_path) -> None:
    hashes = []
    for order in (1, -1):
        db = Database(f"sqlite:///{tmp_path / f'{order}.sqlite'}")
        Base.metadata.create_all(db.engine)
        with db.write() as session:
            for number in range(12)[::order]:
                decide(session, add_face(session, add_photo(session, f"{number}.jpg")), Label.WITH_MASK)
        hashes.append(freeze_now(db).content_sha256)
        db.dispose()
    assert hashes[0] == hashes[1]


def test_the_newest_current_decision_counts(db: Database) -> None:
    with db.write() as session:
        person = ensure_owner(session).id
        corrected, undone, forgotten = add_labelled(session, 3, Label.WITH_MASK)
        decide(session, corrected, Label.INCORRECT, person)
        decide(session, undone, Label.INCORRECT, person)
        decide(session, undone, None, person)
        decide(session, forgotten, None)
    faces = faces_of(db, freeze_now(db).id)
    assert faces[corrected.id].label is Label.INCORRECT
    assert faces[undone.id].label is Label.WITH_MASK
    assert forgotten.id not in faces


def test_a_redrawn_or_removed_box_is_not_included(db: Database) -> None:
    with db.write() as session:
        unchanged, accepted, moved, removed = add_labelled(session, 4, Label.WITH_MASK)
        accepted.box_state, moved.box_state = BoxState.ACCEPTED, BoxState.REPLACED
        removed.box_state = BoxState.REMOVED
    assert set(faces_of(db, freeze_now(db).id)) == {unchanged.id, accepted.id}


def test_a_face_found_by_two_detectors_is_included_once_with_its_newest_decision(db: Database) -> None:
    with db.write() as session:
        photo = add_photo(session, "twice")
        older, newer, neighbour = (add_face(session, photo) for _ in range(3))
        newer.detector_key, newer.x1, newer.x2 = "another", older.x1 + 5, older.x2 + 5
        for face, label in ((older, Label.WITH_MASK), (newer, Label.INCORRECT), (neighbour, Label.WITH_MASK)):
            decide(session, face, label)
    dataset = freeze_now(db)
    assert set(faces_of(db, dataset.id)) == {newer.id, neighbour.id}
    assert dataset.counts["left_out"] == {"found_again": 1}


def test_faces_need_as_many_agreeing_people_as_the_options_say(db: Database) -> None:
    with db.write() as session:
        one = ensure_owner(session).id
        two = Account(name="two", created_at=read_clock(session))
        session.add(two)
        session.flush()
        agreed, _alone, torn = add_labelled(session, 3, Label.WITH_MASK)
        decide(session, agreed, Label.WITH_MASK, one)
        decide(session, torn, Label.WITHOUT_MASK, one)
        decide(session, torn, Label.INCORRECT, two.id)
    dataset = freeze_now(db, FreezeOptions(agreeing=2))
    assert set(faces_of(db, dataset.id)) == {agreed.id}
    assert dataset.counts["left_out"] == {"too_few_agree": 2}


def test_small_faces_and_unhashed_photos_are_left_out_and_counted(db: Database) -> None:
    with db.write() as session:
        decide(session, add_face(session, add_photo(session, "small"), size=10), Label.WITH_MASK)
        unread = add_photo(session, "unread")
        unread.phash = None
        decide(session, add_face(session, unread), Label.WITH_MASK)
        (kept,) = add_labelled(session, 1, Label.WITH_MASK)
    dataset = freeze_now(db, FreezeOptions(smallest_face=16))
    assert set(faces_of(db, dataset.id)) == {kept.id}
    assert dataset.counts["left_out"] == {"too_small": 1, "photo_unreadable": 1}
    assert sum(sum(dataset.counts[split.value].values()) for split in Split) == dataset.faces == 1


def test_nothing_to_freeze_says_what_to_do(db: Database) -> None:
    with pytest.raises(InputError, match="Import a labelled set") as caught:
        freeze_now(db)
    assert caught.value.code == "nothing_to_freeze"
