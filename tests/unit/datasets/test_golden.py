"""A golden test set is never trained on: the code refuses."""

import pytest
from sqlalchemy import update

from core.database import Database
from core.datasets.queries import read_training_faces, refuse_golden
from core.datasets.store import pin_golden
from core.errors import PermanentError
from models import DatasetFace, Label, Photo, Split
from tests.labelled import add_face, add_labelled, add_photo
from tests.unit.datasets.freezing import faces_of, freeze_now


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


def test_a_golden_face_on_the_training_side_is_refused(db: Database, golden: int) -> None:
    """As if a later dataset had put it there, whatever the reason."""
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


def test_a_face_of_the_same_group_is_refused_too(db: Database, golden: int) -> None:
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


def test_nothing_is_refused_while_nothing_is_pinned(db: Database) -> None:
    with db.write() as session:
        add_labelled(session, 60, Label.WITH_MASK)
    faces = faces_of(db, freeze_now(db).id)
    with db.read() as session:
        refuse_golden(session, faces)


def _photo_of(session, face_id: int) -> int:
    from models import Face

    return session.get_one(Face, face_id).photo_id
