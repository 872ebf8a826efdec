"""Evaluate a version, promote it, roll back, and correct the label of a wrongly predicted face."""

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core.errors import InputError
from core.evaluation.job_kind import request_evaluation_beside_champion
from core.evaluation.store import promote_by_person
from core.labels.contested import read_contested
from core.labels.decisions import Origin
from core.review.answers.outside_decisions import decide_face
from core.review.answers.settling import settle_face
from core.versions.files import version_files
from core.versions.queries import check_predicting_file, get_version
from core.versions.store import roll_back
from models import read_choice
from web.accounts.session import current_account
from web.extension import database, settings
from web.numbers import form_number
from workers.broker import wake

version_actions = Blueprint("version_actions", __name__, url_prefix="/versions")

_QUEUE = "evaluation"


@version_actions.post("/<int:version_id>/evaluate")
def evaluate(version_id: int) -> ResponseReturnValue:
    """Evaluate the version and the champion on the test faces of a dataset."""
    dataset_id = form_number("dataset", 0)
    with database().write() as rows:
        account_id = current_account().id
        job_id = request_evaluation_beside_champion(rows, dataset_id, version_id, account_id=account_id).id
    wake(settings())
    return redirect(url_for("jobs.job_page", job_id=job_id))


@version_actions.post("/<int:version_id>/promote")
def promote_version(version_id: int) -> ResponseReturnValue:
    """Promote a version that passes the gate; `overrule` with a reason promotes one that does not."""
    try:
        with database().write() as rows:
            check_predicting_file(rows, version_files(settings()), version_id)
            promote_by_person(
                rows,
                version_id,
                overrule=bool(request.form.get("overrule")),
                account_id=current_account().id,
                reason=request.form.get("reason", ""),
                margin=settings().gate_margin,
            )
            name = get_version(rows, version_id).name
    except InputError as error:
        flash(error.message, "error")
    else:
        flash(f"{name} is the champion. New jobs use it; running jobs keep their version.")
    return redirect(url_for("versions.version_page", version_id=version_id))


@version_actions.post("/rollback")
def rollback() -> ResponseReturnValue:
    """Make the previous champion the champion again."""
    try:
        with database().write() as rows:
            promotion = roll_back(rows, account_id=current_account().id)
            name = get_version(rows, promotion.classifier_version_id).name
    except InputError as error:
        flash(error.message, "error")
    else:
        flash(f"Rolled back: {name} is the champion again.")
    return redirect(url_for("versions.home"))


@version_actions.post("/faces/<int:face_id>/decide")
def decide(face_id: int) -> ResponseReturnValue:
    """Correct the label of a face; returns JSON to a script, and redirects back otherwise.

    The decision about a contested face settles its conflict, as only leads see this page.
    """
    try:
        choice = read_choice(request.form.get("label", ""))
    except ValueError as error:
        raise InputError("option_invalid", "Choose one of the four labels, or “can't tell”.") from error
    origin = Origin(account_id=current_account().id, queue=_QUEUE)
    with database().write() as rows:
        if read_contested(rows, [face_id]):
            settle_face(rows, face_id, choice, account_id=current_account().id)
        else:
            milliseconds = form_number("milliseconds")
            decide_face(rows, face_id, choice, origin, milliseconds=milliseconds)
    if request.accept_mimetypes.best == "application/json":
        return jsonify(face=face_id, label=choice.value)
    back = request.form.get("back", "")
    home = url_for("versions.home")
    return redirect(back if back.startswith(f"{home}/") else home)
