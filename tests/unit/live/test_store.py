"""Keeping a photo: all its rows, once."""

import pytest
from sqlalchemy import func, select

from core.database import Database
from core.errors import PermanentError
from core.live.store import keep_photo
from models import Extraction, Face, Photo, Prediction, Source, SourceKind
from tests.rows import add_version
from tests.unit.live.test_protocol import made_answer


def keep(db: Database, name: bytes = b"tea\xff.jpg", kind: SourceKind = SourceKind.UPLOAD) -> object:
    with db.write() as session:
        return keep_photo(session, made_answer(), kind=kind, location=name)


def test_photo_source_faces_and_predictions_are_there(db: Database) -> None:
    version = add_version(db)
    kept = keep(db)
    with db.read() as session:
        photo = session.scalars(select(Photo)).one()
        assert (photo.id, photo.stored, photo.width, photo.frames) == (kept.photo_id, True, 60, 2)
        assert (photo.phash, photo.pixel_hash) == (-(2**63), "b" * 64)
        assert {face.blur for face in session.scalars(select(Face))} == {3.5}
        source = session.scalars(select(Source)).one()
        assert (source.kind, source.location, source.name) == (
            SourceKind.UPLOAD,
            b"tea\xff.jpg",
            "tea\\xff.jpg",
        )
        assert session.scalars(select(Extraction.faces)).one() == 2
        assert session.scalars(select(Face.id).order_by(Face.ordinal)).all() == list(kept.face_ids)
        predictions = session.scalars(select(Prediction)).all()
        assert {(p.classifier_version_id, p.label) for p in predictions} == {(version, "without_mask")}


def test_a_photo_kept_twice_is_one_photo_and_each_place_is_told(db: Database) -> None:
    add_version(db)
    first = keep(db)
    assert keep(db) == first
    assert keep(db, b"Camera, now", SourceKind.CAMERA) == first
    with db.read() as session:
        counts = [
            session.scalar(select(func.count()).select_from(table)) for table in (Photo, Face, Prediction)
        ]
        assert counts == [1, 2, 2]
        assert set(session.scalars(select(Source.kind))) == {SourceKind.UPLOAD, SourceKind.CAMERA}


def test_a_photo_that_a_folder_held_is_stored_from_now_on(db: Database) -> None:
    add_version(db)
    kept = keep(db)
    with db.write() as session:
        session.get_one(Photo, kept.photo_id).stored = False
    keep(db)
    with db.read() as session:
        assert session.get_one(Photo, kept.photo_id).stored


def test_a_classifier_that_the_database_does_not_know_keeps_nothing(db: Database) -> None:
    add_version(db, sha256="d" * 64)
    with pytest.raises(PermanentError) as error:
        keep(db)
    assert error.value.code == "classifier_not_registered"
    with db.read() as session:
        assert session.scalars(select(Photo)).all() == []
