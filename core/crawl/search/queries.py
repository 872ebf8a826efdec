"""Read a search, its goal, and what the job has found before."""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.crawl.job_kind import SEARCH_STAGE
from core.jobs.claim import Claim
from models import Batch, BatchState, CrawlHit, CrawlSearch

#: `end_code` of a search that reached its goal; it continues if some of its hits give no new photo.
ENOUGH = "enough"
#: The most hits that a search takes for each requested photo.
MOST_HITS_EACH = 5


def misses(search: CrawlSearch) -> int:
    """Hits that gave no new photo."""
    return search.duplicates + search.too_small + search.broken + search.refused


def goal(search: CrawlSearch) -> int:
    """The number of hits to find: one for each requested photo, and one more for each miss so far."""
    return min(search.asked + misses(search), MOST_HITS_EACH * search.asked)


@dataclass(frozen=True, kw_only=True)
class SeenHit:
    """The position of a picture that the job has found already, and the searches that found it."""

    position: int
    searches: set[int] = field(default_factory=set)


def read_search(session: Session, claim: Claim) -> CrawlSearch:
    """The search that belongs to a search batch."""
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
    """Those addresses that the job has found already, by digest."""
    query = select(CrawlHit.file_sha256, CrawlHit.position, CrawlHit.search_id).where(
        CrawlHit.job_id == job_id, CrawlHit.file_sha256.in_(digests)
    )
    seen: dict[bytes, SeenHit] = {}
    for digest, position, search_id in session.execute(query):
        seen.setdefault(digest, SeenHit(position=position)).searches.add(search_id)
    return seen
