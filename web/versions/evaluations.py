"""An evaluation: figures, the wrong faces worst first, and two versions side by side."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.datasets.queries import get_dataset
from core.errors import InputError
from core.evaluation.queries import (
    JudgedFace,
    WrongFaceCursor,
    compare_versions,
    find_evaluation,
    list_changes,
    list_wrong,
)
from core.labels.decisions import read_labels
from core.versions.queries import get_version, read_champion
from models import Evaluation, Label
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
    """All figures of a version on a dataset's test faces."""
    with database().read() as rows:
        evaluation = _get(rows, version_id, dataset_id)
        champion = read_champion(rows)
        beside = find_evaluation(rows, champion.id, dataset_id) if champion.id != version_id else None
        return render_template(
            "versions/evaluation.html",
            version=get_version(rows, version_id),
            dataset=get_dataset(rows, dataset_id),
            evaluation=evaluation,
            figures=evaluation.metrics,
            champion=champion,
            beside=beside,
            curves=draw_curves(evaluation.metrics),
            bars=draw_reliability(evaluation.metrics),
        )


@evaluations.get("/wrong")
def wrong(version_id: int, dataset_id: int) -> ResponseReturnValue:
    """The faces that a version has wrong, worst first; a decision can be corrected from here."""
    label, predicted = chosen(Label, "label"), chosen(Label, "predicted")
    with database().read() as rows:
        evaluation = _get(rows, version_id, dataset_id)
        found = list_wrong(
            rows, version_id, dataset_id, label=label, predicted=predicted, after=_place(), limit=_FACES + 1
        )
        return render_template(
            "versions/wrong.html",
            version=get_version(rows, version_id),
            dataset=get_dataset(rows, dataset_id),
            evaluation=evaluation,
            found=found[:_FACES],
            following=_address(found[_FACES - 1]) if len(found) > _FACES else None,
            decided=read_labels(rows, [face.face_id for face in found]),
            label=label,
            predicted=predicted,
            labels=list(Label),
        )


@evaluations.get("/beside/<int:other_id>")
def beside(version_id: int, dataset_id: int, other_id: int) -> ResponseReturnValue:
    """A version beside another on the same faces: the test, the gate, and the changes both ways."""
    with database().read() as rows:
        version, other = get_version(rows, version_id), get_version(rows, other_id)
        return render_template(
            "versions/beside.html",
            version=version,
            other=other,
            dataset=get_dataset(rows, dataset_id),
            comparison=compare_versions(
                rows, other_id, version_id, dataset_id, margin=settings().gate_margin
            ),
            figures=_get(rows, version_id, dataset_id).metrics,
            before=_get(rows, other_id, dataset_id).metrics,
            gained=list_changes(rows, other_id, version_id, dataset_id, gained=True, limit=_CHANGES),
            lost=list_changes(rows, other_id, version_id, dataset_id, gained=False, limit=_CHANGES),
        )


def _get(rows: Session, version_id: int, dataset_id: int) -> Evaluation:
    evaluation = find_evaluation(rows, version_id, dataset_id)
    if evaluation is None:
        raise InputError(
            "evaluation_not_found", f"Version {version_id} was not measured on dataset {dataset_id}."
        )
    return evaluation


def _place() -> WrongFaceCursor | None:
    """Where the page before ended, from the address."""
    given = request.args.get("after", "")
    if not given:
        return None
    try:
        probability, face_id = given.split("-")
        return WrongFaceCursor(truth_probability=float.fromhex(probability), face_id=int(face_id))
    except ValueError as error:
        raise InputError("option_invalid", f"after cannot be {given!r}.") from error


def _address(face: JudgedFace) -> str:
    return f"{face.truth_probability.hex()}-{face.face_id}"
