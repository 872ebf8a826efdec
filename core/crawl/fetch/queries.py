"""Read the hits of a batch that are not fetched yet, and those that the library has."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.crawl.address import address_digest
from core.crawl.fetch.hit_fetcher import HitToFetch, KnownHit
from core.jobs.claim import Claim
from core.jobs.store import in_range
from models import (
    CrawlHit,
    HitOutcome,
    JobPhoto,
    JobPhotoState,
    Photo,
    RemovedPhoto,
    Source,
    SourceKind,
)


def read_waiting(session: Session, claim: Claim) -> list[HitToFetch]:
    """The batch's hits that have no result yet."""
    rows = session.execute(
        select(JobPhoto.position, JobPhoto.locator, CrawlHit.page_url)
        .join(CrawlHit, (CrawlHit.job_id == JobPhoto.job_id) & (CrawlHit.position == JobPhoto.position))
        .where(
            *in_range(claim),
            JobPhoto.state == JobPhotoState.WAITING,
            CrawlHit.outcome != HitOutcome.REPEATED,
        )
        .order_by(JobPhoto.position)
    )
    return [
        HitToFetch(position=position, address=locator.decode(), page_url=page_url)
        for position, locator, page_url in rows
    ]


def read_known(session: Session, hits: Sequence[HitToFetch]) -> list[KnownHit]:
    """Hits whose address an earlier crawl fetched, and whose photo is still stored."""
    positions = {address_digest(hit.address): hit.position for hit in hits}
    rows = session.execute(
        select(Source.location_sha256, Source.photo_id)
        .join(Photo, Photo.id == Source.photo_id)
        .where(Source.location_sha256.in_(positions), Source.kind == SourceKind.CRAWL, Photo.stored.is_(True))
    ).all()
    return [
        KnownHit(position=positions[digest], photo_id=photo_id) for digest, photo_id in dict(rows).items()
    ]


def is_removed(session: Session, sha256: str) -> bool:
    """Whether the photo was removed from the library, so that crawls skip it."""
    query = select(RemovedPhoto.id).where(RemovedPhoto.sha256 == sha256)
    return session.scalars(query).one_or_none() is not None
