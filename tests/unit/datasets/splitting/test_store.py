"""Splits of frozen datasets: related photos stay together, and a split never changes."""

from core.database import Database
from core.datasets.splitting.queries import count_brought_splits
from models import Face, Label, Photo, Split
from tests.labelled import add_face, add_labelled, add_photo, decide, faces_of, freeze_now


def test_splits_stay_as_data_grows(db: Database) -> None:
    with db.write() as session:
        add_labelled(session, 60, Label.WITH_MASK)
    before = faces_of(db, freeze_now(db).id)
    with db.write() as session:
        add_labelled(session, 60, Label.WITHOUT_MASK)
        add_labelled(session, 30, Label.WITH_MASK, start=60)
    after = faces_of(db, freeze_now(db).id)
    assert {face.split for face in after.values()} == set(Split)
    assert all(after[face_id].split is face.split for face_id, face in before.items())


def test_related_photos_are_in_one_split(db: Database) -> None:
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
            same_face = add_photo(session, f"{number} the same face")
            face_hash = phash ^ 0x5555_5555
            faces = [
                add_face(session, photo, phash=face_hash),
                add_face(session, photo),
                add_face(session, near),
                add_face(session, burst),
                add_face(session, same_face, phash=face_hash ^ 0b11),
            ]
            for face in faces:
                decide(session, face, Label.WITH_MASK)
            together.append([face.id for face in faces])
    frozen = faces_of(db, freeze_now(db).id)
    assert {face.split for face in frozen.values()} == set(Split)
    for ids in together:
        assert len({frozen[face_id].split for face_id in ids}) == 1


def test_a_photo_similar_to_two_splits_is_left_out(db: Database) -> None:
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


def test_splits_that_a_set_brings_are_kept_but_no_group_is_divided(db: Database) -> None:
    with db.write() as session:
        faces = add_labelled(session, 30, Label.WITH_MASK)
        for place, face in enumerate(faces):
            photo = session.get_one(Photo, face.photo_id)
            photo.brought_split = (Split.TRAIN, Split.VALIDATION, Split.TEST)[place % 3]
        ids = [face.id for face in faces]
        # The same face in a photo of the train part and in one of the test part.
        faces[0].phash, faces[0].dhash = faces[2].phash, faces[2].dhash
    dataset = freeze_now(db)
    frozen = faces_of(db, dataset.id)
    assert [frozen[face_id].split for face_id in ids[3:]] == [Split.TRAIN, Split.VALIDATION, Split.TEST] * 9
    # What is held out stays held out.
    assert frozen[ids[0]].split is frozen[ids[2]].split is Split.TEST
    with db.read() as session:
        brought = count_brought_splits(session, dataset.id)
    assert (brought.kept, brought.changed) == (29, 1)
    assert "29 photos kept, 1 in another split because of a near-duplicate" in brought.sentence
    # Groups are for ever: a set that says something else later changes nothing, and is counted.
    with db.write() as session:
        session.get_one(Photo, session.get_one(Face, ids[4]).photo_id).brought_split = Split.TRAIN
    freeze_now(db)
    with db.read() as session:
        assert count_brought_splits(session, dataset.id).changed == 2
