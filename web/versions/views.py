"""Classifier versions: the list with the champion's history, and one version with what may be done."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.datasets.queries import find_golden_dataset, list_datasets
from core.errors import InputError
from core.evaluation.comparison import Comparison
from core.evaluation.queries import find_evaluation, judge_candidate, list_evaluations
from core.versions.queries import (
    find_rollback_target,
    get_version,
    list_files,
    list_promotions,
    list_versions,
    read_champion,
)
from models import Account, ClassifierVersion, Dataset, Evaluation, Promotion
from web.extension import database, settings

versions = Blueprint("versions", __name__, url_prefix="/versions")

_PAGE = 20


@dataclass(frozen=True, kw_only=True)
class PastPromotion:
    """A change of the champion with the names of who and what."""

    promotion: Promotion
    version: ClassifierVersion
    who: str


@versions.get("")
def home() -> ResponseReturnValue:
    """Versions, newest first, with their figures on the golden test set, and the champion's history."""
    before = request.args.get("before", type=int)
    with database().read() as rows:
        found = list_versions(rows, before_id=before, limit=_PAGE + 1)
        golden = find_golden_dataset(rows)
        return render_template(
            "versions/home.html",
            found=[(version, _measured(rows, version, golden)) for version in found[:_PAGE]],
            older=found[_PAGE - 1].id if len(found) > _PAGE else None,
            before=before,
            golden=golden,
            history=_history(rows),
            rollback=find_rollback_target(rows),
        )


@versions.get("/<int:version_id>")
def version_page(version_id: int) -> ResponseReturnValue:
    """One version: evaluations, the gate, files, where it comes from."""
    with database().read() as rows:
        version = get_version(rows, version_id)
        golden = find_golden_dataset(rows)
        return render_template(
            "versions/version.html",
            version=version,
            champion=read_champion(rows),
            parent=rows.get(ClassifierVersion, version.parent_id) if version.parent_id else None,
            evaluations=list_evaluations(rows, version_id),
            files=list_files(rows, version_id),
            datasets=list_datasets(rows),
            golden=golden,
            comparison=_judged(rows, version, golden),
        )


def _measured(rows: Session, version: ClassifierVersion, golden: Dataset | None) -> Evaluation | None:
    return find_evaluation(rows, version.id, golden.id) if golden else None


def _judged(rows: Session, version: ClassifierVersion, golden: Dataset | None) -> Comparison | None:
    """What the gate says of a candidate; None for the champion, and while figures are missing."""
    if golden is None or version.champion:
        return None
    champion = read_champion(rows)
    if not all(find_evaluation(rows, each.id, golden.id) for each in (version, champion)):
        return None
    try:
        return judge_candidate(rows, version.id, golden.id, margin=settings().gate_margin)
    except InputError:
        return None


def _history(rows: Session) -> list[PastPromotion]:
    promotions = list_promotions(rows)
    named = select(ClassifierVersion).where(
        ClassifierVersion.id.in_({promotion.classifier_version_id for promotion in promotions})
    )
    by_id = {version.id: version for version in rows.scalars(named)}
    people = dict(rows.execute(select(Account.id, Account.name)).all())
    return [
        PastPromotion(
            promotion=promotion,
            version=by_id[promotion.classifier_version_id],
            who=people.get(promotion.account_id or 0, ""),
        )
        for promotion in promotions
    ]
