"""What can be done with selected photos of the library."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core.errors import InputError
from core.predict.job_kind import request_predict
from core.predict.options import PredictOptions
from web.accounts.session import current_account, safe_next
from web.extension import database, settings
from web.library.chosen import read_chosen
from workers.broker import wake

selected = Blueprint("selected", __name__, url_prefix="/library/selected")


@selected.post("/predict")
def predict() -> ResponseReturnValue:
    """Request a job that finds and labels the faces of the selected photos, and go to its page."""
    try:
        options = PredictOptions(selection=read_chosen())
        with database().write() as rows:
            job_id = request_predict(
                rows, options, account_id=current_account().id, roots=settings().roots
            ).id
    except InputError as error:
        return _refused(error)
    wake(settings())
    return redirect(url_for("jobs.job_page", job_id=job_id))


def _refused(error: InputError) -> ResponseReturnValue:
    """Say why on the page that sent the form."""
    flash(error.message, "error")
    return redirect(safe_next(request.form.get("back")) or url_for("library.home"))
