"""The tick process: checks disk, leases, schedules and wake-ups every few seconds."""

import threading

import structlog
from sqlalchemy.exc import SQLAlchemyError

import core.job_kinds  # noqa: F401 (declares the kinds)
from core.database import Database
from core.jobs.kinds import Runner, stage_names
from core.jobs.tick import check_disk, count_claimable, fail_running, return_expired
from core.logs import set_up_logs
from core.review.answers.leases import return_expired as return_expired_faces
from core.schedules.due import start_next_due, start_next_waiting
from core.settings import Settings
from workers.broker import wake
from workers.processes import die_with_parent, stop_on_signals

log = structlog.get_logger()


def tick_once(db: Database, settings: Settings) -> None:
    """Check the disk first, since everything else writes; then expired leases, schedules and wake-ups."""
    full = check_disk(settings)
    with db.write() as session:
        if full is not None and fail_running(session, full):
            log.error("disk_full", error=full.message)
    with db.write() as session:
        returned = return_expired(session, max_attempts=settings.max_attempts)
        return_expired_faces(session)
    if returned:
        log.warning("leases_expired", batches=returned)
    start_schedules(db, settings)
    with db.read() as session:
        claimable = count_claimable(session, limit=settings.workers, kinds=stage_names(Runner.WORKER))
    if claimable:
        wake(settings, count=claimable)


def start_schedules(db: Database, settings: Settings) -> None:
    """Start due schedules, each in its own transaction; the next tick does what a killed one has left."""
    for start in (start_next_due, start_next_waiting):
        while True:
            with db.write() as session:
                run = start(session, settings)
            if run is None:
                break
            log.info("schedule_run", schedule=run.schedule_id, state=run.state.value, job=run.job_id)


def run_tick(settings: Settings, stop: threading.Event) -> None:
    """Tick until `stop`; goes on when the database or broker cannot be reached."""
    db = Database(settings.sql_url)
    while not stop.wait(settings.tick_seconds):
        try:
            tick_once(db, settings)
        except SQLAlchemyError as error:
            log.error("tick_failed", error=str(error).splitlines()[0])
    db.dispose()


def main() -> None:
    """Entry point of `python -m workers.tick`."""
    settings = Settings.from_env()
    set_up_logs(settings)
    run_tick(settings, stop_on_signals())


if __name__ == "__main__":
    # Only as a child of the launcher; `maskloop tick` may outlive its shell.
    die_with_parent()
    main()
