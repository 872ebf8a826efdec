"""Links by which people without an account download a report file until a date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError
from core.results.reports.queries import get_ready_report
from models import DownloadLink, Report

LONGEST_LIFE_DAYS = 365


@dataclass(frozen=True, kw_only=True)
class OpenLink:
    """A link that still works, and its file."""

    link: DownloadLink
    report: Report


def add_link(
    session: Session, job_id: int, name: str, *, number: int | None, days: int, account_id: int | None
) -> OpenLink:
    """A new link to one writing of a report file, the newest one without a number.

    Raises InputError report_not_found or link_days_invalid.
    """
    if not 1 <= days <= LONGEST_LIFE_DAYS:
        raise InputError("link_days_invalid", f"A link can end after 1 to {LONGEST_LIFE_DAYS} days.")
    report, now = get_ready_report(session, job_id, name, number), read_clock(session)
    link = DownloadLink(
        report_id=report.id, account_id=account_id, created_at=now, expires_at=now + timedelta(days=days)
    )
    session.add(link)
    session.flush()
    return OpenLink(link=link, report=report)


def list_links(session: Session, job_id: int) -> Sequence[OpenLink]:
    """The links to files of a job that still work, newest first."""
    query = (
        select(DownloadLink, Report)
        .join(Report, Report.id == DownloadLink.report_id)
        .where(
            Report.job_id == job_id,
            DownloadLink.revoked_at.is_(None),
            DownloadLink.expires_at > read_clock(session),
        )
        .order_by(DownloadLink.id.desc())
    )
    return [OpenLink(link=link, report=report) for link, report in session.execute(query)]


def use_link(session: Session, link_id: int, *, counts: bool) -> Report:
    """The file of a link; `counts`: a download begins, and is counted.

    Raises InputError download_link_gone where the link has ended, was revoked, or its file is gone.
    """
    link = session.get(DownloadLink, link_id)
    if link is None or link.revoked_at is not None or link.expires_at <= read_clock(session):
        raise InputError("download_link_gone", "This link has ended, or was revoked. Ask for a new one.")
    if counts:
        uses = {"uses": DownloadLink.uses + 1}
        session.execute(update(DownloadLink).where(DownloadLink.id == link_id).values(uses))
    return session.get_one(Report, link.report_id)


def revoke_link(session: Session, job_id: int, link_id: int) -> None:
    """End a link of a job for good; InputError download_link_not_found."""
    link = session.get(DownloadLink, link_id)
    report = session.get(Report, link.report_id) if link is not None else None
    if link is None or report is None or report.job_id != job_id:
        raise InputError("download_link_not_found", "This job has no such link.")
    link.revoked_at = link.revoked_at or read_clock(session)
