"""The tick process: checks disk, leases, schedules and wake-ups every few seconds, and sends webhooks."""

import threading
import time
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

import core.job_kinds  # noqa: F401 (declares the kinds)
from core.activity.store import forget_old
from core.crawl.store import correct_slot_times
from core.database import Database, read_clock
from core.errors import TransientError
from core.exports.store import expire_export
from core.jobs.deletion import purge_slice
from core.jobs.finish import LONGEST_BACKOFF_SECONDS
from core.jobs.kinds import Runner, stage_names
from core.jobs.lease import LONGEST_PAUSE_SECONDS
from core.jobs.tick import check_disk, correct_times, count_claimable, fail_running, return_expired
from core.library.uploads import find_abandoned, sweep_upload
from core.logs import set_up_logs
from core.predict.final_counts import count_waiting
from core.results.reports.request import renew_reports
from core.review.answers.leases import correct_lease_times
from core.review.answers.leases import return_expired as return_expired_faces
from core.schedules.due import start_next_due, start_next_waiting
from core.settings import Settings
from core.storage.calls import limit_tries
from core.system.metrics.store import count_expired
from core.system.queries import list_beats
from core.system.store import forget_silent
from core.webhooks.deliveries import correct_delivery_times
from models import Schedule, ServicePart
from workers.broker import wake
from workers.heart import Heart
from workers.processes import die_with_parent, end_loading, stop_on_signals
from workers.webhooks import WebhookSenders

log = structlog.get_logger()

#: How long one tick purges deleted jobs.
_PURGE_SECONDS = 1.0
#: How long no abandoned upload and no old export is looked for after none was found.
_SWEEP_PAUSE_SECONDS = 600.0
#: How long nothing is deleted after an object store has not answered.
_STORE_PAUSE_SECONDS = 60.0


#: Photos whose final labels are counted in one transaction.
_PHOTOS_COUNTED = 200


#: Differences between two clocks below this are not a clock that was set back.
_CLOCK_STEP_SECONDS = 2.0


class Sweeps:
    """Deleted jobs, abandoned uploads and old exports, and when these are looked for again."""

    def __init__(self) -> None:
        self._uploads_at = self._exports_at = self._any_at = 0.0

    @property
    def may_begin(self) -> bool:
        """Whether what holds the files is not known to be away."""
        return time.monotonic() >= self._any_at

    def postpone(self) -> None:
        """Ask an object store that is away again later: a transaction waits for its answer."""
        self._any_at = time.monotonic() + _STORE_PAUSE_SECONDS

    def job(self, db: Database, settings: Settings) -> bool:
        """Delete a part of a deleted job; False if nothing is left."""
        with db.write() as session:
            return purge_slice(session, settings)

    def upload(self, db: Database, settings: Settings) -> bool:
        """Delete some files of an abandoned upload; False if none is known."""
        if time.monotonic() < self._uploads_at:
            return False
        with db.read() as session:
            upload_id = find_abandoned(session)
        if upload_id is None:
            self._uploads_at = time.monotonic() + _SWEEP_PAUSE_SECONDS
            return False
        with db.write() as session:
            return sweep_upload(session, upload_id, settings)

    def export(self, db: Database, settings: Settings) -> bool:
        """Delete the zip of an export that is kept no longer; False if there is none."""
        if time.monotonic() < self._exports_at:
            return False
        with db.write() as session:
            job_id = expire_export(session, settings)
        if job_id is None:
            self._exports_at = time.monotonic() + _SWEEP_PAUSE_SECONDS
            return False
        log.info("export_expired", job=job_id)
        return True


@dataclass(frozen=True, kw_only=True)
class ClockStep:
    """The clock of the database was set back, or may have been while nobody looked."""

    #: By how many seconds; None if it is unknown.
    seconds: float | None
    #: The longest pause, in seconds, that times of batches may lie ahead.
    longest_pause: float


class ClockWatch:
    """Notices that the clock of the database was set back, by a clock that cannot be set."""

    def __init__(self) -> None:
        self._offset: float | None = None

    def look(self, session: Session) -> ClockStep | None:
        """The step since the last look; None if times in the database need no correction.

        After a start it is unknown whether the clock was set back, so any legal pause is left alone. What
        never had a pause, or has a shorter one, is corrected all the same.
        """
        offset = read_clock(session).timestamp() - time.monotonic()
        before, self._offset = self._offset, offset
        if before is None:
            return ClockStep(seconds=None, longest_pause=LONGEST_PAUSE_SECONDS)
        if offset >= before - _CLOCK_STEP_SECONDS:
            return None
        return ClockStep(seconds=before - offset, longest_pause=LONGEST_BACKOFF_SECONDS)


def correct_clock(db: Database, settings: Settings, watch: ClockWatch) -> None:
    """After the clock was set back, bring times of batches, slots, review leases and webhooks into reach."""
    with db.read() as session:
        step = watch.look(session)
    if step is None:
        return
    with db.write() as session:
        corrected = correct_times(
            session, lease_seconds=settings.lease_seconds, longest_pause=step.longest_pause
        )
        correct_slot_times(session, set_back=step.seconds)
        correct_lease_times(session)
        correct_delivery_times(session, set_back=step.seconds)
    if corrected:
        log.warning("clock_set_back", batches=corrected)


def tick_once(db: Database, settings: Settings, sweeps: Sweeps) -> None:
    """Check the disk first, since everything else writes; then expired leases, schedules and wake-ups."""
    # Beside an object store this is the disk of the tick's host alone, which no other one writes to.
    full = None if settings.files else check_disk(settings)
    with db.write() as session:
        if full is not None and fail_running(session, full):
            log.error("disk_full", error=full.message)
    with db.write() as session:
        returned = return_expired(session, max_attempts=settings.max_attempts)
        return_expired_faces(session)
        forget_silent(session)
        forget_old(session, days=settings.activity_days)
        count_expired(session, returned)
    if returned:
        log.warning("leases_expired", batches=returned)
    start_schedules(db, settings)
    count_final_labels(db)
    purge(db, settings, sweeps)
    with db.read() as session:
        most = max(settings.workers, _count_workers(session))
        claimable = count_claimable(session, limit=most, kinds=stage_names(Runner.WORKER))
    if claimable:
        wake(settings, count=claimable)


def _count_workers(session: Session) -> int:
    """Worker processes of all hosts; the settings know those of this host alone."""
    return sum(beat.is_alive and beat.part is ServicePart.WORKER for beat in list_beats(session))


def start_schedules(db: Database, settings: Settings) -> None:
    """Start due schedules, each in its own transaction; the next tick does what a killed one has left."""
    for start in (start_next_due, start_next_waiting):
        while True:
            with db.write() as session:
                run = start(session, settings)
            if run is None:
                break
            log.info("schedule_run", schedule=run.schedule_id, state=run.state.value, job=run.job_id)
            _renew_reports(db, run.schedule_id)


def _renew_reports(db: Database, schedule_id: int) -> None:
    """Write the reports of earlier runs again where the schedule asks for it."""
    try:
        with db.write() as session:
            schedule = session.get(Schedule, schedule_id)
            asks = schedule is not None and schedule.renews_reports
            jobs = renew_reports(session, schedule_id) if asks else []
    except OperationalError:
        raise
    except Exception:
        log.exception("reports_not_renewed", schedule=schedule_id)
        return
    if jobs:
        log.info("reports_renewed", schedule=schedule_id, jobs=jobs)


def count_final_labels(db: Database) -> None:
    """Count for a second at most what an update of the database left to be counted; the next tick goes on."""
    until = time.monotonic() + _PURGE_SECONDS
    try:
        counted = 1
        while counted and time.monotonic() < until:
            with db.write() as session:
                counted = count_waiting(session, limit=_PHOTOS_COUNTED)
    except OperationalError:
        raise
    except Exception:
        log.exception("count_failed")


def purge(db: Database, settings: Settings, sweeps: Sweeps) -> None:
    """Delete what is needed no longer for a second at most; the next tick goes on.

    A sweep deletes a part and returns whether more may be left. What cannot be deleted, such as a file that
    is write-protected, is logged and stops nothing else.
    """
    until = time.monotonic() + _PURGE_SECONDS
    for sweep in (sweeps.job, sweeps.upload, sweeps.export) if sweeps.may_begin else ():
        try:
            while time.monotonic() < until and sweep(db, settings):
                pass
        except OperationalError:
            raise
        except TransientError as error:
            log.warning("purge_postponed", code=error.code, error=error.message)
            sweeps.postpone()
            return
        except Exception:
            log.exception("purge_failed")


def run_tick(settings: Settings, stop: threading.Event) -> None:
    """Tick until `stop`; goes on when the database or broker cannot be reached."""
    # While it waits for an object store, no lease is returned; what it could not delete, it tries later.
    limit_tries(1)
    db, watch, sweeps = Database(settings.sql_url), ClockWatch(), Sweeps()
    heart = Heart(db, ServicePart.TICK, settings)
    senders = WebhookSenders(db, settings)
    senders.start()
    while not stop.wait(settings.tick_seconds):
        try:
            correct_clock(db, settings, watch)
            tick_once(db, settings, sweeps)
            heart.beat()
        except SQLAlchemyError as error:
            log.error("tick_failed", error=str(error).splitlines()[0])
        # The process must outlive whatever a row holds; the next tick tries again.
        except Exception:
            log.exception("tick_failed")
    senders.stop()
    heart.stop()
    limit_tries(None)
    db.dispose()


def main() -> None:
    """Entry point of `python -m workers.tick`."""
    settings = Settings.from_env()
    set_up_logs(settings)
    run_tick(settings, stop_on_signals())


if __name__ == "__main__":
    # Only as a child of the launcher; `maskloop tick` may outlive its shell.
    die_with_parent()
    end_loading()
    main()
