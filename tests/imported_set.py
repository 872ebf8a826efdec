"""Imports of labelled sets with a detector that finds what a test tells it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.accounts import ensure_owner
from core.database import Database
from core.datasets.importing.job_kind import ImportOptions, request_import
from core.detection.face import Box, FoundFace
from core.detection.photo import DecodedPhoto
from core.settings import Settings
from workers import importing
from workers.engine import run_batches
from workers.handlers import HANDLERS

#: A face, a likely one and a false alarm in photos of 300 x 200 pixels.
FACE, LIKELY, FALSE_ALARM = (20, 20, 80, 90), (120, 30, 180, 100), (200, 120, 240, 160)
Corners = tuple[float, float, float, float]


def found(corners: Corners, score: float = 0.9) -> FoundFace:
    """A detected face."""
    x1, y1, x2, y2 = corners
    landmarks = ((x1 + 1, y1 + 1), (x2 - 1, y1 + 1), (x1 + 2, y1 + 2), (x1 + 1, y2 - 1), (x2 - 1, y2 - 1))
    return FoundFace(box=Box(x1=x1, y1=y1, x2=x2, y2=y2), landmarks=landmarks, score=score)


FOUND = (found(FACE), found(LIKELY, 0.71), found(FALSE_ALARM, 0.5))


class TellingDetector:
    """Finds the given faces in every photo."""

    detector_key = "told"

    def __init__(self, faces: Sequence[FoundFace]) -> None:
        self._faces = list(faces)

    def find_faces(self, photo: DecodedPhoto) -> list[FoundFace]:
        return self._faces


def voc(*objects: tuple[str, *Corners], more: str = "") -> str:
    """A Pascal VOC file with these objects, and further elements."""
    inner = "".join(
        f"<object><name>{name}</name><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax>"
        f"<ymax>{y2}</ymax></bndbox></object>"
        for name, x1, y1, x2, y2 in objects
    )
    return f"<annotation>{more}{inner}</annotation>"


def add_photo(path: Path, annotation: str | None = None, *, orientation: int = 1) -> None:
    """Write a photo of 300 x 200 stored pixels that no other equals, and its annotation beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(list(path.name.encode()))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(rng.integers(0, 255, (20, 30, 3), dtype=np.uint8)).resize((300, 200))
    image.save(path, exif=exif)
    if annotation is not None:
        path.with_suffix(".xml").write_text(annotation)


def run_import(
    db: Database,
    settings: Settings,
    folder: Path | None,
    patch: pytest.MonkeyPatch,
    *,
    faces: Sequence[FoundFace] = FOUND,
    **options: object,
) -> int:
    """Import a folder, or the upload in `options`; the id of the job, which has ended."""
    patch.setattr(importing, "load_detector", lambda *_: TellingDetector(faces))
    with db.write() as session:
        chosen = ImportOptions(folder=None if folder is None else str(folder), **options)
        owner = ensure_owner(session).id
        job_id = request_import(session, chosen, account_id=owner, roots=settings.roots).id
    run_batches(db, settings, HANDLERS)
    return job_id
