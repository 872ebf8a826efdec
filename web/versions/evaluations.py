"""Pages of an evaluation: its metrics, its wrong predictions, and two versions compared."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.datasets.queries import get_dataset
from core.errors import InputError
from core.evaluation.queries import (
    PredictedFace,
    WrongFaceCursor,
    compare_versions,
    find_evaluation,
    list_changed_faces,
    list_wrong_faces,
)
from core.labels.contested import read_contested
from core.labels.decisions import read_current
from core.versions.queries import get_version, read_champion
from models import CHOICES, Evaluation, Label
from web.extension import database, settings
from web.pages import chosen
from web.versions.charts import draw_curves, draw_reliability

evaluations = Blueprint(
    "evaluations", __name__, url_prefix="/versions/<int:version_id>/evaluations/<int:dataset_id>"
)

_FACES = 48
_CHANGES = 120


@evaluations.get("")
def evaluation_page(version_id: int, dataset_id: int) -> ResponseReturnValue:
    """All metrics of a version on the test faces of a dataset."""
    with database().read() as rows:
        evaluation = _get_evaluation(rows, version_id, dataset_id)
        champion = read_champion(rows)
        return render_template(
            "versions/evaluation.html",
            version=get_version(rows, version_id),
            dataset=get_dataset(rows, dataset_id),
            evaluation=evaluation,
            metrics=evaluation.metrics,
            champion=champion,
            comparable=champion.id != version_id and find_evaluation(rows, champion.id, dataset_id),
            curves=draw_curves(evaluation.metrics),
            bars=draw_reliability(evaluation.metrics),
        )


@evaluations.get("/wrong")
def wrong(version_id: int, dataset_id: int) -> ResponseReturnValue:
    """The faces that a version predicts wrongly, worst first, with a form that corrects their label."""
    label, predicted = chosen(Label, "label"), chosen(Label, "predicted")
    with database().read() as rows:
        evaluation = _get_evaluation(rows, version_id, dataset_id)
        found = list_wrong_faces(
            rows,
            version_id,
            dataset_id,
            label=label,
            predicted=predicted,
            after=_read_cursor(),
            limit=_FACES + 1,
        )
        return render_template(
            "versions/wrong.html",
            version=get_version(rows, version_id),
            dataset=get_dataset(rows, dataset_id),
            evaluation=evaluation,
            found=found[:_FACES],
            following=_format_cursor(found[_FACES - 1]) if len(found) > _FACES else None,
            current=read_current(rows, [face.face_id for face in found]),
            contested=read_contested(rows, [face.face_id for face in found]),
            label=label,
            predicted=predicted,
            choices=CHOICES,
        )


@evaluations.get("/beside/<int:other_id>")
def compare(version_id: int, dataset_id: int, other_id: int) -> ResponseReturnValue:
    """Two versions on the same faces: McNemar's test, the gate, and the faces gained and lost."""
    with database().read() as rows:
        version, other = get_version(rows, version_id), get_version(rows, other_id)
        return render_template(
            "versions/compare.html",
            version=version,
            other=other,
            dataset=get_dataset(rows, dataset_id),
            comparison=compare_versions(
                rows, other_id, version_id, dataset_id, margin=settings().gate_margin
            ),
            metrics=_get_evaluation(rows, version_id, dataset_id).metrics,
            before=_get_evaluation(rows, other_id, dataset_id).metrics,
            gained=list_changed_faces(rows, other_id, version_id, dataset_id, gained=True, limit=_CHANGES),
            lost=list_changed_faces(rows, other_id, version_id, dataset_id, gained=False, limit=_CHANGES),
        )


def _get_evaluation(rows: Session, version_id: int, dataset_id: int) -> Evaluation:
    evaluation = find_evaluation(rows, version_id, dataset_id)
    if evaluation is None:
        raise InputError(
            "evaluation_not_found", f"Version {version_id} has not been evaluated on dataset {dataset_id}."
        )
    return evaluation


def _read_cursor() -> WrongFaceCursor | None:
    """The last face of the page before, from `after` in the address; None on the first page."""
    given = request.args.get("after", "")
    if not given:
        return None
    try:
        probability, _, face_id = given.rpartition("-")
        return WrongFaceCursor(truth_probability=float.fromhex(probability), face_id=int(face_id))
    except ValueError as error:
        raise InputError("option_invalid", f"after cannot be {given!r}.") from error


def _format_cursor(face: PredictedFace) -> str:
    return f"{face.truth_probability.hex()}-{face.face_id}"
