"""Cut a host off for longer than its lease, bring it back, and count what came of the job."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
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
#: What a worker writes whose result is not accepted, or who heard that its lease is lost before it had one.
_REFUSED = re.compile(r"batch_lost|batch_interrupted\s.*state=lost")
#: What it writes where calls of the database failed during the cut, so that it had nothing to write later.
_GIVEN_UP = re.compile(r"failure_not_recorded")


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A host that was cut off, and what came of it."""

    host: str
    #: For how long.
    seconds: float
    #: Seconds from the cut until its batch was free for others; None where it held none.
    returned: float | None
    #: Batches whose lease the host had lost when it was back, and those that it had given up meanwhile.
    refused: int
    given_up: int = 0


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
    """Cut a worker host off that holds a batch, for `seconds` and until its lease has ended."""
    returned, began = None, 0.0
    while returned is None:
        batch_id = _wait(world, lambda: _held(world, host, job_id), "the host claims a batch") or 0
        began = time.monotonic()
        returned = _cut_until(world, host, batch_id, seconds)
    cut = time.monotonic() - began
    _wait(world, lambda: any(_ends(world, host)), "the host hears that its batch is lost")
    refused, given_up = _ends(world, host)
    return Cut(host=host, seconds=cut, returned=returned, refused=refused, given_up=given_up)


def _ends(world: World, host: str) -> tuple[int, int]:
    log = world.log_of(host)
    return len(_REFUSED.findall(log)), len(_GIVEN_UP.findall(log))


def _cut_until(world: World, host: str, batch_id: int, seconds: float) -> float | None:
    """Seconds until the batch was free for others; None if its result was on the way at the cut."""
    world.network.hosts[host].cut()
    began = time.monotonic()
    try:
        if _wait(world, lambda: _fate(world, host, batch_id), "the lease ends") == "done":
            return None
        returned = time.monotonic() - began
        _wait(world, lambda: time.monotonic() - began >= seconds, "the cut is over")
        return returned
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
    return Cut(host=host, seconds=time.monotonic() - began, returned=None, refused=0)


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


def _fate(world: World, host: str, batch_id: int) -> str:
    """`returned` once the host holds the batch no longer, `done` if it had a result; empty until then."""
    with world.db.read() as session:
        batch = session.get_one(Batch, batch_id)
        if batch.state is BatchState.WAITING or not (batch.worker or "").startswith(f"{host}:"):
            return "returned"
        return "" if batch.state is BatchState.LEASED else "done"


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
