"""Links by which people without an account download a report file: make and revoke them, and the download."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session

from core.errors import InputError
from core.jobs.queries import get_job
from core.results.reports.links import OpenLink, add_link, list_links, revoke_link, use_link
from web.accounts.session import current_account
from web.activity.recording import tell
from web.extension import database, settings
from web.jobs.reports import send_report
from web.security import read_secret_key

links = Blueprint("links", __name__)

#: Days that the form proposes.
USUAL_DAYS = 7


@links.get("/downloads/<token>/<name>")
def download(token: str, name: str) -> Response:
    """Stream the file of a link, in ranges too; whoever has the address may have the file."""
    begins = request.method == "GET" and "Range" not in request.headers
    link_id = _read_token(token)
    tell(link_id=link_id)
    with database().write() as rows:
        report = use_link(rows, link_id, counts=begins)
        get_job(rows, report.job_id)
    response = send_report(report, by_link=True)
    # A proxy must not keep it beyond the end of the link, and no page may learn the address.
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@links.post("/jobs/<int:job_id>/links")
def add(job_id: int) -> ResponseReturnValue:
    """Make a link to a file of the job."""
    days = request.form.get("days", "")
    try:
        with database().write() as rows:
            get_job(rows, job_id)
            add_link(
                rows,
                job_id,
                request.form.get("name", ""),
                number=None,
                days=int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0,
                account_id=current_account().id,
            )
    except InputError as error:
        if error.code == "job_not_found":
            raise
        flash(error.message, "error")
    return redirect(url_for("jobs.job_page", job_id=job_id, _anchor="links"))


@links.post("/jobs/<int:job_id>/links/<int:link_id>/revoke")
def revoke(job_id: int, link_id: int) -> ResponseReturnValue:
    """End a link for good."""
    with database().write() as rows:
        revoke_link(rows, job_id, link_id)
    flash("The link was revoked.", "info")
    return redirect(url_for("jobs.job_page", job_id=job_id, _anchor="links"))


def address_of(found: OpenLink) -> str:
    """The address of a link, for people outside."""
    # Not `url_for`: the app that answers commands on a data folder has the API alone.
    return f"{request.url_root}downloads/{_signer().dumps(found.link.id)}/{found.report.format.value}"


def job_links(rows: Session, job_id: int) -> list[tuple[OpenLink, str]]:
    """The links of a job that still work, with their addresses; for its page."""
    return [(each, address_of(each)) for each in list_links(rows, job_id)]


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(read_secret_key(settings()), salt="download-link")


def _read_token(token: str) -> int:
    """The link that a token names. Raises InputError download_link_not_found for one that is not ours."""
    try:
        number = _signer().loads(token)
    except BadSignature as error:
        raise InputError("download_link_not_found", "There is no such link.") from error
    return int(number)
