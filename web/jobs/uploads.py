"""Receive files from the browser by the tus protocol, before their job is requested."""

from flask import Blueprint, Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from core.library.files.skipping import SkippedNames
from core.library.uploads import get_upload, open_upload, require_space
from web.accounts.session import current_account
from web.extension import database, settings
from web.tus import operations
from web.tus.headers import speaks_tus
from web.tus.receiving import UploadPlace

uploads = Blueprint("uploads", __name__, url_prefix="/uploads")


@uploads.post("")
def start() -> ResponseReturnValue:
    """Open an upload, whose token every further request sends; `skipped` counts what is not sent."""
    body = request.get_json(silent=True)
    given = body.get("skipped") if isinstance(body, dict) else None
    skipped = SkippedNames.from_json(given) if isinstance(given, dict) else None
    require_space(settings(), 0)
    with database().write() as rows:
        token = open_upload(rows, current_account().id, skipped).token
    return jsonify(token=token), 201


@uploads.post("/<token>/files")
@speaks_tus
def add_file(token: str) -> ResponseReturnValue:
    """Begin a file; a bad one becomes a failed row of the report and does not end the upload."""
    return operations.create(_place(token))


@uploads.get("/<token>/files/<int:number>")
@speaks_tus
def look_at_file(token: str, number: int) -> ResponseReturnValue:
    """How much of a file has arrived."""
    return Response(headers=operations.look(_place(token), number)[1])


@uploads.patch("/<token>/files/<int:number>")
@speaks_tus
def append_to_file(token: str, number: int) -> ResponseReturnValue:
    """Take the next bytes of a file."""
    return operations.append(_place(token), number)


@uploads.delete("/<token>/files/<int:number>")
@speaks_tus
def delete_file(token: str, number: int) -> ResponseReturnValue:
    """Delete a file of an upload that no job reads yet."""
    return operations.end(_place(token), number)


def _place(token: str) -> UploadPlace:
    account_id = current_account().id
    return UploadPlace(
        find=lambda rows: get_upload(rows, token, account_id),
        address=lambda number: url_for("uploads.look_at_file", token=token, number=number),
    )
