"""Crawl jobs: search sources by phrase or address, and fetch the pictures with where they came from."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import Field
from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.crawl.options import CrawlOptions
from core.crawl.source import Source
from core.crawl.store import give_up_hits
from core.database import read_clock
from core.errors import InputError
from core.jobs.kinds import BatchPayload, JobKind, JobRequest, Stage, StageHooks, photos_left
from core.jobs.request import add_job
from core.settings import Settings
from models import Batch, BatchState, CrawlSearch, Job, Label

_MOST_SEARCHES = 1_000


class SearchPayload(BatchPayload):
    """The payload of a search batch."""

    further: bool = Field(False, description="Whether the log already says that the search continues.")


#: Waiting sockets give a sign of life four times a second; parsing a page or decoding a photo takes longest.
_QUIET_SECONDS = 120.0

SEARCH_STAGE = Stage(
    name="search",
    activity="Searching sources",
    payload=SearchPayload,
    lists=True,
    waits=True,
    quiet_seconds=_QUIET_SECONDS,
)
FETCH_STAGE = Stage(
    name="fetch",
    activity="Fetching pictures",
    waits=True,
    quiet_seconds=_QUIET_SECONDS,
    hooks=StageHooks(on_quarantine=give_up_hits),
)


@dataclass(frozen=True, kw_only=True)
class _Search:
    source: str
    query: str
    label: Label | None
    asked: int


def request_crawl(
    session: Session,
    options: CrawlOptions,
    settings: Settings,
    *,
    account_id: int | None,
    title: str = "",
) -> Job:
    """Write a crawl with its searches; the caller commits, then wakes the workers.

    Raises InputError source_unknown, source_key_missing or crawl_too_large.
    """
    for name in options.sources:
        check_source(name, settings)
    searches = list(_searches(options))
    if len(searches) > _MOST_SEARCHES:
        raise InputError(
            "crawl_too_large",
            f"{len(searches):,} searches are too many; the limit is {_MOST_SEARCHES:,}.",
        )
    job = add_job(
        session,
        CRAWL,
        options,
        title=title.strip() or _title(options),
        account_id=account_id,
    )
    _add_searches(session, job, searches)
    return job


def check_source(name: str, settings: Settings) -> Source:
    """The source that searches by phrase. Raises InputError source_unknown or source_key_missing."""
    # Imported here: the parsers load icrawler and Beautiful Soup, which other job kinds do not need.
    from core.crawl.sources.registry import SEARCHED, SOURCES

    source = SOURCES.get(name)
    if source not in SEARCHED or source is None:
        raise InputError("source_unknown", f"There is no source named {name!r}.")
    if source.key_setting and not getattr(settings, source.key_setting):
        raise InputError(
            "source_key_missing",
            f"{source.title} needs an API key: set MASKLOOP_{source.key_setting.upper()} and restart.",
        )
    return source


def _searches(options: CrawlOptions) -> Iterator[_Search]:
    for phrase in options.phrases:
        for name in options.sources:
            yield _Search(source=name, query=phrase.text, label=phrase.label, asked=options.limit)
    for source, addresses in (("site", options.sites), ("page", options.pages)):
        for address in addresses:
            yield _Search(source=source, query=address, label=options.address_label, asked=options.limit)
    if options.addresses:
        yield _Search(
            source="addresses",
            query="\n".join(options.addresses),
            label=options.address_label,
            asked=len(options.addresses),
        )


def _add_searches(session: Session, job: Job, searches: list[_Search]) -> None:
    """Write the searches in order; `add_job` wrote the batch of the first one."""
    now = read_clock(session)
    rows = [
        {
            "job_id": job.id,
            "number": number,
            "source": search.source,
            "query": search.query,
            "label": search.label,
            "asked": search.asked,
        }
        for number, search in enumerate(searches)
    ]
    session.execute(insert(CrawlSearch), rows)
    session.add_all(
        Batch(
            job_id=job.id,
            kind=SEARCH_STAGE.name,
            sequence=number,
            state=BatchState.WAITING,
            not_before=now,
        )
        for number in range(1, len(searches))
    )
    job.batches_open += len(searches) - 1


def _title(options: CrawlOptions) -> str:
    words = [
        *(phrase.text for phrase in options.phrases),
        *options.sites,
        *options.pages,
    ] or [f"{len(options.addresses)} addresses"]
    more = f" and {len(words) - 3} more" if len(words) > 3 else ""
    return ", ".join(words[:3]) + more


def _start(session: Session, options: CrawlOptions, request: JobRequest, settings: Settings) -> Job:
    return request_crawl(session, options, settings, account_id=request.account_id, title=request.title)


def _empty_result(job: Job) -> str:
    if not job.photos_found:
        return "no picture was found"
    return "no picture could be fetched" if photos_left(job) and not job.photos_done else ""


CRAWL = JobKind(
    name="crawl",
    title="Crawl",
    options=CrawlOptions,
    stages=(SEARCH_STAGE, FETCH_STAGE),
    start=_start,
    follow_ups=frozenset({"dedup"}),
    empty_result=_empty_result,
).declare()
