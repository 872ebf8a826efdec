"""Freeze a dataset, import a labelled set, and pin a golden test set."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.datasets.importing.assumed import take_back_assumed
from core.datasets.importing.job_kind import request_import, request_import_again
from core.datasets.importing.labelling import open_labels
from core.datasets.importing.preview import Preview, preview_set
from core.datasets.job_kind import request_freeze
from core.datasets.store import pin_golden
from core.errors import InputError
from core.jobs.queries import get_job
from core.labels.label_words import parse_meaning
from core.library.files.bucket import check_place
from core.library.files.store import photo_store
from core.library.uploads import get_upload
from core.number_text import plural
from core.predict.listing.store import read_upload_files
from core.storage.inputs import input_buckets
from web.accounts.session import current_account
from web.datasets.forms import FreezeForm, ImportForm
from web.datasets.views import render_home
from web.errors import status_of
from web.extension import database, settings
from web.jobs.input_form import render_form, submit_form
from web.security import POLICY
from workers.broker import wake

dataset_actions = Blueprint("dataset_actions", __name__, url_prefix="/datasets")

_IMPORT_TEMPLATE = "datasets/import.html"
#: After that, a preview is of what was read of the files so far, and of the first photos only.
_OPENING_SECONDS, _PREVIEW_SECONDS = 15.0, 10.0


@dataset_actions.post("/freeze")
def freeze() -> ResponseReturnValue:
    """Request the freeze and go to the page of its job."""
    form = FreezeForm()
    if not form.validate():
        return render_home(form), 400
    with database().write() as rows:
        title, account_id = form.title.data or "", current_account().id
        job_id = request_freeze(rows, form.options(), title=title, account_id=account_id).id
    wake(settings())
    return redirect(url_for("jobs.job_page", job_id=job_id))


@dataset_actions.get("/import")
def import_form() -> ResponseReturnValue:
    """The empty form of an import."""
    return render_form(ImportForm(), _IMPORT_TEMPLATE)


@dataset_actions.post("/import")
def import_set() -> ResponseReturnValue:
    """Request the import and go to the page of its job."""
    return submit_form(ImportForm(), _IMPORT_TEMPLATE, request_import)


@dataset_actions.post("/import/preview")
def preview_import() -> ResponseReturnValue:
    """What the set holds and how it would be read; writes nothing."""
    form = ImportForm()
    if not form.validate():
        return render_form(form, _IMPORT_TEMPLATE), 400
    try:
        found = _preview(form)
    except InputError as error:
        return render_form(form, _IMPORT_TEMPLATE, error=error), status_of(error)
    response = make_response(render_template("datasets/preview.html", form=form, preview=found))
    # The pictures are in the page: nothing is kept of a set that is not imported.
    response.headers["Content-Security-Policy"] = POLICY.replace("blob:", "blob: data:")
    return response


def _preview(form: ImportForm) -> Preview:
    """Of the form's folder or upload, as far as a request may read in a few seconds."""
    with database().read() as rows:
        token = form.upload.data if form.source.data == "upload" else ""
        upload_id = get_upload(rows, token, current_account().id).id if token else None
        options = form.options(upload_id)
        files = read_upload_files(rows, upload_id) if upload_id is not None else []
    if options.folder is not None:
        place = check_place(options.folder, settings().roots, input_buckets(settings()))
        options = options.with_changes(folder=place)
    labels = open_labels(
        options,
        files,
        store=photo_store(settings()),
        roots=settings().roots,
        buckets=input_buckets(settings()),
        seconds=_OPENING_SECONDS,
    )
    return preview_set(labels, seconds=_PREVIEW_SECONDS)


@dataset_actions.post("/import/<int:job_id>/again")
def import_again(job_id: int) -> ResponseReturnValue:
    """Import the set of a job again, with the meanings that its page gives to unknown words."""
    pairs = zip(request.form.getlist("word"), request.form.getlist("meaning"), strict=False)
    given = {word: parse_meaning(word, meaning) for word, meaning in pairs if meaning}
    if not given:
        flash("Choose what at least one word means, or that it is left out.", "error")
        return redirect(url_for("jobs.job_page", job_id=job_id, _anchor="words"))
    try:
        with database().write() as rows:
            account_id = current_account().id
            new_id = request_import_again(rows, job_id, given, account_id=account_id, settings=settings()).id
    except InputError as error:
        if error.code in ("import_not_found", "job_deleted"):
            raise
        flash(error.message, "error")
        return redirect(url_for("jobs.job_page", job_id=job_id, _anchor="words"))
    wake(settings())
    return redirect(url_for("jobs.job_page", job_id=new_id))


@dataset_actions.post("/<int:dataset_id>/pin")
def pin(dataset_id: int) -> ResponseReturnValue:
    """Make the test faces of the dataset the golden test set."""
    with database().write() as rows:
        pin_golden(rows, dataset_id)
    flash("Pinned. The test faces are never used for training, and the gate compares versions on them.")
    return redirect(url_for("datasets.dataset_page", dataset_id=dataset_id))


@dataset_actions.post("/imports/<int:job_id>/assumed/undo")
def take_back(job_id: int) -> ResponseReturnValue:
    """Take back every `not_a_face` that the import gave to detections without a box."""
    with database().write() as rows:
        count = take_back_assumed(rows, get_job(rows, job_id).id)
    flash(f"{plural(count, 'label')} “not a face” of this import taken back.")
    return redirect(url_for("datasets.assumed", job_id=job_id))
