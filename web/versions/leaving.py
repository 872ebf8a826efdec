"""Take a version out: the zip with its files and examples, and the job that writes missing formats."""

import tempfile
from collections.abc import Iterator
from typing import IO

from flask import Blueprint, Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from core.errors import InputError
from core.training.formats_job import request_formats
from core.versions.files import version_files
from core.versions.leaving import LeavingFile, leaving_names, readme, write_zip
from core.versions.queries import get_version, list_files
from web.accounts.session import current_account
from web.extension import database, incoming_folder, settings
from workers.broker import wake

version_leaving = Blueprint("version_leaving", __name__, url_prefix="/versions/<int:version_id>")

_PIECE = 1 << 20


@version_leaving.get("/export.zip")
def download_zip(version_id: int) -> ResponseReturnValue:
    """The files of a version that other programs can use, with a README of examples."""
    return send_version_zip(version_id)


def send_version_zip(version_id: int) -> Response:
    """The zip; hashes are checked first. InputError version_not_found, PermanentError as `path` raises."""
    store = version_files(settings())
    with database().read() as rows:
        version = get_version(rows, version_id)
        files = list_files(rows, version_id)
    names = leaving_names(files)
    text = readme(version, names)
    leaving = [
        LeavingFile(kind=file.kind, name=names[file.kind], path=store.path(file.sha256))
        for file in files
        if file.kind in names
    ]
    # Without a name: it is gone with the request, whatever ends it.
    out: IO[bytes] = tempfile.TemporaryFile(dir=incoming_folder())  # noqa: SIM115
    write_zip(text, leaving, out)
    length = out.tell()
    out.seek(0)
    response = Response(_pieces(out), mimetype="application/zip")
    response.call_on_close(out.close)
    response.content_length = length
    response.headers.set("Content-Disposition", "attachment", filename=f"version-{version.id}.zip")
    response.headers["Cache-Control"] = "no-store"
    return response


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece


@version_leaving.post("/formats")
def write_formats(version_id: int) -> ResponseReturnValue:
    """Request the job that writes the formats which a version lacks."""
    try:
        with database().write() as rows:
            job_id = request_formats(rows, version_id, account_id=current_account().id).id
    except InputError as error:
        if error.code == "version_not_found":
            raise
        flash(error.message, "error")
        return redirect(url_for("versions.version_page", version_id=version_id))
    wake(settings())
    return redirect(url_for("jobs.job_page", job_id=job_id))
