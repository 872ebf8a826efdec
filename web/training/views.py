"""The list of trainings, the request form, and the action that stops a fit."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.datasets.queries import list_datasets
from core.errors import InputError
from core.labels.contested import count_contested
from core.training.job_kind import INSTALL_COMMAND, count_new_decisions, missing_modules, request_training
from core.training.options import Start
from core.training.queries import list_trainings, read_best_f1
from core.training.store import request_stop
from core.versions.queries import is_imported, read_champion
from web.accounts.session import current_account
from web.errors import status_of
from web.extension import database, settings
from web.jobs.card import read_cards
from web.numbers import query_number
from web.pages import live_page
from web.training.forms import TrainingForm

training = Blueprint("training", __name__, url_prefix="/training")

_PAGE = 20
#: More new decisions than this are shown as "or more".
_MOST_COUNTED = 10_000


@training.get("")
def home() -> ResponseReturnValue:
    """Trainings, newest first, and how many decisions are new since the last one."""
    before = query_number("before")
    with database().read() as rows:
        found = list_trainings(rows, before_id=before, limit=_PAGE + 1)
        cards = read_cards(rows, found[:_PAGE], settings())
        best = read_best_f1(rows, [card.job.id for card in cards])
        new = count_new_decisions(rows, at_most=_MOST_COUNTED)
    return live_page(
        "training/home.html",
        cards=cards,
        best=best,
        older=cards[-1].job.id if len(found) > _PAGE else None,
        before=before,
        new=new,
        many=new >= _MOST_COUNTED,
        install=INSTALL_COMMAND if missing_modules() else None,
    )


@training.get("/new")
def new() -> ResponseReturnValue:
    """The form; the query parameter `dataset` preselects one."""
    form = TrainingForm(dataset=request.args.get("dataset", ""))
    with database().read() as rows:
        if is_imported(read_champion(rows)):
            form.start.data = Start.IMAGENET.value
        return _form(rows, form, None)


@training.post("/new")
def submit() -> ResponseReturnValue:
    """Request the training and show its job."""
    form = TrainingForm()
    with database().write() as rows:
        form.offer(list_datasets(rows))
        if not form.validate():
            return _form(rows, form, None), 400
        try:
            job = request_training(
                rows, form.options(), title=form.title.data or "", account_id=current_account().id
            )
        except InputError as error:
            return _form(rows, form, error), status_of(error)
    return redirect(url_for("jobs.job_page", job_id=job.id))


@training.post("/<int:job_id>/stop")
def stop(job_id: int) -> ResponseReturnValue:
    """End the fit after its current batch; the best epoch so far is evaluated."""
    try:
        with database().write() as rows:
            request_stop(rows, job_id)
    except InputError as error:
        if error.code == "job_not_found":
            raise
        flash(error.message, "error")
    else:
        flash("The fit stops after its current batch. The best epoch so far is evaluated.")
    return redirect(url_for("jobs.job_page", job_id=job_id))


def _form(rows: Session, form: TrainingForm, failure: InputError | None) -> str:
    form.offer(list_datasets(rows))
    return render_template(
        "training/new.html",
        form=form,
        failure=failure,
        new=count_new_decisions(rows, at_most=_MOST_COUNTED),
        many=_MOST_COUNTED,
        contested=count_contested(rows),
        imported_champion=is_imported(read_champion(rows)),
        install=INSTALL_COMMAND if missing_modules() else None,
    )
