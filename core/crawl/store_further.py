"""Searches that look further: hits of theirs gave no new photo, and their source may have more."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.crawl.goal import ENOUGH, goal, misses
from core.crawl.job_kind import SEARCH_STAGE
from core.crawl.sources.addresses import Addresses
from core.database import read_clock
from core.jobs.claim import Claim
from core.jobs.lease import lock_held
from core.jobs.stages import lock_job
from core.jobs.store import add_event
from models import Batch, BatchState, CrawlSearch, EventLevel, Job

#: While other hits are on their way a search waits until so large a part of what was asked for is missing,
#: since each time it goes on it asks for a result page.
_WORTH_A_PAGE = 0.1


def look_further(session: Session, claim: Claim) -> None:
    """Call it in the transaction that finishes a batch of hits: opens again the searches that are short."""
    lock_held(session, claim)
    # Two last batches that end at once would each take the other for one that still fetches.
    job = lock_job(session, claim.job_id)
    query = select(CrawlSearch).where(
        CrawlSearch.job_id == claim.job_id,
        CrawlSearch.end_code == ENOUGH,
        CrawlSearch.source != Addresses.name,
    )
    short = [search for search in session.scalars(query) if search.found < goal(search)]
    others = job.batches_open > 1
    for search in short:
        wanted = goal(search) - search.found
        if not others or wanted >= _WORTH_A_PAGE * search.asked:
            _go_on(session, search)


def _go_on(session: Session, search: CrawlSearch) -> None:
    batch = session.scalars(
        select(Batch)
        .where(
            Batch.job_id == search.job_id, Batch.kind == SEARCH_STAGE.name, Batch.sequence == search.number
        )
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if batch.state is not BatchState.DONE:
        return
    batch.state, batch.attempts, batch.not_before = BatchState.WAITING, 0, read_clock(session)
    payload = SEARCH_STAGE.payload_of(batch)
    if not payload.further:
        batch.payload = payload.model_copy(update={"further": True}).to_json()
        _tell(session, search)
    search.end_code = search.end_message = None
    opened = update(Job).where(Job.id == search.job_id).values(batches_open=Job.batches_open + 1)
    session.execute(opened.execution_options(synchronize_session=False))


def _tell(session: Session, search: CrawlSearch) -> None:
    """Once a search, however often it goes on."""
    line = (
        f"“{search.query.splitlines()[0]}” ({search.source}) looks further: {misses(search):,} of "
        f"{search.found:,} pictures gave no new photo so far."
    )
    add_event(session, search.job_id, EventLevel.INFO, "search_goes_on", line)
