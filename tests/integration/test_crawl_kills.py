"""Workers of a crawl are killed again and again: all is fetched, and nothing written is fetched twice."""

import random
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from core.crawl.options import CrawlOptions
from core.database import Database
from core.jobs.actions import pause_job, resume_job
from core.jobs.tick import return_expired
from core.settings import Settings
from models import Batch, BatchState, CrawlHit, HitOutcome, JobPhoto, JobPhotoState, JobState, Photo
from tests.acceptance.service import wait_until
from tests.crawl_jobs import add_crawl, job_of, searches_of
from tests.forked import fork_drain, kill
from tests.web_server import LocalWeb

#: Threads of a batch: the most requests that may run when a worker is killed.
_IN_FLIGHT = 8
#: Requested photos; every sixth picture is missing, so that searches continue while workers die.
_PHOTOS = 66
_DEADLINE = 60.0


@pytest.fixture
def web() -> Iterator[LocalWeb]:
    web = LocalWeb.start()
    web.delay = 0.03
    web.gone_every = 6
    yield web
    web.stop()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.with_changes(
        crawl_allowed_hosts="127.0.0.1",
        crawl_host_connections=16,
        crawl_host_rate=1000.0,
        batch_photos=12,
        lease_seconds=1.0,
        max_attempts=20,
    )


def _written(db: Database, job_id: int) -> set[str]:
    """Addresses whose result is in the database."""
    with db.read() as session:
        query = select(JobPhoto.name).where(JobPhoto.job_id == job_id, JobPhoto.state == JobPhotoState.DONE)
        return set(session.scalars(query))


def test_killed_workers_fetch_nothing_twice_that_was_written(
    db: Database, settings: Settings, web: LocalWeb
) -> None:
    settings.data.mkdir()
    job_id = add_crawl(db, settings, CrawlOptions(sites=(f"{web.address}/site/page0.html",), limit=_PHOTOS))
    chance, until, kills = random.Random(5), time.monotonic() + _DEADLINE, 0
    safe: dict[str, int] = {}
    workers = [fork_drain(settings, job_id) for _ in range(2)]
    while job_of(db, job_id).state is not JobState.DONE and time.monotonic() < until:
        time.sleep(0.05)
        with db.write() as session:
            return_expired(session, max_attempts=settings.max_attempts)
        done = len(_written(db, job_id))
        if kills < 4 and done >= 14 * kills + 3:
            place = chance.randrange(2)
            kill(workers[place])
            kills += 1
            _remember(db, job_id, web, safe)
            if kills == 2:
                _pause_until_all_is_given_back(db, job_id, settings)
            workers[place] = fork_drain(settings, job_id)
    for worker in workers:
        kill(worker)
    assert kills == 4
    _check(db, job_id, web, safe, kills)


def _remember(db: Database, job_id: int, web: LocalWeb, safe: dict[str, int]) -> None:
    """Written addresses with their number of requests, which must never rise."""
    for name in _written(db, job_id):
        safe.setdefault(name, web.begun[name.removeprefix("http://")])


def _pause_until_all_is_given_back(db: Database, job_id: int, settings: Settings) -> None:
    with db.write() as session:
        pause_job(session, job_id)
    wait_until(lambda: not _held(db, job_id, settings), seconds=20, what="the batches of a paused job")
    with db.write() as session:
        resume_job(session, job_id)


def _held(db: Database, job_id: int, settings: Settings) -> int:
    """Batches that a worker holds; those of killed ones come back when their lease is over."""
    with db.write() as session:
        return_expired(session, max_attempts=settings.max_attempts)
        held = select(func.count()).where(Batch.job_id == job_id, Batch.state == BatchState.LEASED)
        return session.scalars(held).one()


def _check(db: Database, job_id: int, web: LocalWeb, safe: dict[str, int], kills: int) -> None:
    job = job_of(db, job_id)
    (search,) = searches_of(db, job_id)
    assert (job.state, search.fetched, search.end_code) == (JobState.DONE, _PHOTOS, "enough")
    assert search.found == job.photos_found == job.photos_done + job.photos_failed
    assert (search.fetched + search.duplicates, search.broken) == (job.photos_done, job.photos_failed)
    assert 75 <= search.found <= 90
    with db.read() as session:
        assert session.scalars(select(func.count()).select_from(Photo)).one() == _PHOTOS
        outcomes = set(session.scalars(select(CrawlHit.outcome)))
    assert outcomes <= {HitOutcome.FETCHED, HitOutcome.DUPLICATE, HitOutcome.BROKEN}
    assert safe and all(web.begun[name.removeprefix("http://")] == times for name, times in safe.items())
    pictures = {name: times for name, times in web.begun.items() if "/ok/" in name}
    assert len(pictures) == search.found
    assert sum(pictures.values()) - search.found <= kills * _IN_FLIGHT
