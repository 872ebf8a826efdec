"""What goes on beside the browsers of `benchmarks.load`: reviewers, and an export of many faces."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import select

from benchmarks.exports import fill_rows
from benchmarks.load_service import Service
from benchmarks.review_reviewer import Reviewer
from benchmarks.review_rows import add_queue_of, add_reviewers
from core.exports.job_kind import EXPORT, request_export
from core.exports.options import ExportFormat, ExportOptions
from models import (
    Account,
    ClassifierVersion,
    Job,
    JobState,
)
from workers.broker import wake

#: Faces of the queue that the reviewers share.
_QUEUE_FACES = 100_000
_AT_ONCE = 5_000


@dataclass(kw_only=True)
class Reviewers:
    """People who decide faces of one queue, each in a thread."""

    people: list[Reviewer] = field(default_factory=list)
    #: People for whom an answer of the service was an error, which ended their work.
    failed: int = 0

    def take_times(self) -> list[float]:
        """Seconds of each decision since the last call, with the next faces where they were asked for."""
        taken = []
        for person in self.people:
            times, person.times = person.times, []
            taken += times
        return taken

    def run(self, person: Reviewer, ready: threading.Barrier, stop: threading.Event) -> None:
        """The work of one."""
        try:
            person.run(ready, stop)
        except Exception:
            self.failed += 1
            raise


def add_faces(service: Service, faces: int) -> None:
    """Write the rows of so many predicted faces, two a photo; their pictures are nowhere."""
    with service.database.read() as session:
        version_id = session.scalars(select(ClassifierVersion.id).where(ClassifierVersion.champion)).one()
    fill_rows(service.database, -(-faces // 2), version_id=version_id)


def keep_exporting(service: Service) -> bool:
    """Request an export of every face as COCO, without photos, unless one is in work; whether it did."""
    with service.database.write() as session:
        running = (Job.kind == EXPORT.name, Job.state.in_((JobState.WAITING, JobState.RUNNING)))
        if session.scalars(select(Job.id).where(*running)).first() is not None:
            return False
        owner = session.scalars(select(Account.id)).first()
        request_export(
            session, ExportOptions(format=ExportFormat.COCO, photos=False), title="", account_id=owner
        )
    wake(service.settings)
    return True


@contextmanager
def reviewing(service: Service, count: int, *, faces: int, think_seconds: float) -> Iterator[Reviewers]:
    """Reviewers who have signed in and decide until the end of the block."""
    crowd = Reviewers()
    if not count:
        yield crowd
        return
    with service.database.write() as session:
        queue_id = add_queue_of(session, min(faces, _QUEUE_FACES))
        secrets = add_reviewers(session, count)
    crowd.people += [
        Reviewer(port=service.settings.port, queue_id=queue_id, secret=secret, think_seconds=think_seconds)
        for secret in secrets
    ]
    ready, stop = threading.Barrier(count + 1), threading.Event()
    threads = [threading.Thread(target=crowd.run, args=(person, ready, stop)) for person in crowd.people]
    for thread in threads:
        thread.start()
    try:
        ready.wait(120)
        yield crowd
    finally:
        stop.set()
        for thread in threads:
            thread.join()
