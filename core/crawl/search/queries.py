"""Read a search, its goal, and what the job has found before."""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.crawl.job_kind import SEARCH_STAGE
from core.jobs.claim import Claim
from models import (
    Batch,
    BatchState,
    CrawlHit,
    CrawlSearch,
)

#: `end_code` of a search that found as many as it went for; it goes on where some of them give no new photo.
ENOUGH = "enough"
#: A search looks at so many hits at most for each photo that was asked for.
MOST_HITS_EACH = 5


def misses(search: CrawlSearch) -> int:
    """Hits that gave no new photo."""
    return search.duplicates + search.too_small + search.broken + search.refused


def goal(search: CrawlSearch) -> int:
    """Hits that it is to find, as far as is known by now."""
    return min(search.asked + misses(search), MOST_HITS_EACH * search.asked)


@dataclass(frozen=True, kw_only=True)
class SeenHit:
    """The position of a picture that the job has met, and the searches that did."""

    position: int
    searches: set[int] = field(default_factory=set)


def read_search(session: Session, claim: Claim) -> CrawlSearch:
    """The search that a search batch makes."""
    query = select(CrawlSearch).where(
        CrawlSearch.job_id == claim.job_id, CrawlSearch.number == claim.sequence
    )
    return session.scalars(query).one()


def has_other_searches(session: Session, claim: Claim) -> bool:
    """Whether another search of the job is unfinished."""
    query = select(Batch.id).where(
        Batch.job_id == claim.job_id,
        Batch.kind == SEARCH_STAGE.name,
        Batch.id != claim.batch_id,
        Batch.state.in_((BatchState.WAITING, BatchState.LEASED)),
    )
    return session.scalars(query.limit(1)).one_or_none() is not None


def find_seen_hits(session: Session, job_id: int, digests: Collection[bytes]) -> dict[bytes, SeenHit]:
    """Where the job has met these addresses, and by which searches."""
    query = select(CrawlHit.file_sha256, CrawlHit.position, CrawlHit.search_id).where(
        CrawlHit.job_id == job_id, CrawlHit.file_sha256.in_(digests)
    )
    met: dict[bytes, SeenHit] = {}
    for digest, position, search_id in session.execute(query):
        met.setdefault(digest, SeenHit(position=position)).searches.add(search_id)
    return met
