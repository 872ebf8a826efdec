"""The list of jobs: filters, search, orders, pages by key; helper jobs are folded away unless they failed."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import insert

from core.accounts import ensure_owner
from core.database import Database, read_clock
from core.job_kinds import JOB_KINDS
from core.jobs.queries import JobFilter, JobSort, count_open_helpers, list_jobs
from models import Job, JobState

_ROWS = (
    # title, kind, state, photos
    ("gate", "predict", JobState.DONE, 5),
    ("Alley", "crawl", JobState.RUNNING, 9),
    ("beach 100%", "predict", JobState.DONE, 5),
    ("Find duplicates", "dedup", JobState.DONE, 0),
    ("Find duplicates", "dedup", JobState.FAILED, 0),
    ("Old", "freeze", JobState.RUNNING, 0),
    ("gate", "import", JobState.WAITING, 7),
)


@pytest.fixture
def owner(db: Database) -> int:
    """Its jobs are those with an odd number."""
    with db.write() as session:
        owner, now = ensure_owner(session).id, read_clock(session)
        for number, (title, kind, state, photos) in enumerate(_ROWS, 1):
            session.add(
                Job(
                    kind=kind, state=state, title=title, options={}, stage="list", listed=True,
                    created_at=now, photos_found=photos, account_id=owner if number % 2 else None,
                )
            )  # fmt: skip
            session.flush()
        deleted = Job(
            kind="predict", state=JobState.DONE, title="gate", options={}, stage="list", listed=True
        )
        deleted.created_at, deleted.deleted_at = now, now - timedelta(days=1)
        session.add(deleted)
        return owner


def ids(db: Database, chosen: JobFilter, **page: int) -> list[int]:
    with db.read() as session:
        return [job.id for job in list_jobs(session, chosen, **page)]


def test_filters(db: Database, owner: int) -> None:
    for chosen, expected in (
        (JobFilter(), [7, 5, 3, 2, 1]),
        (JobFilter(helpers=True), [7, 6, 5, 4, 3, 2, 1]),
        (JobFilter(kind="dedup"), [5, 4]),
        (JobFilter(state=JobState.RUNNING), [2]),
        (JobFilter(state=JobState.RUNNING, helpers=True), [6, 2]),
        (JobFilter(account_id=owner), [7, 5, 3, 1]),
        (JobFilter(words="GATE"), [7, 1]),
        (JobFilter(words="duplicates"), [5, 4]),
        (JobFilter(words="100%"), [3]),
        (JobFilter(words="_"), []),
        (JobFilter(words="2"), [2]),
        (JobFilter(words="#6"), [6]),
        (JobFilter(words="9" * 30), []),
        (JobFilter(words="gate", kind="import", state=JobState.WAITING, account_id=owner), [7]),
    ):
        assert ids(db, chosen) == expected, chosen
    with db.read() as session:
        assert count_open_helpers(session) == 1


def test_orders(db: Database, owner: int) -> None:
    for sort, expected in (
        (JobSort.OLDEST, [1, 2, 3, 5, 7]),
        (JobSort.TITLE, [2, 3, 5, 7, 1]),
        (JobSort.PHOTOS, [2, 7, 3, 1, 5]),
    ):
        assert ids(db, JobFilter(sort=sort)) == expected, sort


def _pages(db: Database, chosen: JobFilter, size: int) -> Iterator[list[int]]:
    page = ids(db, chosen, limit=size)
    while page:
        yield page
        page = ids(db, chosen, after_id=page[-1], limit=size)


@pytest.mark.parametrize("sort", JobSort)
def test_pages_by_key_show_each_job_once(db: Database, sort: JobSort) -> None:
    """Titles and numbers of photos repeat, so that pages end among equal ones."""
    with db.write() as session:
        now = read_clock(session)
        rows = [
            {
                "kind": "predict", "state": JobState.DONE, "title": f"Folder {number % 7}", "options": {},
                "stage": "list", "listed": True, "created_at": now, "photos_found": number % 5,
            }
            for number in range(120)
        ]  # fmt: skip
        session.execute(insert(Job), rows)
    chosen = JobFilter(sort=sort)
    everything = ids(db, chosen, limit=1_000)
    assert sorted(everything) == list(range(1, 121))
    assert [job_id for page in _pages(db, chosen, 11) for job_id in page] == everything


def test_the_named_kinds_are_folded_away() -> None:
    assert {kind.name for kind in JOB_KINDS if kind.is_helper} == {
        *("audit", "remove", "retention", "freeze", "dedup", "classify", "agreement", "review")
    }
