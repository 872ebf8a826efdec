"""Faces of datasets, differences of two datasets, and the golden test set that training never reads."""

import pytest
from sqlalchemy import update

from core.database import Database
from core.datasets.queries import (
    Difference,
    count_differences,
    list_differences,
    read_faces,
    read_training_faces,
    refuse_golden,
)
from core.datasets.store import pin_golden
from core.errors import PermanentError
from models import DatasetFace, Face, Label, Photo, Split
from tests.labelled import add_face, add_labelled, add_photo, decide, faces_of, freeze_now


@pytest.fixture
def golden(db: Database) -> int:
    with db.write() as session:
        add_labelled(session, 60, Label.WITH_MASK)
    dataset_id = freeze_now(db).id
    with db.write() as session:
        pin_golden(session, dataset_id)
    return dataset_id


def test_training_reads_no_test_face(db: Database, golden: int) -> None:
    with db.read() as session:
        faces = read_training_faces(session, golden)
    assert {face.split for face in faces} == {Split.TRAIN, Split.VALIDATION}
    frozen = faces_of(db, golden)
    assert len(faces) == sum(face.split is not Split.TEST for face in frozen.values()) < len(frozen)


def test_a_golden_face_in_the_train_split_is_refused(db: Database, golden: int) -> None:
    """The test moves the face there in a later dataset, which freezing never does."""
    with db.write() as session:
        add_labelled(session, 1, Label.INCORRECT)
    later = freeze_now(db).id
    stolen = next(face.face_id for face in faces_of(db, golden).values() if face.split is Split.TEST)
    with db.write() as session:
        session.execute(
            update(DatasetFace)
            .where(DatasetFace.dataset_id == later, DatasetFace.face_id == stolen)
            .values(split=Split.TRAIN)
        )
    with db.read() as session, pytest.raises(PermanentError) as caught:
        read_training_faces(session, later)
    assert caught.value.code == "golden_face"
    assert str(stolen) in caught.value.message


def test_a_face_of_the_group_of_a_golden_face_is_refused(db: Database, golden: int) -> None:
    frozen = faces_of(db, golden)
    with db.write() as session:
        test = next(face for face in frozen.values() if face.split is Split.TEST)
        group = session.get_one(Photo, _photo_of(session, test.face_id)).split_group_id
        photo = add_photo(session, "a near-duplicate")
        photo.split_group_id = group
        near = add_face(session, photo).id
        free = add_face(session, add_photo(session, "another")).id
    with db.read() as session:
        refuse_golden(session, [free])
        with pytest.raises(PermanentError):
            refuse_golden(session, [free, near])


def test_nothing_is_refused_without_a_pinned_dataset(db: Database) -> None:
    with db.write() as session:
        add_labelled(session, 60, Label.WITH_MASK)
    faces = faces_of(db, freeze_now(db).id)
    with db.read() as session:
        refuse_golden(session, faces)


def _photo_of(session, face_id: int) -> int:
    return session.get_one(Face, face_id).photo_id


def test_differences_of_two_datasets(db: Database) -> None:
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


def test_faces_are_read_with_the_fields_of_slices(db: Database) -> None:
    with db.write() as session:
        face = add_face(session, add_photo(session, "crops/web/with_mask/1.jpg"), size=30)
        decide(session, face, Label.WITH_MASK).mask_kind = "n95_mask"
    dataset = freeze_now(db)
    with db.read() as session:
        (read,) = read_faces(session, dataset.id)
    assert (read.face_id, read.label, read.size) == (face.id, Label.WITH_MASK, 30.0)
    assert (read.source, read.mask_kind, read.blur) == ("crops/web", "n95_mask", face.blur)
