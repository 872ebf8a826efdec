"""The worker loop: claim a batch, run its handler, record the result. A wake-up only starts the loop."""

import os
import socket
import traceback
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, assert_never

import structlog
from sqlalchemy.exc import OperationalError

from core.database import Database
from core.errors import MaskloopError, TransientError
from core.jobs.claim import Claim, claim_batch
from core.jobs.finish import fail_attempt
from core.jobs.kinds import Runner, Stage, get_stage
from core.jobs.lease import LeaseLost, LeaseState, release_batch
from core.settings import Settings
from workers.lease_keeper import Holding, Interrupted


def worker_name() -> str:
    """Host and process, as pages and logs show it."""
    return f"{socket.gethostname()}:{os.getpid()}"


log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class BatchRun:
    """What the handler of a batch works with; it must call `check` often and finish the batch itself."""

    db: Database
    settings: Settings
    claim: Claim
    #: Raises Interrupted when the work must stop.
    check: Callable[[], None]


Handler = Callable[[BatchRun], None]

_HANDLERS: dict[str, Handler] = {}


def handles(stage: Stage[Any]) -> Callable[[Handler], Handler]:
    """Decorator: the function does the batches of this stage."""

    def register(handler: Handler) -> Handler:
        _HANDLERS[stage.name] = handler
        return handler

    return register


def handlers_of(runner: Runner) -> dict[str, Handler]:
    """The imported handlers of the stages that these processes do, by the stage's name."""
    return {name: handler for name, handler in _HANDLERS.items() if get_stage(name).runner is runner}


def run_batches(
    db: Database,
    settings: Settings,
    handlers: dict[str, Handler],
    *,
    is_over: Callable[[], bool] = lambda: False,
    on_stuck: Callable[[], None] = lambda: None,
    job_id: int | None = None,
) -> int:
    """Do batches until none is claimable or, between two batches, `is_over`; how many were done.

    `on_stuck` is called when a photo takes longer than `stuck_seconds`; it may end the process.
    """
    done = 0
    while not is_over():
        claim = _claim(db, settings, handlers.keys(), job_id)
        if claim is None:
            return done
        run_claim(db, settings, handlers[claim.kind], claim, on_stuck)
        done += 1
    return done


def _claim(db: Database, settings: Settings, kinds: Collection[str], job_id: int | None) -> Claim | None:
    with db.write() as session:
        return claim_batch(
            session, worker=worker_name(), lease_seconds=settings.lease_seconds, kinds=kinds, job_id=job_id
        )


def run_claim(
    db: Database,
    settings: Settings,
    handler: Handler,
    claim: Claim,
    on_stuck: Callable[[], None] = lambda: None,
) -> None:
    """Do one claimed batch and settle it whatever happens; raises only what is no Exception."""
    structlog.contextvars.bind_contextvars(job=claim.job_id, batch=claim.batch_id, kind=claim.kind)
    try:
        holding = Holding(
            db,
            claim,
            lease_seconds=settings.lease_seconds,
            stuck_seconds=settings.stuck_seconds,
            on_stuck=on_stuck,
        )
        with holding:
            handler(BatchRun(db=db, settings=settings, claim=claim, check=holding.check))
        log.info("batch_done", attempt=claim.attempts)
    except Interrupted as interruption:
        _let_go(db, claim, interruption.standing)
    except LeaseLost:
        log.warning("batch_lost")
    except Exception as error:
        _settle_failure(db, settings, claim, error)
    finally:
        structlog.contextvars.unbind_contextvars("job", "batch", "kind")


def _let_go(db: Database, claim: Claim, standing: LeaseState) -> None:
    """Give a batch back at pause and shutdown; at cancel and loss nothing of it is ours any more."""
    log.info("batch_interrupted", standing=standing.value)
    match standing:
        case LeaseState.PAUSED | LeaseState.ENDED:
            with db.write() as session:
                release_batch(session, claim)
        case LeaseState.LOST | LeaseState.HELD:
            return
        case _:
            assert_never(standing)


def _settle_failure(db: Database, settings: Settings, claim: Claim, error: Exception) -> None:
    named = name_error(error)
    log.error("batch_failed", code=named.code, error=named.message, attempt=claim.attempts)
    if named.code == "unexpected_error":
        log.error("traceback", text="".join(traceback.format_exception(error)))
    try:
        with db.write() as session:
            fail_attempt(session, claim, named, max_attempts=settings.max_attempts)
    except LeaseLost:
        log.warning("batch_lost")
    except OperationalError as failure:
        # The lease ends by itself and the tick returns the batch.
        log.error("failure_not_recorded", error=str(failure).splitlines()[0])


def name_error(error: Exception) -> MaskloopError:
    """Our own errors as they are; a full disk by its code; anything else as unexpected_error."""
    if isinstance(error, MaskloopError):
        return error
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if (
        "disk is full" in text
        or "No space left" in text
        or "disk I/O error" in text
        or "quota" in text.lower()
    ):
        return TransientError("disk_full", f"The disk of the data folder is full: {text}")
    if isinstance(error, OperationalError):
        return TransientError("database_unavailable", f"The database could not be used: {text}")
    return TransientError("unexpected_error", f"{type(error).__name__}: {text}")
