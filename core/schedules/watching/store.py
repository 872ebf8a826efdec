"""Note what was taken of a watched folder, in the transaction that writes its job, and how the folder is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.database import in_slices, read_clock
from core.errors import InputError
from core.jobs.kinds import JobRequest
from core.library.files.folder import check_root
from core.number_text import plural
from core.predict.given_files import request_files
from core.predict.job_kind import PREDICT
from core.predict.listing.photos import ListedPhoto, refusal_message
from core.predict.options import PredictOptions
from core.schedules.watching.options import WatchOptions
from core.schedules.watching.queries import read_taken
from core.schedules.watching.settling import NewFile
from core.settings import Settings
from core.storage.address import is_address
from models import (
    FolderWatch,
    RunState,
    Schedule,
    ScheduleRun,
    TakenFile,
    WatchMethod,
    WatchState,
)


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What a look found."""

    photos: int
    growing: int
    waiting: int
    seconds: float
    method: WatchMethod
    method_note: str


def check_watchable(request: JobRequest) -> None:
    """Raise InputError schedule_not_watchable for a job that reads no folder of the server."""
    folder = PredictOptions.from_json(request.options).folder if request.kind == PREDICT.name else None
    if folder is None or is_address(folder):
        raise InputError(
            "schedule_not_watchable",
            "Only a prediction job over a folder on the server can wait for new photos. Let a job over a "
            "bucket recur instead.",
        )


def watch_request(request: JobRequest, roots: Sequence[Path]) -> JobRequest:
    """The request with the real path of the folder.

    Raises InputError schedule_not_watchable, and as `check_root` for a folder that cannot be read.
    """
    check_watchable(request)
    options = PredictOptions.from_json(request.options)
    folder = str(check_root(Path(options.folder or ""), roots))
    return replace(request, options=options.with_changes(folder=folder).to_json())


def add_watch(session: Session, schedule: Schedule, options: WatchOptions) -> None:
    """Write the watch of a new schedule."""
    session.add(FolderWatch(schedule_id=schedule.id, options=options.to_json(), state=WatchState.STARTING))


def take_files(
    session: Session, schedule_id: int, root: str, files: Sequence[NewFile], settings: Settings
) -> ScheduleRun | None:
    """Give new files to one job and note them as taken; None if there is nothing to do any more.

    `root` is the real path of the folder. The watch's row is locked until the caller commits, and what
    another process took meanwhile is left out: a file is in one job, and with all of its job or not at all.
    """
    schedule, watch = _lock(session, schedule_id)
    if schedule is None or watch is None or schedule.paused:
        return None
    known = _known(session, schedule_id, files)
    fresh = [new for new in files if new.fingerprint not in known]
    if not fresh:
        return None
    _note(session, schedule_id, [new.fingerprint for new in fresh])
    now = read_clock(session)
    job = request_files(
        session,
        PredictOptions.from_json(schedule.options).with_changes(folder=root),
        [_listed(new) for new in fresh],
        account_id=schedule.account_id,
        batch_photos=settings.batch_photos,
        title=schedule.title,
    )
    watch.photos_taken += len(fresh)
    watch.last_taken_at = now
    run = _run_of(session, schedule_id, now)
    run.state, run.job_id, run.note = RunState.STARTED, job.id, f"{plural(len(fresh), 'new photo')}."
    session.flush()
    return run


def keep_existing(session: Session, schedule_id: int, fingerprints: Sequence[bytes]) -> None:
    """Note the files that were there at first as taken by nobody: no job reads them."""
    _, watch = _lock(session, schedule_id)
    if watch is not None and watch.started_at is None:
        _note(session, schedule_id, fingerprints)
        watch.started_at = read_clock(session)


def ask_look(session: Session, schedule: Schedule) -> ScheduleRun:
    """Ask the watcher to take at once what has settled; one such run waits at most."""
    waiting = _find_waiting(session, schedule.id)
    if waiting is not None:
        return waiting
    now = read_clock(session)
    run = ScheduleRun(
        schedule_id=schedule.id, planned_at=now, created_at=now, state=RunState.WAITING, note="By hand."
    )
    session.add(run)
    session.flush()
    return run


def end_look_by_hand(session: Session, schedule_id: int) -> None:
    """A run by hand that found nothing."""
    waiting = _find_waiting(session, schedule_id)
    if waiting is not None:
        waiting.state, waiting.note = RunState.SKIPPED, "By hand: there were no new photos."


def write_sight(session: Session, schedule_id: int, sight: Sight, problem: InputError | None = None) -> None:
    """Write what a look found; `problem` is what it could not read, beside which it goes on."""
    watch = session.get(FolderWatch, schedule_id)
    if watch is None:
        return
    watch.state, watch.looked_at, watch.look_seconds = WatchState.WATCHING, read_clock(session), sight.seconds
    watch.started_at = watch.started_at or watch.looked_at
    watch.photos_seen, watch.growing, watch.waiting = sight.photos, sight.growing, sight.waiting
    watch.method, watch.method_note = sight.method, sight.method_note
    watch.problem_code, watch.problem = (problem.code, problem.message) if problem else (None, None)


def write_problem(
    session: Session, schedule_id: int, code: str, message: str, state: WatchState = WatchState.AWAY
) -> None:
    """Write that the folder cannot be read now."""
    session.execute(
        update(FolderWatch)
        .where(FolderWatch.schedule_id == schedule_id)
        .values(state=state, problem_code=code, problem=message)
    )


def _lock(session: Session, schedule_id: int) -> tuple[Schedule | None, FolderWatch | None]:
    """The schedule, and its watch locked until the transaction ends."""
    schedule = session.get(Schedule, schedule_id, with_for_update={"key_share": True})
    watch = session.get(FolderWatch, schedule_id, with_for_update=True)
    return schedule, watch


def _known(session: Session, schedule_id: int, files: Sequence[NewFile]) -> set[bytes]:
    known: set[bytes] = set()
    for part in in_slices([new.fingerprint for new in files]):
        known |= read_taken(session, schedule_id, part)
    return known


def _note(session: Session, schedule_id: int, fingerprints: Sequence[bytes]) -> None:
    rows = [{"schedule_id": schedule_id, "fingerprint": key} for key in fingerprints]
    if rows:
        session.execute(insert(TakenFile), rows)


def _listed(new: NewFile) -> ListedPhoto:
    error = new.file.error
    return ListedPhoto(
        locator=new.file.relative, error_code=error, error_message=error and refusal_message(error)
    )


def _run_of(session: Session, schedule_id: int, now: datetime) -> ScheduleRun:
    """The run by hand that waits, or a new one."""
    waiting = _find_waiting(session, schedule_id)
    if waiting is not None:
        return waiting
    run = ScheduleRun(
        schedule_id=schedule_id, planned_at=now, created_at=now, state=RunState.STARTED, note=""
    )
    session.add(run)
    return run


def _find_waiting(session: Session, schedule_id: int) -> ScheduleRun | None:
    query = select(ScheduleRun).where(
        ScheduleRun.schedule_id == schedule_id, ScheduleRun.state == RunState.WAITING
    )
    return session.scalars(query.order_by(ScheduleRun.id).limit(1)).one_or_none()
