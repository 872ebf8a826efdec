"""Downloads of the files of a version; each is checked against its hash first."""

from flask import Blueprint, send_file
from flask.typing import ResponseReturnValue

from core.errors import InputError
from core.versions.files import version_files
from core.versions.queries import file_path, get_version, list_files
from models import VersionFileKind
from web.extension import database, settings

version_downloads = Blueprint("version_downloads", __name__, url_prefix="/versions/<int:version_id>/files")


@version_downloads.get("/<kind>")
def download(version_id: int, kind: str) -> ResponseReturnValue:
    """One file of a version."""
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
