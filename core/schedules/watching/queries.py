"""Read watched folders, their state, and which of their files were taken."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.predict.options import PredictOptions
from core.schedules.watching.options import WatchOptions
from models import FolderWatch, RunState, Schedule, ScheduleRun, TakenFile, Trigger, WatchState


@dataclass(frozen=True, kw_only=True)
class WatchedFolder:
    """What the watcher needs to know of a schedule."""

    schedule_id: int
    folder: str
    recursive: bool
    options: WatchOptions
    #: Whether the photos that were there at first are read or noted.
    is_started: bool
    #: Number of the run by hand that waits; None if there is none.
    waiting_run: int | None


def list_active(session: Session) -> list[int]:
    """Numbers of the schedules whose folders are to be watched."""
    query = select(Schedule.id).where(Schedule.trigger == Trigger.NEW_PHOTOS, Schedule.paused.is_(False))
    return list(session.scalars(query.order_by(Schedule.id)))


def find_active(session: Session, schedule_id: int) -> WatchedFolder | None:
    """One folder to watch; None if its schedule is paused or deleted."""
    row = session.execute(
        select(Schedule, FolderWatch)
        .join(FolderWatch, FolderWatch.schedule_id == Schedule.id)
        .where(Schedule.id == schedule_id, Schedule.paused.is_(False))
    ).one_or_none()
    if row is None:
        return None
    schedule, watch = row
    job = PredictOptions.from_json(schedule.options)
    waiting = session.scalars(
        select(ScheduleRun.id)
        .where(ScheduleRun.schedule_id == schedule_id, ScheduleRun.state == RunState.WAITING)
        .order_by(ScheduleRun.id)
        .limit(1)
    ).one_or_none()
    return WatchedFolder(
        schedule_id=schedule_id,
        folder=job.folder or "",
        recursive=job.recursive,
        options=WatchOptions.from_json(watch.options),
        is_started=watch.started_at is not None,
        waiting_run=waiting,
    )


def read_taken(session: Session, schedule_id: int, fingerprints: Sequence[bytes]) -> set[bytes]:
    """Those of at most 5,000 fingerprints whose files were taken."""
    return set(
        session.scalars(
            select(TakenFile.fingerprint).where(
                TakenFile.schedule_id == schedule_id, TakenFile.fingerprint.in_(fingerprints)
            )
        )
    )


def find_watch(session: Session, schedule_id: int) -> FolderWatch | None:
    """The watch of a schedule; None for one that starts at times."""
    return session.get(FolderWatch, schedule_id)


def read_watches(session: Session) -> dict[int, FolderWatch]:
    """All watches by schedule."""
    return {watch.schedule_id: watch for watch in session.scalars(select(FolderWatch))}


def list_unreadable(session: Session) -> list[int]:
    """Numbers of the schedules whose folders cannot be read now."""
    query = (
        select(Schedule.id)
        .join(FolderWatch, FolderWatch.schedule_id == Schedule.id)
        .where(Schedule.paused.is_(False), FolderWatch.state.in_((WatchState.AWAY, WatchState.SLOW)))
    )
    return list(session.scalars(query.order_by(Schedule.id)))
