"""`maskloop worker` by itself: it works without a broker, and says that it lives."""

import os
import signal
import subprocess
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from benchmarks.servers import free_port
from core.database import Database
from core.jobs.kinds import JobRequest
from core.jobs.request import start_job
from core.review.job_kind import AGREEMENT
from core.settings import Settings
from models import Heartbeat, Job, JobState, ServicePart
from tests.acceptance.service import wait_until
from workers.stack import worker_command

#: Both databases answer the same questions here, and a worker takes long to start.
pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def deaf_worker(db: Database, settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """A worker whose broker cannot be reached."""
    alone = settings.with_changes(broker_url=f"redis://127.0.0.1:{free_port()}/0", workers=1, stall_seconds=2)
    alone.data.mkdir(exist_ok=True)
    with subprocess.Popen(worker_command(alone), env=alone.to_child_env()) as process:
        yield process
        process.kill()


def request_agreement(db: Database, settings: Settings) -> int:
    with db.write() as session:
        request = JobRequest(kind=AGREEMENT.name, options={}, title="Agreement", account_id=None)
        return start_job(session, request, settings).id


def state_of(db: Database, job_id: int) -> JobState:
    with db.read() as session:
        return session.get_one(Job, job_id).state


def test_a_worker_that_hears_nothing_of_its_broker_does_the_work(
    db: Database, settings: Settings, deaf_worker: subprocess.Popen[bytes]
) -> None:
    job_id = request_agreement(db, settings)
    wait_until(lambda: state_of(db, job_id) is JobState.DONE, seconds=120, what="the job is not done")
    with db.read() as session:
        beats = session.scalars(select(Heartbeat)).all()
    assert [beat.part for beat in beats] == [ServicePart.WORKER]
    assert deaf_worker.poll() is None


def test_a_worker_whose_processes_stand_still_ends(
    db: Database, settings: Settings, deaf_worker: subprocess.Popen[bytes]
) -> None:
    """Its child is stopped, so work waits; a supervisor then starts another worker."""
    wait_until(lambda: _child(db) is not None, seconds=60, what="no sign of life")
    child = _child(db)
    assert child is not None
    os.kill(child, signal.SIGSTOP)
    request_agreement(db, settings)
    assert deaf_worker.wait(timeout=90) == 1


def _child(db: Database) -> int | None:
    with db.read() as session:
        return session.scalars(select(Heartbeat.pid)).first()
