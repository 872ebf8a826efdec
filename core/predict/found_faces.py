"""The faces that a job found, by the keys of its detectors."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, exists, false, or_

from models import Extraction, Face


def found_by(keys: Sequence[str]) -> ColumnElement[bool]:
    """The condition of faces that these detectors found, the newest last; a job has one of them as a rule.

    A job that runs on while the detector is upgraded has two. Of a photo that both searched, the faces of the
    newer one count, so that no face counts twice.
    """
    conditions = [
        and_(Face.detector_key == key, *_not_searched_by(keys[place + 1 :])) for place, key in enumerate(keys)
    ]
    return or_(*conditions) if conditions else false()


def _not_searched_by(keys: Sequence[str]) -> list[ColumnElement[bool]]:
    if not keys:
        return []
    return [~exists().where(Extraction.photo_id == Face.photo_id, Extraction.detector_key.in_(keys))]
