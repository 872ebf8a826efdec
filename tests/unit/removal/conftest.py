"""Four photos from the web, some of whose faces are in a dataset."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.database import Database
from core.settings import Settings
from models import ClassifierVersion, Face, Photo
from tests.provenance_rows import WebPhoto, add_dataset, add_source, add_web_photo
from tests.rows import add_version


@pytest.fixture
def settings(settings: Settings) -> Settings:
    settings.data.mkdir()
    return settings


@pytest.fixture
def photos(db: Database, settings: Settings) -> list[Photo]:
    """Three photos of one host, one of which has another source too, and one of another host."""
    version_id = add_version(db)
    with db.write() as session:
        made = [
            add_web_photo(session, settings.data, WebPhoto(number=number), version_id=version_id)
            for number in range(3)
        ]
        other = WebPhoto(number=9, host="other.example", page="https://news.example/other", phrase="crowd")
        made.append(add_web_photo(session, settings.data, other, version_id=version_id))
        add_source(session, made[0], replace(other, number=0))
        faces = session.scalars(select(Face).where(Face.photo_id.in_([made[0].id, made[3].id]))).all()
        dataset = add_dataset(session, list(faces))
        session.get_one(ClassifierVersion, version_id).dataset_id = dataset.id
        return made
