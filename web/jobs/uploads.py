"""Receive files from the browser, a few per request, before their job is requested."""

import json
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from core.errors import InputError
from core.library.files.skipping import SkippedNames
from core.library.uploads import (
    add_file,
    get_upload,
    open_upload,
    photo_store,
    read_known_names,
    require_space,
    store_file,
)
from web.accounts.session import current_account
from web.extension import database, settings

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
def add_files(token: str) -> ResponseReturnValue:
    """Store the files of one request. With `again`, files that have already arrived are skipped.

    A bad file becomes a failed row of the report and does not fail the request.
    """
    given = _named_files()
    known = _known_names(token, [name for name, _ in given]) if request.form.get("again") else set()
    refused = [error for name, file in given if name not in known and (error := _store(token, name, file))]
    return jsonify(files=len(given), refused=refused)


def _named_files() -> list[tuple[bytes, FileStorage]]:
    """Files with their names from `names`, a JSON list, since headers lose folders and special characters."""
    sent = request.files.getlist("files")
    try:
        names = json.loads(request.form.get("names", ""))
        raw = [str(name).encode("utf-8", "surrogatepass") for name in names]
    except (ValueError, TypeError) as error:
        raise InputError("upload_malformed", "The names of the files did not arrive.") from error
    if len(raw) != len(sent) or not sent:
        raise InputError("upload_malformed", "Files and names do not match.")
    return list(zip(raw, sent, strict=True))


def _known_names(token: str, names: list[bytes]) -> set[bytes]:
    with database().read() as rows:
        upload = get_upload(rows, token, current_account().id)
        return read_known_names(rows, upload, names)


def _store(token: str, name: bytes, file: FileStorage) -> dict[str, Any] | None:
    """Store one file; returns its error, None if it is good."""
    stored = store_file(file.stream, name, photo_store(settings()), settings())
    with database().write() as rows:
        upload = get_upload(rows, token, current_account().id)
        row = add_file(rows, upload, raw_name=name, stored=stored, settings=settings())
    return (
        {"name": row.name, "code": row.error_code, "message": row.error_message} if row.error_code else None
    )
