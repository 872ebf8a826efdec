"""Pages of face detectors: the list with the history of the one in use, one version, and its file."""

from io import BytesIO

from flask import Blueprint, render_template, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.detectors.job_kind import FEWEST_PHOTOS, TrainDetectorOptions, count_boxed
from core.errors import InputError
from core.training.job_kind import INSTALL_COMMAND, missing_modules
from core.versions.detectors.gate import DetectorGate
from core.versions.detectors.queries import (
    INSTALLED,
    check_detector,
    find_detector_champion,
    find_detector_rollback,
    get_detector,
    list_detectors,
    read_detector_history,
    read_evaluation,
)
from core.versions.files import version_files
from models import DetectorVersion
from web.extension import database, settings

detectors = Blueprint("detectors", __name__, url_prefix="/versions/detectors")

_MOST = 100


@detectors.get("")
def home() -> ResponseReturnValue:
    """Detectors, newest first, each beside the one that was in use, and the history of the one in use."""
    with database().read() as rows:
        found = list_detectors(rows, limit=_MOST)
        return render_template(
            "detectors/home.html",
            found=[(version, read_evaluation(version)) for version in found],
            champion=find_detector_champion(rows),
            installed=INSTALLED,
            history=read_detector_history(rows),
            rollback=find_detector_rollback(rows),
            boxed=count_boxed(rows),
            fewest=FEWEST_PHOTOS,
            steps=TrainDetectorOptions.default_of("steps"),
            bounds=TrainDetectorOptions.bounds_of("steps"),
            install=INSTALL_COMMAND if missing_modules() else None,
        )


@detectors.get("/<int:version_id>")
def detector_page(version_id: int) -> ResponseReturnValue:
    """One detector: its metrics beside those of the detector in use, the gate, and what it learned from."""
    with database().read() as rows:
        version = get_detector(rows, version_id)
        return render_template(
            "detectors/detector.html",
            version=version,
            evaluation=read_evaluation(version),
            gate=_find_gate(rows, version),
            parent=rows.get(DetectorVersion, version.parent_id) if version.parent_id else None,
            installed=INSTALLED,
        )


@detectors.get("/<int:version_id>/file")
def download(version_id: int) -> ResponseReturnValue:
    """The ONNX file of a detector; its hash is checked first."""
    with database().read() as rows:
        version = get_detector(rows, version_id)
        file = version_files(settings()).path(version.sha256).read_bytes()
    return send_file(
        BytesIO(file),
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=f"{version.name}.onnx",
        etag=version.sha256,
    )


def _find_gate(rows: Session, version: DetectorVersion) -> DetectorGate | None:
    """None where it was not measured beside the detector in use."""
    try:
        return check_detector(rows, settings(), version, margin=settings().gate_margin)[1]
    except InputError:
        return None
