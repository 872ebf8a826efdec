"""The last batch of a detector's training: register the version and measure it beside the one in use."""

import json
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.datasets.store import count_licences
from core.detection.detector_card import DetectorLayout
from core.detectors.folder import DetectorFolder
from core.detectors.job_kind import COMPARE_DETECTOR_STAGE, TRAIN_DETECTOR
from core.errors import InputError
from core.jobs.finish import finish_batch
from core.jobs.lease import lock_held
from core.jobs.store import add_event
from core.training.detector.fit import read_log
from core.training.detector.scene_store import SceneStore
from core.training.folder import remove_folder
from core.training.options import PromoteBy
from core.versions.detectors.gate import DetectorEvaluation
from core.versions.detectors.store import promote_detector, register_detector, write_evaluation
from core.versions.files import version_files
from models import EventLevel, Job, PromotionKind
from workers.detector_evaluation import measure_beside_champion
from workers.engine import BatchRun, handles
from workers.training.detector_fit import fit_photos


@handles(COMPARE_DETECTOR_STAGE)
def compare_detector(run: BatchRun) -> None:
    """Register, evaluate and, if the options say so, promote through the gate; finishes the job."""
    with run.db.read() as session:
        version_id = session.get_one(Job, run.claim.job_id).detector_version_id
    version_id = version_id or register_trained(run)
    evaluation = _measure(run, version_id)
    with run.db.write() as session:
        lock_held(session, run.claim)
        if evaluation is not None:
            write_evaluation(session, version_id, evaluation)
            session.flush()
            options = TRAIN_DETECTOR.options_of(session.get_one(Job, run.claim.job_id))
            if options.promote_by is PromoteBy.GATE:
                _promote(session, run, version_id)
        session.execute(update(Job).where(Job.id == run.claim.job_id).values(steps_done=Job.steps_found))
        finish_batch(session, run.claim)
    remove_folder(run.settings, run.claim.job_id)


def register_trained(run: BatchRun) -> int:
    """Register what the fit wrote; the card counts the photos that it had, whatever was boxed since."""
    folder = fit_photos(run)
    scenes = SceneStore(folder.path)
    stored = version_files(run.settings).keep(folder.fitted)
    parent = folder.parent.read_text()
    with run.db.write() as session:
        lock_held(session, run.claim)
        job = session.get_one(Job, run.claim.job_id)
        name = f"detector-{job.id}"
        card: dict[str, Any] = {
            "name": name,
            "layout": DetectorLayout.YUNET.value,
            "recipe": {key: value for key, value in job.options.items() if key != "boxed_photos"},
            "data": {
                "photos": scenes.counts(),
                "licences": count_licences(session, [int(name) for name in scenes.names]),
            },
            **_fitted(folder),
        }
        version = register_detector(
            session,
            name=name,
            sha256=stored.sha256,
            size=stored.bytes,
            parent_id=int(parent) if parent else None,
            card=card,
        )
        job.detector_version_id = version.id
        line = f"Detector version {version.id}, {name}, is stored."
        add_event(session, job.id, EventLevel.INFO, "version_registered", line)
        return version.id


def _fitted(folder: DetectorFolder) -> dict[str, Any]:
    """The measurements of the fit, and how its scores were calibrated."""
    lines = read_log(folder.fit)
    losses = [{key: line[key] for key in ("step", "loss")} for line in lines if "loss" in line]
    return {
        # Fewer than those of the recipe where somebody stopped it.
        "steps": losses[-1]["step"] if losses else 0,
        "curve": [line for line in lines if "ap_05" in line],
        "losses": losses,
        "calibration": json.loads(folder.calibration.read_text()),
    }


def _measure(run: BatchRun, version_id: int) -> DetectorEvaluation | None:
    """None where no held-back photo is boxed: the version stays, and can be evaluated later."""
    try:
        return measure_beside_champion(run, version_id)
    except InputError as error:
        with run.db.write() as session:
            add_event(session, run.claim.job_id, EventLevel.WARNING, error.code, error.message)
        return None


def _promote(session: Session, run: BatchRun, version_id: int) -> None:
    """Promote through the gate; where it does not pass, the log says why."""
    try:
        with session.begin_nested():
            promote_detector(
                session,
                run.settings,
                version_id,
                kind=PromotionKind.GATE,
                account_id=None,
                margin=run.settings.gate_margin,
            )
    except InputError as error:
        add_event(session, run.claim.job_id, EventLevel.INFO, error.code, f"Not promoted: {error.message}")
        return
    line = f"The gate passed: detector version {version_id} finds the faces of new jobs."
    add_event(session, run.claim.job_id, EventLevel.INFO, "version_promoted", line)
