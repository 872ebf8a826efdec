"""A backup of a running service, by the commands of docs/backup.md, restored: its job goes on there."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from benchmarks.servers import PostgresServer
from core.settings import Settings
from models import JobPhoto, JobPhotoState, JobState, Report, ReportState
from tests.acceptance.service import Service
from tests.forked import run_maskloop

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
_LINE = re.compile(r"^(maskloop (?:backup|restore) [^#&\n]*)", re.MULTILINE)


def _commands() -> list[str]:
    """The commands of the document in their order."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "backup.md").read_text(), re.DOTALL)
    return [line.strip() for block in blocks for line in _LINE.findall(block)]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory, four_hundred: Path) -> Path:
    """Half of the photos."""
    folder = tmp_path_factory.mktemp("photos")
    for part in ("0", "1"):
        shutil.copytree(four_hundred / part, folder / part, copy_function=os.link)
    return folder


def _run(line: str, settings: Settings, backups: Path) -> str:
    words = line.replace("/mnt/backups/maskloop", str(backups)).split()
    done = run_maskloop(*words[1:], environment=settings.to_child_env())
    assert done.returncode == 0, f"{line}: {done.stderr}"
    return done.stdout


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_running_job_goes_on_after_a_restore(
    service: Callable[..., Service],
    photos: Path,
    tmp_path: Path,
    kind: str,
    request: pytest.FixtureRequest,
) -> None:
    server: PostgresServer | None = request.getfixturevalue("postgres") if kind == "postgresql" else None
    urls = [server.new_database() if server is not None else "" for _ in range(2)]
    running = service(photos=photos, database_url=urls[0], batch_photos=8)
    running.start()
    job_id = running.submit(photos)
    backups, commands = tmp_path / "backups", _commands()
    assert [" ".join(line.split()[1:2]) for line in commands] == ["backup"] * 3 + ["restore"]
    # A first backup early, and one in the middle, which copies what is new.
    running.wait_for_photos(job_id, 16)
    for line in commands[:3]:
        _run(line, running.settings, backups)
    running.wait_for_photos(job_id, 60)
    _run(commands[0], running.settings, backups)
    in_backup = running.job(job_id).photos_done
    restored = running.settings.with_changes(data=tmp_path / "restored", database_url=urls[1])
    _run(commands[3], restored, backups)
    assert running.wait_for_end(job_id).photos_done == 200, "the service went on meanwhile"
    running.stop()
    again = service("restored", photos=photos, database_url=urls[1], batch_photos=8)
    assert 16 <= again.job(job_id).photos_done <= in_backup
    again.start()
    job = again.wait_for_end(job_id)
    assert (job.state, job.photos_found, job.photos_done, job.photos_failed) == (JobState.DONE, 200, 200, 0)
    with again.db.read() as session:
        states = select(JobPhoto.state, func.count(), func.count(JobPhoto.photo_id.distinct()))
        found = session.execute(states.where(JobPhoto.job_id == job_id).group_by(JobPhoto.state)).all()
        assert [tuple(row) for row in found] == [(JobPhotoState.DONE, 200, 200)], "none lost, none twice"
        reports = session.scalars(select(Report).where(Report.job_id == job_id)).all()
    assert {report.state for report in reports} == {ReportState.READY}
    for report in reports:
        path = again.settings.data / "reports" / str(report.path)
        assert path.stat().st_size == report.bytes, report.path
