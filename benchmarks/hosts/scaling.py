"""Photos a second of one job, from one worker host to several; each has one prediction process."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.camera_photos import make_photos
from benchmarks.hosts.cut import wait_for_end
from benchmarks.hosts.upload import read_job, request_job
from benchmarks.hosts.world import World
from models import ServicePart


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A job with so many worker hosts."""

    hosts: int
    #: Photos a second, from the first claim to the end of the job.
    photos: float
    #: Share of all processors of this machine that was in use meanwhile.
    processor: float


def measure(world: World, folder: Path, *, most_hosts: int, photos: int) -> Iterator[Rate]:
    """One job for each number of hosts; all of different photos."""
    for hosts in range(1, most_hosts + 1):
        world.add(f"worker{hosts}", "worker")
        _wait_for_workers(world, hosts)
        job_id = request_job(world, make_photos(folder / f"photos{hosts}", photos, seed=100 + hosts))
        psutil.cpu_percent()
        count = wait_for_end(world, job_id)
        busy = psutil.cpu_percent() / 100
        assert count.state == "done" and count.lost == 0, count
        job = read_job(world, job_id)
        assert job.started_at is not None and job.finished_at is not None
        seconds = (job.finished_at - job.started_at).total_seconds()
        yield Rate(hosts=hosts, photos=job.photos_done / seconds, processor=busy)


def _wait_for_workers(world: World, hosts: int) -> None:
    until = time.monotonic() + 180
    while world.count_alive(ServicePart.WORKER) < hosts:
        assert time.monotonic() < until, "the worker gives no sign of life"
        time.sleep(0.2)
