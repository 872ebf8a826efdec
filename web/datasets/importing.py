"""The page that imports a labelled set."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from core.datasets.importing.job_kind import request_import
from web.datasets.forms import ImportForm
from web.jobs.input_form import render_form, submit_form

importing = Blueprint("importing", __name__, url_prefix="/datasets/import")

_TEMPLATE = "datasets/import.html"


@importing.get("")
def page() -> ResponseReturnValue:
    """The empty form."""
    return render_form(ImportForm(), _TEMPLATE)


@importing.post("")
def submit() -> ResponseReturnValue:
    """Request the import and go to the page of its job."""
    return submit_form(ImportForm(), _TEMPLATE, request_import)
