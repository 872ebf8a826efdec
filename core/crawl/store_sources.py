"""Sources of a crawl's photos: a row for every search that met the picture."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.crawl.provenance import source_row
from core.database import insert_new, read_clock
from models import CrawlHit, CrawlSearch, HitOutcome, Job, JobPhoto, Source


def add_sources(session: Session, job_id: int, positions: Sequence[int]) -> None:
    """Write the sources of those positions that have their photo; what is written stays as it is."""
    rows = session.execute(
        select(
            JobPhoto.position,
            JobPhoto.photo_id,
            JobPhoto.locator,
            JobPhoto.name,
            CrawlHit.job_id,
            CrawlHit.outcome,
            CrawlHit.http_status,
            CrawlHit.page_url,
            CrawlHit.title,
            CrawlHit.licence,
            CrawlHit.licence_url,
            CrawlHit.creator,
            CrawlHit.published_at,
            CrawlSearch.source.label("found_by"),
            CrawlSearch.query,
            Job.options,
        )
        .join(CrawlHit, (CrawlHit.job_id == JobPhoto.job_id) & (CrawlHit.position == JobPhoto.position))
        .join(CrawlSearch, CrawlSearch.id == CrawlHit.search_id)
        .join(Job, Job.id == JobPhoto.job_id)
        .where(JobPhoto.job_id == job_id, JobPhoto.position.in_(positions), JobPhoto.photo_id.is_not(None))
        .order_by(JobPhoto.position, CrawlHit.id)
    ).all()
    answered = {row.position: row.http_status for row in rows if row.outcome is not HitOutcome.REPEATED}
    now = read_clock(session)
    sources = [source_row(row, answered[row.position], now) for row in rows]
    insert_new(session, Source, sources, ["photo_id", "kind", "way_sha256"])
