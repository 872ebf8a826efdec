"""The worker loop: claim a batch, run its handler, record the result. A wake-up only starts the loop."""

import errno
import logging
import os
import socket
import sqlite3
import time
import traceback
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, assert_never

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from core.database import Database, has_rows_changed, rows_changed
from core.errors import MaskloopError, TransientError
from core.jobs.claim import Claim, claim_batch
from core.jobs.finish import fail_attempt
from core.jobs.kinds import Runner, Stage, get_stage
from core.jobs.lease import LeaseLost, LeaseState, release_batch
from core.settings import Settings
from core.system.metrics.counts import WORK_BOUNDS, Counts, Work
from core.system.metrics.store import add_work
from models import WorkEvent
from workers.computing import Computing
from workers.lease_keeper import Interrupted, LeaseKeeper
from workers.turns import Turns

Result = TypeVar("Result")

log = structlog.get_logger()

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
_POSTGRES_DISK_FULL = "53100"

#: What was counted is written every so many seconds, and when no work is left.
_COUNT_SECONDS = 5.0
_counts: Counts[Work] = Counts(WORK_BOUNDS)


@dataclass(frozen=True, kw_only=True)
class BatchRun:
    """The arguments of a handler, which must call `check` often and finish the batch itself.

    The thread that does the work calls `check`: the lease is renewed only while it does.
    """

    db: Database
    settings: Settings
    claim: Claim
    #: Raises Interrupted when the handler must stop.
    check: Callable[[], None]
    #: The same for a thread that only waits for others.
    watch: Callable[[], None] = lambda: None
    #: A block in which a library may let no other thread run for so many seconds: the lease lasts longer.
    hold: Callable[[float], AbstractContextManager[None]] = lambda _seconds: nullcontext()
    #: A block that copies a file to an object store or back, which may take so many seconds.
    transfer: Callable[[float], AbstractContextManager[None]] = lambda _seconds: nullcontext()
    #: Ends the process where threads of the handler cannot be ended; its lease then expires.
    give_up: Callable[[], None] = lambda: None
    #: Where `compute` and `write` run.
    computing: Computing = Computing()

    def compute(self, work: Callable[[], Result]) -> Result:
        """What `work` returns, which decodes, finds, hashes or encodes: at the niceness of workers.

        Transactions that write are no part of it, but for those by `write`: others wait for their locks.
        """
        return self.computing.run(work)

    def write(self, change: Callable[[Session], Result]) -> Result:
        """What `change` returns, run in a transaction that writes; also from inside of `compute`."""

        def transaction() -> Result:
            with self.db.write() as session:
                return change(session)

        return self.computing.beside(transaction)


Handler = Callable[[BatchRun], None]

_HANDLERS: dict[str, Handler] = {}


def handles(stage: Stage[Any]) -> Callable[[Handler], Handler]:
    """Decorator that registers a function as the handler of a stage."""

    def register(handler: Handler) -> Handler:
        _HANDLERS[stage.name] = handler
        return handler

    return register


def handlers_of(runner: Runner) -> dict[str, Handler]:
    """The imported handlers for this kind of process, by name of the stage."""
    return {name: handler for name, handler in _HANDLERS.items() if get_stage(name).runner is runner}


def run_batches(
    db: Database,
    settings: Settings,
    handlers: dict[str, Handler],
    *,
    is_over: Callable[[], bool] = lambda: False,
    on_stuck: Callable[[], None] = lambda: None,
    on_renew: Callable[[], None] = lambda: None,
    job_id: int | None = None,
    turns: Turns | None = None,
    computing: Computing | None = None,
) -> int:
    """Run batches until none can be claimed or `is_over` returns True; returns how many ran.

    `on_stuck` is called when a handler has not called `check` for `stuck_seconds`; it may end the process.
    `on_renew` is called every second or so while a handler works, in another thread. `computing` runs what
    handlers compute, by default the thread of this call.
    """
    done, turns, written_at = 0, turns or Turns(), time.monotonic()
    try:
        while not is_over():
            claim = _claim(db, settings, handlers.keys(), job_id, turns)
            if claim is None:
                return done
            with turns.measure(claim):
                run_claim(db, settings, handlers[claim.kind], claim, on_stuck, on_renew, computing)
            done += 1
            if time.monotonic() - written_at > _COUNT_SECONDS:
                _write_counts(db)
                written_at = time.monotonic()
        return done
    finally:
        _write_counts(db)


def _write_counts(db: Database) -> None:
    """Add what was counted to the counters of the service; a database that is away costs nothing."""
    counts = _counts.take()
    if not counts:
        return
    try:
        with db.write() as session:
            add_work(session, counts)
    except SQLAlchemyError as error:
        _counts.put_back(counts)
        log.warning("counts_not_written", error=str(error).splitlines()[0])


def _claim(
    db: Database, settings: Settings, kinds: Collection[str], job_id: int | None, turns: Turns
) -> Claim | None:
    """A process that serves one job keeps nothing for other jobs."""
    most_waiting = turns.most_waiting(settings.workers) if job_id is None else None
    with db.write() as session:
        claim = partial(
            claim_batch,
            session,
            worker=worker_name(),
            lease_seconds=settings.lease_seconds,
            kinds=kinds,
            job_id=job_id,
        )
        found = claim(most_waiting=most_waiting)
        # Where no other stage has work, its time is not kept for it.
        return claim() if found is None and most_waiting == 0 else found


def run_claim(
    db: Database,
    settings: Settings,
    handler: Handler,
    claim: Claim,
    on_stuck: Callable[[], None] = lambda: None,
    on_renew: Callable[[], None] = lambda: None,
    computing: Computing | None = None,
) -> None:
    """Run a claimed batch and record its end; raises nothing but BaseException such as KeyboardInterrupt."""
    structlog.contextvars.bind_contextvars(job=claim.job_id, batch=claim.batch_id, kind=claim.kind)
    began, event = time.monotonic(), WorkEvent.FAILED
    if claim.attempts > 1:
        _counts.note((claim.kind, WorkEvent.RETRIED))
    try:
        keeper = LeaseKeeper(
            db,
            claim,
            lease_seconds=settings.lease_seconds,
            stuck_seconds=min(settings.stuck_seconds, get_stage(claim.kind).quiet_seconds),
            on_stuck=on_stuck,
            on_renew=on_renew,
        )
        with keeper:
            handler(
                BatchRun(
                    db=db,
                    settings=settings,
                    claim=claim,
                    check=keeper.check,
                    watch=keeper.watch,
                    hold=keeper.hold,
                    transfer=keeper.transfer,
                    give_up=keeper.give_up,
                    computing=computing or Computing(),
                )
            )
        event = WorkEvent.DONE
        log.info("batch_done", attempt=claim.attempts)
    except Interrupted as interruption:
        event = WorkEvent.LOST if interruption.state is LeaseState.LOST else WorkEvent.STOPPED
        _stop_batch(db, claim, interruption.state)
    except LeaseLost:
        event = WorkEvent.LOST
        log.warning("batch_lost")
    except Exception as error:
        _record_failure(db, settings, claim, error)
    finally:
        photos = _photos_of(claim) if event is WorkEvent.DONE else 0
        _counts.note((claim.kind, event), seconds=time.monotonic() - began, photos=photos)
        structlog.contextvars.unbind_contextvars("job", "batch", "kind")


def _photos_of(claim: Claim) -> int:
    if claim.first_position is None or claim.last_position is None:
        return 0
    return claim.last_position - claim.first_position + 1


def _stop_batch(db: Database, claim: Claim, state: LeaseState) -> None:
    """Release the batch, unless the lease is lost."""
    log.info("batch_interrupted", state=state.value)
    match state:
        case LeaseState.PAUSED | LeaseState.ENDED:
            with db.write() as session:
                release_batch(session, claim)
        case LeaseState.LOST | LeaseState.HELD:
            return
        case _:
            assert_never(state)


def _record_failure(db: Database, settings: Settings, claim: Claim, error: Exception) -> None:
    named = name_error(error)
    # A named error is shown with its job; commands log only what nobody foresaw.
    level = logging.ERROR if named.code == "unexpected_error" else logging.WARNING
    log.log(level, "batch_failed", code=named.code, error=named.message, attempt=claim.attempts)
    if named.code == "unexpected_error":
        log.error("traceback", text="".join(traceback.format_exception(error)))
    try:
        with db.write() as session:
            fail_attempt(session, claim, named, max_attempts=settings.max_attempts)
    except LeaseLost:
        log.warning("batch_lost")
    except OperationalError as failure:
        # The lease expires and the tick returns the batch.
        log.error("failure_not_recorded", error=str(failure).splitlines()[0])


def name_error(error: Exception) -> MaskloopError:
    """The error as a MaskloopError: disk_full, database_unavailable, rows_changed or unexpected_error."""
    if isinstance(error, MaskloopError):
        return error
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if _is_disk_full(error):
        return TransientError("disk_full", f"The disk of the data folder is full: {text}")
    if isinstance(error, OperationalError):
        return TransientError("database_unavailable", f"The database could not be used: {text}")
    if isinstance(error, IntegrityError) and has_rows_changed(error):
        return rows_changed()
    return TransientError("unexpected_error", f"{type(error).__name__}: {text}")


def _is_disk_full(error: Exception) -> bool:
    """Judged by what the system, SQLite or PostgreSQL gave as the reason, never by words of a message."""
    if isinstance(error, OSError):
        return error.errno in _NO_SPACE
    reason = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(reason, sqlite3.Error):
        # The lowest byte of an extended code is its kind. SQLite names a full disk also as an I/O error.
        return (getattr(reason, "sqlite_errorcode", 0) & 0xFF) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
    return getattr(reason, "sqlstate", None) == _POSTGRES_DISK_FULL


def worker_name() -> str:
    """Host and process id, as pages and logs show them."""
    return f"{socket.gethostname()}:{os.getpid()}"
