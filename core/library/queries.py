"""Read credits of photos, and the faces and bytes of one photo."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.detection.face import SAME_FACE, overlap
from core.errors import InputError
from core.labels.final_label import read_decided
from core.labels.shown_label import NOT_LABELLED, Unlabelled
from core.library.credits import Credit, best_credit
from core.library.files.reading import photo_erased, read_unchanged_photo
from core.library.files.store import photo_store
from core.settings import Settings
from models import (
    DRAWN,
    BoxState,
    ClassifierVersion,
    Extraction,
    Face,
    Label,
    Photo,
    Prediction,
    Source,
    SourceKind,
)

#: Photo ids per query; SQLite allows 32,766 values.
_AT_ONCE = 5_000
# Columns instead of rows: reports read the credits of a million photos.
_COLUMNS = (
    Source.kind,
    Source.name,
    Source.page_url,
    Source.licence,
    Source.licence_url,
    Source.title,
    Source.creator,
)


@dataclass(frozen=True, kw_only=True)
class PhotoFace:
    """A face with what is known about it; corners in pixels of the upright full-size photo."""

    face_id: int
    x1: float
    y1: float
    x2: float
    y2: float
    #: The label that a person or an imported set gave it; None also while two people disagree.
    decided: Label | None
    #: Label and confidence (0 to 1) of the champion; None if it has not classified the face.
    predicted: Label | None
    confidence: float | None

    @property
    def current_label(self) -> Label | None:
        """The current label: the decision, else the prediction."""
        return self.decided or self.predicted

    @property
    def label(self) -> Label | Unlabelled:
        """How its box is drawn and named."""
        return self.current_label or NOT_LABELLED


def read_faces(session: Session, photo_id: int) -> list[PhotoFace]:
    """Faces of the latest detection without removed boxes, and drawn faces that it did not find."""
    latest = (
        select(Extraction.detector_key)
        .where(Extraction.photo_id == photo_id)
        .order_by(Extraction.id.desc())
        .limit(1)
    )
    faces = session.scalars(
        select(Face)
        .where(
            Face.photo_id == photo_id,
            Face.detector_key.in_({DRAWN, *session.scalars(latest)}),
            Face.box_state.is_(None) | (Face.box_state == BoxState.ACCEPTED),
        )
        .order_by(Face.detector_key == DRAWN, Face.ordinal)
    ).all()
    ids = [face.id for face in faces]
    decided = {face_id: decided.label.label for face_id, decided in read_decided(session, ids).items()}
    predictions = _read_predictions(session, ids)
    shown: list[PhotoFace] = []
    for face in faces:
        drawn = face.detector_key == DRAWN
        if not (drawn and any(overlap(face, other) >= SAME_FACE for other in shown)):
            shown.append(_shown(face, decided.get(face.id), predictions.get(face.id)))
    return shown


def _shown(face: Face, decided: Label | None, prediction: tuple[Label, float] | None) -> PhotoFace:
    predicted, confidence = prediction or (None, None)
    return PhotoFace(
        face_id=face.id,
        x1=face.x1,
        y1=face.y1,
        x2=face.x2,
        y2=face.y2,
        decided=decided,
        predicted=predicted,
        confidence=confidence,
    )


def _read_predictions(session: Session, face_ids: list[int]) -> dict[int, tuple[Label, float]]:
    query = (
        select(Prediction)
        .join(ClassifierVersion, ClassifierVersion.id == Prediction.classifier_version_id)
        .where(Prediction.face_id.in_(face_ids), ClassifierVersion.champion)
    )
    return {
        prediction.face_id: (
            prediction.label,
            getattr(prediction, prediction.label.value),
        )
        for prediction in session.scalars(query)
    }


def read_credits(session: Session, photo_ids: Sequence[int]) -> dict[int, Credit]:
    """The best credit of each photo that has a source, by photo id."""
    found: defaultdict[int, list[Credit]] = defaultdict(list)
    for start in range(0, len(photo_ids), _AT_ONCE):
        query = (
            select(Source.photo_id, *_COLUMNS)
            .where(Source.photo_id.in_(photo_ids[start : start + _AT_ONCE]))
            .order_by(Source.photo_id, Source.id)
        )
        for photo_id, kind, place, page_url, licence, licence_url, title, creator in session.execute(query):
            credit = Credit(
                kind=kind,
                place=place,
                page_url=page_url,
                licence=licence,
                licence_url=licence_url,
                title=title,
                creator=creator,
            )
            found[photo_id].append(credit)
    best = {photo_id: best_credit(credits) for photo_id, credits in found.items()}
    return {photo_id: credit for photo_id, credit in best.items() if credit is not None}


def read_photo_bytes(session: Session, settings: Settings, photo: Photo) -> bytes:
    """The photo's bytes, from the store or from a folder; their SHA-256 is checked where a folder holds them.

    Raises InputError photo_erased when its retention has ended, file_gone when no source has them any more,
    photo_changed when the file has changed, folder_not_allowed when its folder is no longer among those that
    the service may read.
    """
    if photo.erased_at is not None:
        raise photo_erased()
    if photo.stored:
        with photo_store(settings).open(photo.sha256) as file:
            return file.read()
    error = InputError("file_gone", "The photo is no longer at any place where it was found.")
    for location in _folder_locations(session, photo):
        try:
            return read_unchanged_photo(location, photo.sha256, settings)
        except InputError as failure:
            error = failure
    raise error


def _folder_locations(session: Session, photo: Photo) -> list[bytes]:
    """Paths of the photo's file, the latest first."""
    query = select(Source.location).where(Source.photo_id == photo.id, Source.kind == SourceKind.FOLDER)
    return list(session.scalars(query.order_by(Source.id.desc())))
