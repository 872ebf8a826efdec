"""`maskloop photo`: detects the faces of one photo without a job, here or by a service."""

import hashlib
import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from rich import box
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from core.database import Database
from core.detection.card import CHAMPION, Card
from core.detection.decode import decode_photo
from core.detection.detector import FaceMaskDetector
from core.detection.detector_card import DetectorCard
from core.detection.options import DetectionOptions
from core.detection.photo import DecodedPhoto, PhotoLimits, note_words
from core.detection.weights import NEEDED, fetch_weights
from core.errors import InputError, MaskloopError, PermanentError
from core.labels.final_label import FinalLabel, PredictedLabel
from core.library.files.reading import read_photo
from core.logs import set_up_logs
from core.number_text import number, percent
from core.predict.options import Thresholds
from core.results.reports.annotation import annotate
from core.results.reports.json_lines import face_fields
from core.results.reports.rows import FaceBox, FaceRow, detected_rows
from core.settings import Settings
from core.versions.detectors.queries import read_champion_detector
from core.versions.files import version_card, version_files
from core.versions.queries import read_champion
from models import Label
from web.commands.connection import open_service
from web.commands.exit_status import FAILED, ServiceError

_QUALITY = 92


@dataclass(frozen=True, kw_only=True)
class PhotoRequest:
    """The arguments of the command."""

    file: Path
    smallest_face: float
    indeterminate_below: float
    #: Where to write the annotated photo, None for not at all.
    picture: Path | None
    as_json: bool


def predict_photo(settings: Settings, request: PhotoRequest) -> int:
    """Print the faces and write the annotated photo; returns 1 if the photo cannot be read, else 0."""
    Thresholds(indeterminate_below=request.indeterminate_below)
    if request.picture is not None and request.picture.resolve() == request.file.resolve():
        raise InputError("picture_is_photo", "The annotated photo would overwrite the original.")
    set_up_logs(settings, level=logging.ERROR)
    errors = Console(stderr=True)
    fetch_weights(NEEDED, settings.weights, progress=errors.print)
    options = DetectionOptions(smallest_face=request.smallest_face)
    classifier, finder = _champions(settings)
    detector = FaceMaskDetector(
        settings.weights,
        options=options,
        classifier=classifier,
        detector=settings.detector_folder if finder is None else finder,
    )
    try:
        data = _read(request.file, most_bytes=settings.max_photo_bytes)
        photo = decode_photo(data, limits=PhotoLimits(max_bytes=settings.max_photo_bytes))
    except InputError as error:
        _refuse(request, error, errors)
        return 1
    rows = detected_rows(detector.detect(photo), indeterminate_below=request.indeterminate_below)
    facts = {
        "sha256": hashlib.sha256(data).hexdigest(),
        "width": photo.width,
        "height": photo.height,
        "format": photo.format,
        "frames": photo.frames,
        "note": note_words(photo.frames, photo.notes),
        "detector_key": detector.detector_key,
        "classifier_sha256": detector.classifier_sha256,
    }
    _present(request, photo, facts, rows)
    return 0


def send_photo(url: str, request: PhotoRequest) -> int:
    """The same by a service, which stores nothing; raises ServiceError where it does not answer."""
    Thresholds(indeterminate_below=request.indeterminate_below)
    limits, photo = PhotoLimits(), None
    try:
        data = _read(request.file, most_bytes=limits.max_bytes)
        with open_service(url) as service:
            seen = service.client.photos.look(data, certainty=request.indeterminate_below).model_dump()
        if request.picture is not None:
            # The picture is drawn here: the service keeps nothing that could be fetched.
            photo = decode_photo(data, limits=limits)
    except (InputError, ServiceError) as error:
        if isinstance(error, ServiceError) and error.exit_status != FAILED:
            raise
        _refuse(request, error, Console(stderr=True))
        return 1
    rows = tuple(map(_row, seen.pop("faces")))
    _present(request, photo, seen | {"note": seen["note"] or ""}, rows)
    return 0


def _row(face: dict[str, Any]) -> FaceRow:
    """A face as the API answers it."""
    return FaceRow(
        face_id=face["number"],
        **{name: face[name] for name in ("x1", "y1", "x2", "y2", "detector_score")},
        box=FaceBox.FOUND,
        predicted=PredictedLabel(face["label"]),
        decided=None,
        final=FinalLabel(face["label"]),
        probabilities=tuple(face["probabilities"][label.value] for label in Label),
    )


def _present(
    request: PhotoRequest, photo: DecodedPhoto | None, facts: dict[str, Any], rows: tuple[FaceRow, ...]
) -> None:
    """Write the picture, and print the faces."""
    if request.picture is not None and photo is not None:
        _write_picture(photo, rows, request.picture)
    if request.as_json:
        print(json.dumps(_as_json(request, facts, rows), indent=2))
    else:
        _show(request, facts, rows)


def _champions(settings: Settings) -> tuple[Path | Card, DetectorCard | None]:
    """Classifier and trained detector of the database; without one, those that are installed."""
    database = Database(settings.sql_url)
    if database.path is not None and not database.path.exists():
        return CHAMPION, None
    try:
        with database.read() as session:
            classifier = version_card(read_champion(session), version_files(settings))
            return classifier, read_champion_detector(session, settings)
    except SQLAlchemyError:
        return CHAMPION, None
    finally:
        database.dispose()


def _read(file: Path, *, most_bytes: int) -> bytes:
    """The bytes of the file; links are followed, since a command may read what its user may read."""
    real = Path(os.path.realpath(file))
    if not real.exists():
        raise InputError("file_gone", "The file does not exist.")
    return read_photo(real.parent, os.fsencode(real.name), max_bytes=most_bytes)


def _refuse(request: PhotoRequest, error: MaskloopError, errors: Console) -> None:
    if request.as_json:
        print(
            json.dumps({"photo": str(request.file), "error": {"code": error.code, "message": error.message}})
        )
    else:
        errors.print(
            f"{request.file}: {error.message} [{error.code}]", markup=False, highlight=False, soft_wrap=True
        )


def _write_picture(photo: DecodedPhoto, rows: tuple[FaceRow, ...], path: Path) -> None:
    image = Image.fromarray(photo.rgb)
    annotate(image, rows)
    try:
        if path.suffix.lower() == ".png":
            image.save(path, "PNG")
        else:
            image.save(path, "JPEG", quality=_QUALITY)
    except OSError as error:
        raise PermanentError("picture_not_written", f"{path} cannot be written: {error.strerror}.") from error


def _as_json(request: PhotoRequest, facts: dict[str, Any], rows: tuple[FaceRow, ...]) -> dict[str, Any]:
    return {
        "photo": str(request.file),
        **facts,
        "indeterminate_below": request.indeterminate_below,
        "picture": None if request.picture is None else str(request.picture),
        "faces": [face_fields(row) for row in rows],
    }


def _chance(value: float | None) -> str:
    """A probability; a dash for a label that the version does not predict."""
    return "–" if value is None else percent(value)


def _show(request: PhotoRequest, facts: dict[str, Any], rows: tuple[FaceRow, ...]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("", "label", "with", "without", "incorrect", "no face", "box in pixels"):
        table.add_column(heading, justify="left" if heading in ("label", "box in pixels") else "right")
    for row in rows:
        chances = row.probabilities
        place = f"{number(row.x2 - row.x1)} x {number(row.y2 - row.y1)} at {number(row.x1)}, {number(row.y1)}"
        table.add_row(str(row.face_id), row.final.words, *(_chance(chance) for chance in chances), place)
    console = Console()
    if rows:
        console.print(table)
    else:
        console.print(
            f"No face in {number(facts['width'])} x {number(facts['height'])} pixels.", highlight=False
        )
    note = facts["note"]
    if note:
        console.print(f"{note[0].upper()}{note[1:]}.", highlight=False)
    if request.picture is not None:
        print(request.picture)
