"""Freezing: what counts goes in, the same input has the same hash, sides never change."""

import pytest

from core.accounts import ensure_owner
from core.database import Database, read_clock
from core.datasets.options import FreezeOptions
from core.datasets.queries import Difference, count_differences, list_differences, read_faces
from core.errors import InputError
from models import Account, Base, BoxState, Label, Split
from tests.labelled import add_face, add_labelled, add_photo, decide
from tests.unit.datasets.freezing import faces_of, freeze_now


def test_the_same_labels_are_the_same_dataset(db: Database) -> None:
    with db.write() as session:
        add_labelled(session, 20, Label.WITH_MASK)
    first = freeze_now(db)
    again = freeze_now(db, title="another title")
    assert (again.id, again.content_sha256) == (first.id, first.content_sha256)
    with db.write() as session:
        add_labelled(session, 1, Label.INCORRECT)
    assert freeze_now(db).content_sha256 != first.content_sha256


def test_the_hash_does_not_depend_on_the_order_in_which_photos_came(tmp_path) -> None:
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


def test_the_newest_standing_decision_counts(db: Database) -> None:
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


def test_a_box_that_was_moved_or_taken_away_stays_out(db: Database) -> None:
    with db.write() as session:
        stands, accepted, moved, removed = add_labelled(session, 4, Label.WITH_MASK)
        accepted.box_state, moved.box_state = BoxState.ACCEPTED, BoxState.REPLACED
        removed.box_state = BoxState.REMOVED
    assert set(faces_of(db, freeze_now(db).id)) == {stands.id, accepted.id}


def test_a_face_that_two_detectors_found_goes_in_once_under_its_newest_decision(db: Database) -> None:
    with db.write() as session:
        photo = add_photo(session, "twice")
        older, newer, beside = (add_face(session, photo) for _ in range(3))
        newer.detector_key, newer.x1, newer.x2 = "another", older.x1 + 5, older.x2 + 5
        for face, label in ((older, Label.WITH_MASK), (newer, Label.INCORRECT), (beside, Label.WITH_MASK)):
            decide(session, face, label)
    dataset = freeze_now(db)
    assert set(faces_of(db, dataset.id)) == {newer.id, beside.id}
    assert dataset.counts["left_out"] == {"found_again": 1}


def test_two_people_must_agree_where_that_is_asked_for(db: Database) -> None:
    with db.write() as session:
        one = ensure_owner(session).id
        two = Account(name="two", session_salt="x", created_at=read_clock(session))
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


def test_sides_stay_as_data_grows(db: Database) -> None:
    with db.write() as session:
        add_labelled(session, 60, Label.WITH_MASK)
    before = faces_of(db, freeze_now(db).id)
    with db.write() as session:
        add_labelled(session, 60, Label.WITHOUT_MASK)
        add_labelled(session, 30, Label.WITH_MASK, start=60)
    after = faces_of(db, freeze_now(db).id)
    assert {face.split for face in after.values()} == set(Split)
    assert all(after[face_id].split is face.split for face_id, face in before.items())


def test_what_belongs_together_is_on_one_side(db: Database) -> None:
    """Faces of one photo, near-duplicates, the same face in two photos, and photos of one burst."""
    together = []
    with db.write() as session:
        for number in range(40):
            phash = (number * 0x1234567_89ABCDEF) & 0x3FFFFFFF_FFFFFFFF
            photo = add_photo(
                session,
                f"{number} first",
                phash=phash,
                taken_at=f"2026-01-01T{number % 24:02}:{number:02}:00",
            )
            near = add_photo(session, f"{number} near", phash=phash ^ 0b111)
            burst = add_photo(
                session,
                f"{number} burst",
                phash=phash ^ 0xFFFF,
                taken_at=f"2026-01-01T{number % 24:02}:{number:02}:02.5",
            )
            alike = add_photo(session, f"{number} the same face")
            face_hash = phash ^ 0x5555_5555
            faces = [
                add_face(session, photo, phash=face_hash),
                add_face(session, photo),
                add_face(session, near),
                add_face(session, burst),
                add_face(session, alike, phash=face_hash ^ 0b11),
            ]
            for face in faces:
                decide(session, face, Label.WITH_MASK)
            together.append([face.id for face in faces])
    frozen = faces_of(db, freeze_now(db).id)
    assert {face.split for face in frozen.values()} == set(Split)
    for ids in together:
        assert len({frozen[face_id].split for face_id in ids}) == 1


def test_a_photo_that_stands_between_two_sides_is_left_out(db: Database) -> None:
    with db.write() as session:
        faces = add_labelled(session, 60, Label.WITH_MASK)
    frozen = faces_of(db, freeze_now(db).id)
    train = next(face for face in faces if frozen[face.id].split is Split.TRAIN)
    test = next(face for face in faces if frozen[face.id].split is Split.TEST)
    with db.write() as session:
        between = add_photo(session, "between")
        for like in (train, test):
            decide(session, add_face(session, between, phash=like.phash), Label.WITH_MASK)
            last = session.query(type(like)).order_by(type(like).id.desc()).first()
            last.dhash = like.dhash
        add_labelled(session, 1, Label.INCORRECT)
    dataset = freeze_now(db)
    assert dataset.counts["left_out"] == {"between_sides": 2}
    assert dataset.faces == 61


def test_two_datasets_side_by_side(db: Database) -> None:
    with db.write() as session:
        _kept, changed, dropped = add_labelled(session, 3, Label.WITH_MASK)
    before = freeze_now(db).id
    with db.write() as session:
        decide(session, changed, Label.INCORRECT)
        decide(session, dropped, None)
        added = add_labelled(session, 2, Label.WITHOUT_MASK)
    after = freeze_now(db).id
    with db.read() as session:
        assert count_differences(session, before, after) == {
            Difference.ADDED: 2,
            Difference.REMOVED: 1,
            Difference.RELABELLED: 1,
        }
        relabelled = list_differences(session, before, after, Difference.RELABELLED)
        assert [(face.before, face.after) for face in relabelled] == [(Label.WITH_MASK, Label.INCORRECT)]
        removed = list_differences(session, before, after, Difference.REMOVED)
        assert [(face.face_id, face.before, face.after) for face in removed] == [
            (dropped.id, Label.WITH_MASK, None)
        ]
        first = list_differences(session, before, after, Difference.ADDED, limit=1)
        rest = list_differences(
            session, before, after, Difference.ADDED, after_face=first[-1].face_id, limit=1
        )
        assert [face.face_id for face in first + rest] == [face.id for face in added]


def test_faces_are_read_with_what_slices_need(db: Database) -> None:
    with db.write() as session:
        face = add_face(session, add_photo(session, "crops/web/with_mask/1.jpg"), size=30)
        decide(session, face, Label.WITH_MASK).mask_kind = "n95_mask"
    dataset = freeze_now(db)
    with db.read() as session:
        (read,) = read_faces(session, dataset.id)
    assert (read.face_id, read.label, read.size) == (face.id, Label.WITH_MASK, 30.0)
    assert (read.source, read.mask_kind, read.blur) == ("crops/web", "n95_mask", face.blur)
