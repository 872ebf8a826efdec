"""Cut a host off for longer than its lease, bring it back, and count what came of the job."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy import func, select

from benchmarks.chaos.counters import find_miscounted
from benchmarks.hosts.upload import has_ended, read_job
from benchmarks.hosts.world import World
from core.predict.job_kind import PREDICT_STAGE
from models import Batch, BatchState, Job, JobPhoto, JobPhotoState

T = TypeVar("T")

_BOUND_SECONDS = 300.0
_LOOK_SECONDS = 0.1
#: What a worker writes whose result is not accepted, and one that heard of it before it had a result.
_REFUSED = re.compile(r"batch_lost|batch_interrupted\s.*state=lost")


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A host that was cut off, and what came of it."""

    host: str
    #: For how long.
    seconds: float
    #: Seconds from the cut until another host had its batch; None where it held none.
    taken_over: float | None
    #: Results of the host that were refused after its return.
    refused: int


@dataclass(frozen=True, kw_only=True)
class Count:
    """A job that has ended, against its rows."""

    photos: int
    done: int
    lost: int
    doubled: int
    miscounted: tuple[str, ...]
    state: str


def cut_holder(world: World, host: str, job_id: int, *, seconds: float) -> Cut:
    """Cut a worker host off that holds a batch, for `seconds` and until another has it; bring it back."""
    taken_over, began = None, 0.0
    while taken_over is None:
        batch_id = _wait(world, lambda: _held(world, host, job_id), "the host claims a batch") or 0
        began = time.monotonic()
        taken_over = _cut_until(world, host, batch_id, seconds)
    cut = time.monotonic() - began
    _wait(world, lambda: _REFUSED.search(world.log_of(host)), "the host hears that its batch is lost")
    refused = len(_REFUSED.findall(world.log_of(host)))
    return Cut(host=host, seconds=cut, taken_over=taken_over, refused=refused)


def _cut_until(world: World, host: str, batch_id: int, seconds: float) -> float | None:
    """Seconds until another had the batch; None if its result was on the way when the cable was pulled."""
    world.network.hosts[host].cut()
    began = time.monotonic()
    try:
        look = partial(_next_worker, world, host, batch_id)
        worker = _wait(world, look, "another takes the batch over") or ""
        if worker.startswith(f"{host}:"):
            return None
        taken_over = time.monotonic() - began
        _wait(world, lambda: time.monotonic() - began >= seconds, "the cut is over")
        return taken_over
    finally:
        world.network.hosts[host].join()


def cut_for(world: World, host: str, *, seconds: float) -> Cut:
    """Cut any host off for so long."""
    world.network.hosts[host].cut()
    began = time.monotonic()
    try:
        _wait(world, lambda: time.monotonic() - began >= seconds, "the cut is over")
    finally:
        world.network.hosts[host].join()
    return Cut(host=host, seconds=time.monotonic() - began, taken_over=None, refused=0)


def wait_for_end(world: World, job_id: int) -> Count:
    """Wait until the job has ended, and count its rows."""
    _wait(world, lambda: has_ended(read_job(world, job_id)), "the job ends")
    with world.db.read() as session:
        job = session.get_one(Job, job_id)
        of_job = select(func.count()).where(JobPhoto.job_id == job_id)
        rows = session.scalars(of_job).one()
        done = session.scalars(of_job.where(JobPhoto.state == JobPhotoState.DONE)).one()
        positions = select(func.count(JobPhoto.position.distinct())).where(JobPhoto.job_id == job_id)
        return Count(
            photos=job.photos_found,
            done=done,
            lost=job.photos_found - done,
            doubled=rows - session.scalars(positions).one(),
            miscounted=tuple(find_miscounted(session)),
            state=job.state.value,
        )


def _held(world: World, host: str, job_id: int) -> int | None:
    """Number of a batch of photos that the host holds."""
    with world.db.read() as session:
        return session.scalars(
            select(Batch.id).where(
                Batch.job_id == job_id,
                Batch.state == BatchState.LEASED,
                Batch.kind == PREDICT_STAGE.name,
                Batch.worker.startswith(f"{host}:"),
            )
        ).first()


def _next_worker(world: World, host: str, batch_id: int) -> str | None:
    """Who has claimed the batch after this host, or this host if it was done before."""
    with world.db.read() as session:
        batch = session.get_one(Batch, batch_id)
        worker = batch.worker or ""
        is_open = batch.state in (BatchState.WAITING, BatchState.LEASED)
        return None if is_open and worker.startswith(f"{host}:") else worker


def _wait(world: World, look: Callable[[], T], what: str) -> T:
    """What `look` gives once it gives something; parts that have ended are started again meanwhile."""
    until = time.monotonic() + _BOUND_SECONDS
    while not (found := look()):
        for part in world.parts.values():
            part.watch()
        if time.monotonic() > until:
            raise TimeoutError(f"not within {_BOUND_SECONDS:.0f} s: {what}")
        time.sleep(_LOOK_SECONDS)
    return found
