"""Pictures in reports have faces covered where the job or the request says so."""

import base64
import re
import threading
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

from core.database import Database
from core.library.pictures.anonymise import Anonymise
from core.results.reports.queries import list_reports
from core.results.reports.request import request_reports
from core.settings import Settings
from models import Job, ReportFormat
from tests.unit.web.finished_job import add_finished_job
from workers.drain import drain_job

#: Where eyes and mouth of the only face are; its box is (200, 100, 320, 250).
_EYES, _MOUTH = (260, 140), (260, 220)


@pytest.fixture
def job_id(db: Database, tmp_path: Path) -> int:
    return add_finished_job(db, tmp_path / "photos", photos=4)


def _write(db: Database, settings: Settings, job_id: int, how: Anonymise | None) -> dict[ReportFormat, Path]:
    """The newest writing of the zip and the page."""
    allowed = settings.with_changes(allowed_roots=str(settings.data.parent))
    with db.write() as session:
        request_reports(session, job_id, (ReportFormat.ANNOTATED_ZIP, ReportFormat.HTML), anonymise=how)
    drain_job(allowed, job_id, threading.Event())
    with db.read() as session:
        return {
            report.format: settings.data / "reports" / (report.path or "")
            for report in list_reports(session, job_id)
        }


def _is_dark(image: Image.Image, at: tuple[int, int]) -> bool:
    return max(image.convert("RGB").getpixel(at)) < 70


def _zipped(path: Path) -> Image.Image:
    with ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".jpg"))
        return Image.open(BytesIO(archive.read(name))).convert("RGB")


def _dark_in_page(path: Path) -> list[float]:
    """The part of each thumbnail that is painted over."""
    found = []
    for data in re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", path.read_text()):
        pixels = np.asarray(Image.open(BytesIO(base64.b64decode(data))).convert("RGB"))
        found.append(float((pixels.max(axis=2) < 70).mean()))
    return found


@pytest.mark.parametrize(
    ("how", "eyes", "mouth"),
    [(Anonymise.NONE, False, False), (Anonymise.EYES, True, False), (Anonymise.FACE, True, True)],
)
def test_the_zip_and_the_page_cover_what_is_asked(
    db: Database, settings: Settings, job_id: int, how: Anonymise, eyes: bool, mouth: bool
) -> None:
    files = _write(db, settings, job_id, how)
    image = _zipped(files[ReportFormat.ANNOTATED_ZIP])
    assert (_is_dark(image, _EYES), _is_dark(image, _MOUTH)) == (eyes, mouth)
    thumbnails = _dark_in_page(files[ReportFormat.HTML])
    assert thumbnails
    assert all((dark > 0.02) is eyes for dark in thumbnails)


def test_the_job_says_it_for_every_report(db: Database, settings: Settings, job_id: int) -> None:
    with db.write() as session:
        job = session.get_one(Job, job_id)
        job.options = job.options | {"anonymise": "face"}
    assert _is_dark(_zipped(_write(db, settings, job_id, None)[ReportFormat.ANNOTATED_ZIP]), _MOUTH)
    shown = _write(db, settings, job_id, Anonymise.NONE)[ReportFormat.ANNOTATED_ZIP]
    assert not _is_dark(_zipped(shown), _EYES)
