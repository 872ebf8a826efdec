"""Kill what can be killed in the middle of a job: every photo comes out exactly once."""

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.jobs.actions import retry_job
from models import (
    Batch,
    BatchState,
    Extraction,
    Face,
    Job,
    JobPhoto,
    JobPhotoState,
    JobState,
    Photo,
    Prediction,
    Report,
    ReportState,
)
from tests.acceptance.service import MASKLOOP, Service, wait_until
from tests.machine_speed import import_seconds

pytestmark = pytest.mark.slow

Make = Callable[..., Service]


@pytest.fixture(scope="module")
def most(tmp_path_factory: pytest.TempPathFactory, four_hundred: Path) -> Path:
    """200 of the photos, of which no other test on the same service reads one."""
    folder = tmp_path_factory.mktemp("most")
    for part in ("0", "1"):
        shutil.copytree(four_hundred / part, folder / part, copy_function=os.link)
    return folder


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, set_up: Path, four_hundred: Path, most: Path
) -> Iterator[Service]:
    """One service for the tests that leave it as it was; whatever they kill in it comes back."""
    folder = tmp_path_factory.mktemp("faults")
    shutil.copytree(set_up, folder / "data", symlinks=True)
    roots = f"{most}:{four_hundred}"
    service = Service(folder / "data", photos=most, forked=False, batch_photos=8, allowed_roots=roots)
    service.start()
    yield service
    assert service.stop() == []
    service.db.dispose()


def assert_whole(service: Service, job_id: int, photos: int = 100) -> None:
    """Every photo once, all of them read, counters equal to the rows, all reports written."""
    job = service.job(job_id)
    assert (job.state, job.error_message) == (JobState.DONE, None)
    assert (job.photos_found, job.photos_done, job.photos_failed) == (photos, photos, 0)
    assert (job.batches_open, job.batches_quarantined) == (0, 0)
    with service.db.read() as session:
        rows = session.scalars(select(JobPhoto).where(JobPhoto.job_id == job_id)).all()
        assert Counter(row.name for row in rows) == Counter({row.name: 1 for row in rows})
        assert len(rows) == photos and {row.state for row in rows} == {JobPhotoState.DONE}
        assert [row.position for row in sorted(rows, key=lambda r: r.position)] == list(range(photos))
        assert job.faces_with_mask == sum(row.with_mask for row in rows)
        assert job.faces_without_mask == sum(row.without_mask for row in rows)
        assert job.faces_incorrect == sum(row.incorrect for row in rows)
        assert job.faces_indeterminate == sum(row.indeterminate for row in rows)
        assert job.photos_without_face == sum(row.faces == 0 for row in rows)
        count = lambda table: session.scalars(select(func.count()).select_from(table)).one()  # noqa: E731
        # No two jobs of a service read the same photo here.
        of_all_jobs = session.scalars(select(func.sum(Job.photos_found))).one()
        assert count(Photo) == count(Extraction) == of_all_jobs
        assert count(Face) == count(Prediction) >= of_all_jobs
        open_states = (BatchState.WAITING, BatchState.LEASED)
        assert not session.scalars(select(Batch.id).where(Batch.state.in_(open_states))).all()
        reports = session.scalars(select(Report).where(Report.job_id == job_id)).all()
        assert {report.state for report in reports} == {ReportState.READY}
        csv = service.settings.data / "reports" / str(job_id) / "photos.csv"
        assert len(csv.read_text().splitlines()) == photos + 1


def test_kills_of_worker_child_worker_and_broker_cost_no_photo(running: Service, most: Path) -> None:
    job_id = running.submit(most)
    running.wait_for_photos(job_id, 20)
    running.kill_worker_child()
    running.wait_for_photos(job_id, 60)
    running.kill_part("celery")
    running.wait_for_photos(job_id, 100)
    running.kill_part("valkey")
    running.wait_for_photos(job_id, 140)
    running.kill_part("workers.tick")
    job = running.wait_for_end(job_id)
    assert job.state is JobState.DONE
    assert_whole(running, job_id, photos=200)


def test_a_worker_that_sits_there_is_replaced(running: Service, four_hundred: Path) -> None:
    job_id = running.submit(four_hundred / "2")
    running.wait_for_photos(job_id, 16)
    worker = running.part("celery")
    for process in (worker, *worker.children()):
        process.suspend()
    running.wait_for_end(job_id)
    assert running.part("celery").pid != worker.pid
    assert_whole(running, job_id)


def test_a_database_that_is_locked_for_longer_than_leases_last_costs_no_photo(
    running: Service, four_hundred: Path
) -> None:
    job_id = running.submit(four_hundred / "3")
    running.wait_for_photos(job_id, 16)
    lock = sqlite3.connect(running.settings.data / "maskloop.sqlite", isolation_level=None, timeout=30)
    wait_until(lambda: _locks_held_batches(lock), seconds=30, what="a worker that holds a batch")
    wait_until(lambda: _overdue(lock) > 2 * running.settings.lease_seconds, seconds=60, what="leases to end")
    lock.execute("ROLLBACK")
    lock.close()
    running.wait_for_end(job_id)
    assert_whole(running, job_id)


def _locks_held_batches(lock: sqlite3.Connection) -> bool:
    """Lock the database if a batch is being worked on."""
    lock.execute("BEGIN IMMEDIATE")
    if lock.execute("SELECT 1 FROM batch WHERE state = 'leased'").fetchone():
        return True
    lock.execute("ROLLBACK")
    return False


def _overdue(lock: sqlite3.Connection) -> float:
    """Seconds since the last lease ended, which nobody can renew."""
    (until,) = lock.execute("SELECT max(lease_until) FROM batch WHERE state = 'leased'").fetchone()
    return (datetime.now(UTC) - datetime.fromisoformat(until).replace(tzinfo=UTC)).total_seconds()


@pytest.mark.alone
def test_killing_the_launcher_leaves_no_process_and_the_next_start_goes_on(
    service: Make, four_hundred: Path
) -> None:
    running = service(forked=False, batch_photos=8)
    running.start()
    job_id = running.submit(four_hundred / "0")
    running.wait_for_photos(job_id, 16)
    assert len(running.tree()) >= 6
    assert running.stop(signal.SIGKILL) == []
    began = time.monotonic()
    running.start()
    taken = time.monotonic() - began
    running.wait_for_end(job_id)
    # Six parts load on two cores, which may be slow now.
    assert taken < max(10, 6 * import_seconds())
    assert_whole(running, job_id)


def test_a_second_start_and_a_taken_port_say_so_in_one_line(running: Service, service: Make) -> None:
    same_folder = _serve(running)
    assert same_folder.returncode == 2 and "already_running" in same_folder.stderr
    other = service("other")
    object.__setattr__(other.settings, "port", running.settings.port)
    same_port = _serve(other)
    assert same_port.returncode == 2 and "port_taken" in same_port.stderr
    for ended in (same_folder, same_port):
        assert len(ended.stderr.strip().splitlines()) == 1


def _serve(service: Service) -> subprocess.CompletedProcess[str]:
    command = [MASKLOOP, "serve"]
    return subprocess.run(
        command, env=service.settings.to_child_env(), capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own of 48 MB; asked for before the service, it goes after it."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small disk needs root")
    yield folder
    for _ in range(50):
        if subprocess.run(["umount", str(folder)], capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.2)


def test_a_full_disk_fails_the_job_clearly_and_a_retry_succeeds(
    small_disk: Path, service: Make, four_hundred: Path
) -> None:
    running = service("small/data", batch_photos=8, min_free_bytes=12 * 2**20)
    running.start()
    job_id = running.submit(four_hundred / "0")
    running.wait_for_photos(job_id, 16)
    ballast = small_disk / "ballast"
    _fill(ballast, leave=4 * 2**20)
    job = running.wait_for_end(job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "disk_full")
    assert "Free some space" in (job.error_message or "")
    ballast.unlink()
    with running.db.write() as session:
        retry_job(session, job_id)
    running.wait_for_end(job_id)
    assert_whole(running, job_id)


def _fill(path: Path, *, leave: int) -> None:
    free = shutil.disk_usage(path.parent).free - leave
    with path.open("wb") as file:
        for _ in range(free // 2**20):
            file.write(b"\0" * 2**20)


def _leased(service: Service, job_id: int) -> int:
    """Batches of the job that a worker holds."""
    held = select(func.count()).where(Batch.job_id == job_id, Batch.state == BatchState.LEASED)
    with service.db.read() as session:
        return session.scalars(held).one()


@pytest.mark.alone
def test_pause_cancel_and_stop_are_obeyed_within_seconds(service: Make, four_hundred: Path) -> None:
    from core.jobs.actions import cancel_job, pause_job, resume_job

    running = service(batch_photos=8)
    running.start()
    job_id = running.submit(four_hundred)
    running.wait_for_photos(job_id, 40)
    with running.db.write() as session:
        pause_job(session, job_id)
    wait_until(lambda: not _leased(running, job_id), seconds=5, what="the workers to give their batches back")
    stopped_at = running.job(job_id).photos_done
    running.wait_for_end(running.submit(four_hundred / "3"))
    assert running.job(job_id).photos_done == stopped_at < 400, "the workers took the next job instead"
    with running.db.write() as session:
        resume_job(session, job_id)
    running.wait_for_photos(job_id, stopped_at + 20)
    with running.db.write() as session:
        cancel_job(session, job_id)
    wait_until(lambda: not _leased(running, job_id), seconds=5, what="the workers to hear of the cancel")
    stopped_at = running.job(job_id).photos_done
    running.wait_for_end(running.submit(four_hundred / "2"))
    assert running.job(job_id).photos_done == stopped_at < 400
    began = time.monotonic()
    assert running.stop(signal.SIGTERM) == []
    assert time.monotonic() - began < 12
