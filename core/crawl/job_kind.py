"""Crawl jobs: ask sources for pictures by phrase or address, and fetch them with where they came from."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import Field
from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.crawl.options import CrawlOptions
from core.crawl.source import Source
from core.database import read_clock
from core.errors import InputError
from core.jobs.kinds import BatchPayload, JobKind, JobRequest, Stage
from core.jobs.request import add_job
from core.settings import Settings
from models import Batch, BatchState, CrawlSearch, Job, Label

_MOST_SEARCHES = 1_000


class SearchPayload(BatchPayload):
    """What is remembered of a search."""

    further: bool = Field(False, description="The log says already that the search went on for more.")


SEARCH_STAGE = Stage(name="search", activity="SourceReader sources", payload=SearchPayload, lists=True)
FETCH_STAGE = Stage(name="fetch", activity="HitFetcher pictures")


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
            f"{len(searches):,} searches are too many; {_MOST_SEARCHES:,} are taken at most.",
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
    """A source that phrases can be asked of; InputError source_unknown or source_key_missing."""
    # The parsers load icrawler and Beautiful Soup, for which a job of another kind need not wait.
    from core.crawl.sources.registry import SEARCHED, SOURCES

    source = SOURCES.get(name)
    if source not in SEARCHED or source is None:
        raise InputError("source_unknown", f"There is no source {name!r} to search.")
    if source.key_setting and not getattr(settings, source.key_setting):
        raise InputError(
            "source_key_missing",
            f"{source.title} needs a key: set MASKLOOP_{source.key_setting.upper()} and start again.",
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
    """Rows in order; `add_job` has written the first one's batch."""
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


CRAWL = JobKind(
    name="crawl",
    title="Crawl",
    options=CrawlOptions,
    stages=(SEARCH_STAGE, FETCH_STAGE),
    start=_start,
    follow_ups=frozenset({"dedup"}),
).declare()
