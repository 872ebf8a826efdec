"""Counters are added up over processes, whoever writes first."""

import threading

from core.database import Database
from core.system.metrics.counts import REQUEST_BOUNDS, WORK_BOUNDS, Counted, Counts
from core.system.metrics.queries import read_metrics
from core.system.metrics.store import add_requests, add_work, count_expired
from models import WorkEvent

_DONE = ("predict", WorkEvent.DONE)


def test_processes_that_write_at_once_lose_nothing(db: Database) -> None:
    barrier = threading.Barrier(4)

    def process() -> None:
        counts = Counts(WORK_BOUNDS)
        counts.note(_DONE, seconds=0.3, photos=32)
        counts.note(("report", WorkEvent.FAILED), seconds=7000)
        barrier.wait()
        with db.write() as session:
            add_work(session, counts.take())

    threads = [threading.Thread(target=process) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.read() as session:
        work = read_metrics(session).work
    assert work[_DONE, 1].number == 4 and work[_DONE, 1].photos == 128
    assert round(work[_DONE, 1].seconds, 6) == 1.2
    assert work[("report", WorkEvent.FAILED), len(WORK_BOUNDS)].number == 4


def test_what_could_not_be_written_is_kept(db: Database) -> None:
    counts = Counts(REQUEST_BOUNDS)
    counts.note(("/", "GET", "2xx"), seconds=0.02)
    counts.put_back(counts.take())
    counts.note(("/", "GET", "2xx"), seconds=0.02)
    with db.write() as session:
        add_requests(session, counts.take())
        count_expired(session, 3)
        count_expired(session, 0)
    assert counts.take() == {}
    with db.read() as session:
        found = read_metrics(session)
    assert found.requests == {(("/", "GET", "2xx"), 1): Counted(number=2, seconds=0.04)}
    assert found.work[("", WorkEvent.EXPIRED), 0].number == 3
