"""Pages of datasets: the list, one dataset, its faces, its CSV file, and two datasets compared."""

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from core.datasets.content import LEFT_OUT
from core.datasets.export import export_dataset
from core.datasets.importing.queries import list_assumed
from core.datasets.queries import (
    MOST_COUNTED,
    Difference,
    count_differences,
    get_dataset,
    list_datasets,
    list_differences,
    list_faces,
)
from core.datasets.splitting.queries import count_brought_splits
from core.evaluation.queries import list_dataset_evaluations
from core.jobs.queries import get_job
from core.labels.contested import count_contested
from core.labels.decisions import read_labels
from core.versions.queries import list_trained_on
from models import Label, Split
from web.datasets.forms import FreezeForm
from web.extension import database
from web.numbers import query_number
from web.pages import chosen

datasets = Blueprint("datasets", __name__, url_prefix="/datasets")

_PAGE = 20
_FACES = 60


@datasets.get("")
def home() -> ResponseReturnValue:
    """Datasets, newest first, and the form that freezes a new one."""
    return render_home(FreezeForm())


def render_home(form: FreezeForm) -> str:
    """The page with this form."""
    before = query_number("before")
    with database().read() as rows:
        found = list_datasets(rows, before_id=before, limit=_PAGE + 1)
        contested = count_contested(rows)
    older = found[_PAGE - 1].id if len(found) > _PAGE else None
    return render_template(
        "datasets/home.html",
        found=found[:_PAGE],
        older=older,
        before=before,
        form=form,
        contested=contested,
    )


@datasets.get("/<int:dataset_id>")
def dataset_page(dataset_id: int) -> ResponseReturnValue:
    """One dataset: counts, licences, and the versions trained or evaluated on it."""
    with database().read() as rows:
        dataset = get_dataset(rows, dataset_id)
        return render_template(
            "datasets/dataset.html",
            dataset=dataset,
            trained=list_trained_on(rows, dataset_id),
            evaluations=list_dataset_evaluations(rows, dataset_id),
            others=[other for other in list_datasets(rows) if other.id != dataset_id],
            brought=count_brought_splits(rows, dataset_id),
            splits=list(Split),
            labels=list(Label),
            reasons=LEFT_OUT,
        )


@datasets.get("/<int:dataset_id>/faces")
def faces(dataset_id: int) -> ResponseReturnValue:
    """The faces of a dataset; `split` and `label` in the address filter them."""
    split = chosen(Split, "split")
    label = chosen(Label, "label")
    after = query_number("after", 0)
    with database().read() as rows:
        dataset = get_dataset(rows, dataset_id)
        found = list_faces(rows, dataset_id, split=split, label=label, after_face=after, limit=_FACES + 1)
    return render_template(
        "datasets/faces.html",
        dataset=dataset,
        found=found[:_FACES],
        following=found[_FACES - 1].face_id if len(found) > _FACES else None,
        split=split,
        label=label,
        splits=list(Split),
        labels=list(Label),
    )


@datasets.get("/<int:dataset_id>/faces.csv")
def export(dataset_id: int) -> Response:
    """The dataset as CSV, streamed."""
    db = database()
    with db.read() as rows:
        get_dataset(rows, dataset_id)
    response = Response(export_dataset(db.read, dataset_id), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="dataset-{dataset_id}-faces.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


@datasets.get("/imports/<int:job_id>/assumed")
def assumed(job_id: int) -> ResponseReturnValue:
    """The detections that an import took for no face, because the set has no box there."""
    after = query_number("after", 0)
    with database().read() as rows:
        job = get_job(rows, job_id)
        found = list_assumed(rows, job_id, after_id=after, limit=_FACES + 1)
        labels_now = read_labels(rows, [each.face_id for each in found])
    return render_template(
        "datasets/assumed.html",
        job=job,
        found=found[:_FACES],
        labels_now=labels_now,
        following=found[_FACES - 1].id if len(found) > _FACES else None,
    )


@datasets.get("/compare")
def choose_comparison() -> ResponseReturnValue:
    """Redirect from the form to the comparison, the older dataset first."""
    pair = sorted((query_number("one", 0), query_number("other", 0)))
    return redirect(url_for("datasets.compare", before_id=pair[0], after_id=pair[1]))


@datasets.get("/<int:before_id>/compare/<int:after_id>")
def compare(before_id: int, after_id: int) -> ResponseReturnValue:
    """Faces added, removed and relabelled between two datasets."""
    kind = chosen(Difference, "show") or Difference.ADDED
    after_face = query_number("after", 0)
    with database().read() as rows:
        before, after = get_dataset(rows, before_id), get_dataset(rows, after_id)
        counts = count_differences(rows, before_id, after_id)
        found = list_differences(rows, before_id, after_id, kind, after_face=after_face, limit=_FACES + 1)
    return render_template(
        "datasets/compare.html",
        before=before,
        after=after,
        counts=counts,
        kind=kind,
        kinds=list(Difference),
        most=MOST_COUNTED,
        found=found[:_FACES],
        following=found[_FACES - 1].face_id if len(found) > _FACES else None,
    )
