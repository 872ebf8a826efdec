"""Cameras beside a running job: frames per second, delays, and the effect on the job.

Starts the whole service on a scratch folder, opens cameras through the web server as a browser does, and
runs the same number of photos through a job without cameras and with them.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.camera_client import Drive, drive_camera, sign_in
from benchmarks.camera_photos import make_frames, make_photos
from core.accounts import new_sign_in_link
from core.database import Database
from core.predict.job_kind import request_predict
from core.predict.options import PredictOptions
from core.settings import Settings
from models import Account, Job, JobState

#: Words of the commands of web server, live process and broker.
_PARTS = ("web.server", "workers.live.server", "valkey-server")


@dataclass(frozen=True, kw_only=True)
class Service:
    """The service under measurement."""

    settings: Settings
    database: Database
    launcher: psutil.Process

    @property
    def address(self) -> str:
        """The address of the web server."""
        return f"http://127.0.0.1:{self.settings.port}"

    def new_link(self) -> str:
        """An address that signs in once."""
        with self.database.write() as session:
            return f"{self.address}/sign-in/{new_sign_in_link(session)}"

    def processor_seconds(self, word: str) -> float:
        """CPU time so far of the launcher's part whose command contains `word`, with its children."""
        part = next(child for child in self.launcher.children() if word in " ".join(child.cmdline()))
        times = [one.cpu_times() for one in (part, *part.children(recursive=True))]
        return sum(spent.user + spent.system for spent in times)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=15.0, help="of the cameras alone")
    parser.add_argument("--photos", type=int, default=600, help="of each job")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--port", type=int, default=8977)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, running_service(Path(scratch), given) as service:
        for line in measure(service, Path(scratch), given):
            print(line, flush=True)
    return 0


def measure(service: Service, scratch: Path, given: argparse.Namespace) -> Iterator[str]:
    """Lines of the table, as they are measured."""
    cookie = sign_in(service.new_link())
    folders = [
        make_photos(scratch / name, given.photos, seed) for seed, name in enumerate(("alone", "beside"))
    ]
    yield "| | frames/s a camera | delay median, 95th, 99th (ms) | photos/s of the job |"
    yield "|---|---|---|---|"
    for count in (1, given.cameras):
        before = [service.processor_seconds(word) for word in _PARTS]
        drives = asyncio.run(_drive(service, cookie, count, seconds=given.seconds))
        after = [service.processor_seconds(word) for word in _PARTS]
        yield f"| {count} alone | {_rates(drives)} | {_delays(drives)} | |"
        frames = sum(len(drive.delays) for drive in drives)
        spent = [1000 * (end - begin) / frames for begin, end in zip(before, after, strict=True)]
        web, live, broker = spent
        parts = f"web {web:.2f}, broker {broker:.2f}, live process {live:.1f} ms"
        yield f"| (processor a frame) | {parts} | | |"
    yield f"| job alone | | | {_run_job(service, folders[0]):.1f} |"
    rate, drives = asyncio.run(drive_beside_job(service, cookie, given.cameras, folders[1]))
    yield f"| {given.cameras} and the job | {_rates(drives)} | {_delays(drives)} | {rate:.1f} |"


async def _drive(
    service: Service, cookie: str, count: int, *, seconds: float = 1e9, until: asyncio.Event | None = None
) -> list[Drive]:
    stop = until or asyncio.Event()
    frames = make_frames()
    cameras = [drive_camera(service.address, cookie, frames, start, stop) for start in range(count)]
    timer = asyncio.get_running_loop().call_later(seconds, stop.set)
    drives = await asyncio.gather(*cameras)
    timer.cancel()
    return drives


async def drive_beside_job(
    service: Service, cookie: str, count: int, folder: Path
) -> tuple[float, list[Drive]]:
    """The job's rate while cameras run, and their results."""
    stop = asyncio.Event()
    cameras = asyncio.create_task(_drive(service, cookie, count, until=stop))
    await asyncio.sleep(1)
    rate = await asyncio.to_thread(_run_job, service, folder)
    stop.set()
    return rate, await cameras


def _run_job(service: Service, folder: Path) -> float:
    """Photos per second of a whole job."""
    with service.database.write() as session:
        owner = session.query(Account.id).scalar()
        options = PredictOptions(folder=str(folder))
        job_id = request_predict(session, options, account_id=owner, roots=service.settings.roots).id
    while True:
        time.sleep(0.2)
        with service.database.read() as session:
            job = session.get_one(Job, job_id)
        if job.state is JobState.DONE:
            assert job.started_at is not None and job.finished_at is not None
            return job.photos_done / (job.finished_at - job.started_at).total_seconds()


def _rates(drives: list[Drive]) -> str:
    return ", ".join(f"{drive.rate:.1f}" for drive in drives)


def _delays(drives: list[Drive]) -> str:
    delays = sorted(delay for drive in drives for delay in drive.delays)
    points = (statistics.median(delays), *(delays[int(len(delays) * part)] for part in (0.95, 0.99)))
    return ", ".join(f"{1000 * point:.0f}" for point in points)


@contextmanager
def running_service(scratch: Path, given: argparse.Namespace) -> Iterator[Service]:
    """`maskloop serve` on a scratch folder."""
    settings = Settings(
        data=scratch / "data",
        port=given.port,
        workers=given.workers,
        allowed_roots=str(scratch),
        min_free_bytes=0,
    )
    settings.data.mkdir()
    settings.weights.symlink_to(Settings.from_env().weights)
    command = [str(Path(sys.executable).with_name("maskloop")), "serve"]
    with (
        (scratch / "log").open("wb") as log,
        subprocess.Popen(command, env=settings.to_child_env(), stdout=log, stderr=log) as launcher,
    ):
        while b"is ready" not in (scratch / "log").read_bytes():
            time.sleep(0.1)
        database = Database(settings.sql_url)
        yield Service(settings=settings, database=database, launcher=psutil.Process(launcher.pid))
        database.dispose()
        launcher.terminate()


if __name__ == "__main__":
    sys.exit(main())
