"""The address of an earlier export of boxed photos, which leads to the form of an export."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core.errors import InputError
from core.exports.options import ExportFormat

export = Blueprint("export_boxes", __name__, url_prefix="/boxes/export")


@export.get("/<name>.zip")
def download(name: str) -> ResponseReturnValue:
    """Go to the form, filled in with what the address asked for; the filters of the library stay."""
    if name not in set(ExportFormat):
        raise InputError("export_not_found", "There is no export format of this name.")
    own = ("photos", "metadata", "faces")
    given: dict[str, Any] = {key: value for key, value in request.args.items() if key not in own}
    chosen: dict[str, Any] = {
        "format": name,
        "boxed": "1",
        "files": request.args.get("photos", "0"),
        "metadata": request.args.get("metadata") == "keep" or None,
        "faces": request.args.get("faces"),
    }
    return redirect(url_for("exports.home", **given, **chosen))
