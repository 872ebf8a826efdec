"""Pages of classifier versions: the list with the history of the champion, one version, and its files."""

from flask import Blueprint, render_template, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.datasets.queries import find_golden_dataset, list_datasets
from core.errors import InputError
from core.evaluation.queries import find_comparison, find_evaluation, list_evaluations
from core.versions.files import version_files
from core.versions.leaving import format_title, missing_formats
from core.versions.queries import (
    file_path,
    find_rollback_target,
    get_version,
    list_files,
    list_versions,
    read_champion,
    read_history,
)
from models import ClassifierVersion, Dataset, Evaluation, VersionFileKind
from web.extension import database, settings
from web.numbers import query_number

versions = Blueprint("versions", __name__, url_prefix="/versions")

_PAGE = 20


@versions.get("")
def home() -> ResponseReturnValue:
    """Versions, newest first, with their metrics on the golden test set, and the history of the champion."""
    before = query_number("before")
    with database().read() as rows:
        found = list_versions(rows, before_id=before, limit=_PAGE + 1)
        golden = find_golden_dataset(rows)
        return render_template(
            "versions/home.html",
            found=[(version, _find_evaluation(rows, version, golden)) for version in found[:_PAGE]],
            older=found[_PAGE - 1].id if len(found) > _PAGE else None,
            before=before,
            golden=golden,
            history=read_history(rows),
            rollback=find_rollback_target(rows),
        )


@versions.get("/<int:version_id>")
def version_page(version_id: int) -> ResponseReturnValue:
    """One version: evaluations, the gate, files, and what it was trained from."""
    with database().read() as rows:
        version = get_version(rows, version_id)
        golden = find_golden_dataset(rows)
        files = list_files(rows, version_id)
        return render_template(
            "versions/version.html",
            version=version,
            champion=read_champion(rows),
            parent=rows.get(ClassifierVersion, version.parent_id) if version.parent_id else None,
            evaluations=list_evaluations(rows, version_id),
            files=files,
            missing=[format_title(kind) for kind in missing_formats(files)],
            datasets=list_datasets(rows),
            golden=golden,
            comparison=find_comparison(rows, version, golden, margin=settings().gate_margin),
        )


@versions.get("/<int:version_id>/files/<kind>")
def download(version_id: int, kind: str) -> ResponseReturnValue:
    """A file of a version; its hash is checked first."""
    with database().read() as rows:
        version = get_version(rows, version_id)
        found = next((file for file in list_files(rows, version_id) if file.kind.value == kind), None)
        if found is None:
            raise InputError("file_not_found", f"Version {version_id} has no file of the kind {kind!r}.")
        path = file_path(rows, version_files(settings()), version_id, VersionFileKind(kind))
    return send_file(
        path,
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=f"{version.name}-{found.name}",
        etag=found.sha256,
    )


def _find_evaluation(rows: Session, version: ClassifierVersion, golden: Dataset | None) -> Evaluation | None:
    return find_evaluation(rows, version.id, golden.id) if golden else None
