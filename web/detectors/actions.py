"""Train a detector, stop its fit, evaluate it, promote it, roll back."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core.detectors.job_kind import (
    TrainDetectorOptions,
    request_detector_evaluation,
    request_detector_training,
)
from core.detectors.store import request_detector_stop
from core.errors import InputError
from core.training.options import PromoteBy
from core.versions.detectors.queries import INSTALLED, check_detector_file, get_detector
from core.versions.detectors.store import promote_detector, roll_detector_back
from core.versions.files import version_files
from models import PromotionKind
from web.accounts.session import current_account
from web.extension import database, settings
from web.numbers import form_number
from workers.broker import wake

detector_actions = Blueprint("detector_actions", __name__, url_prefix="/versions/detectors")


@detector_actions.post("/train")
def train() -> ResponseReturnValue:
    """Request a training on the boxed photos and show its job."""
    try:
        options = TrainDetectorOptions(
            steps=form_number("steps", 0),
            promote_by=PromoteBy.GATE if request.form.get("promote_by") == "gate" else PromoteBy.PERSON,
        )
        with database().write() as rows:
            job_id = request_detector_training(rows, options, account_id=current_account().id).id
    except InputError as error:
        flash(error.message, "error")
        return redirect(url_for("detectors.home"))
    return redirect(url_for("jobs.job_page", job_id=job_id))


@detector_actions.post("/trainings/<int:job_id>/stop")
def stop(job_id: int) -> ResponseReturnValue:
    """End the fit after its current batch; the weights so far are evaluated."""
    try:
        with database().write() as rows:
            request_detector_stop(rows, job_id)
    except InputError as error:
        if error.code == "job_not_found":
            raise
        flash(error.message, "error")
    else:
        flash("The training stops after its current batch. The weights so far are evaluated.")
    return redirect(url_for("jobs.job_page", job_id=job_id))


@detector_actions.post("/<int:version_id>/evaluate")
def evaluate(version_id: int) -> ResponseReturnValue:
    """Measure the version and the detector in use on the boxed photos that are held back."""
    with database().write() as rows:
        job_id = request_detector_evaluation(rows, version_id, account_id=current_account().id).id
    wake(settings())
    return redirect(url_for("jobs.job_page", job_id=job_id))


@detector_actions.post("/<int:version_id>/promote")
def promote(version_id: int) -> ResponseReturnValue:
    """Promote a version that passes the gate; `overrule` with a reason promotes one that does not."""
    overrule = bool(request.form.get("overrule"))
    try:
        with database().write() as rows:
            check_detector_file(rows, version_files(settings()), version_id)
            promote_detector(
                rows,
                settings(),
                version_id,
                kind=PromotionKind.OVERRULED if overrule else PromotionKind.PERSON,
                account_id=current_account().id,
                reason=request.form.get("reason", ""),
                margin=settings().gate_margin,
            )
            name = get_detector(rows, version_id).name
    except InputError as error:
        flash(error.message, "error")
    else:
        flash(f"{name} finds the faces of new jobs. Running jobs keep their detector.")
    return redirect(url_for("detectors.detector_page", version_id=version_id))


@detector_actions.post("/rollback")
def rollback() -> ResponseReturnValue:
    """Let the detector before this one find the faces again."""
    try:
        with database().write() as rows:
            promotion = roll_detector_back(rows, account_id=current_account().id)
            chosen = promotion.detector_version_id
            name = get_detector(rows, chosen).name if chosen is not None else INSTALLED
    except InputError as error:
        flash(error.message, "error")
    else:
        flash(f"Rolled back: {name} finds the faces of new jobs again.")
    return redirect(url_for("detectors.home"))
