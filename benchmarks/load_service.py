"""The whole service on a scratch folder, for benchmarks that load it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import func, select

from core.accounts import new_sign_in_link
from core.database import Database
from core.predict.job_kind import request_predict
from core.predict.options import PredictOptions
from core.settings import Settings
from models import Account, Job, JobState
from workers.broker import wake

_START_SECONDS = 180


@dataclass(frozen=True, kw_only=True)
class Service:
    """The service under load."""

    settings: Settings
    database: Database
    web: psutil.Process

    def new_link(self) -> str:
        """An address that signs one browser in."""
        with self.database.write() as session:
            return f"http://127.0.0.1:{self.settings.port}/sign-in/{new_sign_in_link(session)}"

    def photos_read(self) -> int:
        """Photos that all jobs are through with."""
        with self.database.read() as session:
            return session.scalars(select(func.sum(Job.photos_done + Job.photos_failed))).one() or 0

    def web_seconds(self) -> float:
        """CPU time of the web server so far."""
        times = [one.cpu_times() for one in (self.web, *self.web.children(recursive=True))]
        return sum(spent.user + spent.system for spent in times)

    def web_memory(self) -> int:
        """Resident bytes of the web server."""
        return sum(one.memory_info().rss for one in (self.web, *self.web.children(recursive=True)))


@contextmanager
def running_service(
    scratch: Path, *, port: int, workers: int, web_processes: int = 1, database_url: str = ""
) -> Iterator[Service]:
    """The whole service on a scratch folder, below which it may read photos."""
    settings = Settings(
        data=scratch / "data",
        port=port,
        workers=workers,
        web_processes=web_processes,
        database_url=database_url,
        allowed_roots=str(scratch),
        min_free_bytes=0,
    )
    settings.data.mkdir(mode=0o700)
    settings.weights.symlink_to(Settings.from_env().weights)
    command = [sys.executable, "-m", "web.cli", "serve"]
    log = scratch / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=settings.to_child_env(), stdout=output, stderr=output) as launcher,
    ):
        deadline = time.monotonic() + _START_SECONDS
        while b"is ready" not in log.read_bytes():
            if time.monotonic() > deadline or launcher.poll() is not None:
                raise SystemExit(f"the service did not start: {log.read_text()[-2000:]}")
            time.sleep(0.1)
        parts = psutil.Process(launcher.pid).children()
        web = next(part for part in parts if "web.server" in " ".join(part.cmdline()))
        database = Database(settings.sql_url)
        yield Service(settings=settings, database=database, web=web)
        database.dispose()
        launcher.terminate()


def request_job(service: Service, options: PredictOptions) -> int:
    """Have photos predicted; the job's id."""
    with service.database.write() as session:
        owner = session.scalars(select(Account.id)).first()
        job = request_predict(session, options, account_id=owner, roots=service.settings.roots)
        job_id = job.id
    wake(service.settings)
    return job_id


def is_done(service: Service, job_id: int) -> bool:
    """Whether the job has ended well."""
    with service.database.read() as session:
        return session.get_one(Job, job_id).state is JobState.DONE
