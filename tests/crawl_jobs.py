"""Crawls for tests: requesting, running and reading them."""

from collections.abc import Sequence

from sqlalchemy import select

from core.crawl.job_kind import request_crawl
from core.crawl.options import CrawlOptions
from core.database import Database
from core.settings import Settings
from models import CrawlSearch, Job, JobPhoto
from workers.engine import run_batches
from workers.handlers import HANDLERS


def add_crawl(db: Database, settings: Settings, options: CrawlOptions) -> int:
    """Request a crawl; its id."""
    with db.write() as session:
        return request_crawl(session, options, settings, account_id=None).id


def do_crawl(db: Database, settings: Settings, options: CrawlOptions) -> int:
    """Request a crawl and run all of its batches; its id."""
    job_id = add_crawl(db, settings, options)
    run_batches(db, settings, HANDLERS, job_id=job_id)
    return job_id


def job_of(db: Database, job_id: int) -> Job:
    """The job's current row."""
    with db.read() as session:
        return session.get_one(Job, job_id)


def searches_of(db: Database, job_id: int) -> Sequence[CrawlSearch]:
    """Its searches in order."""
    with db.read() as session:
        query = select(CrawlSearch).where(CrawlSearch.job_id == job_id).order_by(CrawlSearch.number)
        return session.scalars(query).all()


def codes_of(db: Database, job_id: int) -> dict[str, str | None]:
    """Error codes by name."""
    with db.read() as session:
        query = select(JobPhoto.name, JobPhoto.error_code).where(JobPhoto.job_id == job_id)
        return dict(session.execute(query).all())
