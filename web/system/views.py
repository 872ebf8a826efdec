"""The System page, the public key of evidence packs, and the documents as text."""

from pathlib import Path

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from core.errors import InputError
from core.system.queries import MOST_COUNTED
from web.extension import database, settings
from web.system.report import read_public_key, read_report

system = Blueprint("system", __name__, url_prefix="/system")

_DOCUMENTS = Path(__file__).resolve().parents[2] / "docs"


@system.get("")
def home() -> ResponseReturnValue:
    """Version, workers, queue, disk, database, broker, champion and settings in force."""
    report = read_report(database(), settings())
    return render_template(
        "system/home.html", report=report, documents=_list_documents(), most_counted=MOST_COUNTED
    )


@system.get("/evidence-key.pem")
def evidence_key() -> ResponseReturnValue:
    """The public key that verifies evidence packs."""
    headers = {"Content-Disposition": "attachment; filename=evidence-key.pem"}
    return Response(read_public_key(settings()).pem, mimetype="application/x-pem-file", headers=headers)


@system.get("/documents/<name>")
def document(name: str) -> ResponseReturnValue:
    """One document of `docs/`, as text."""
    if name not in _list_documents():
        raise InputError("document_not_found", f"There is no document {name!r}.")
    return Response((_DOCUMENTS / f"{name}.md").read_text(encoding="utf-8"), mimetype="text/plain")


def _list_documents() -> list[str]:
    """Names of the documents that came with this installation."""
    return sorted(path.stem for path in _DOCUMENTS.glob("*.md") if path.stem != "README")
