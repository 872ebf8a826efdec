"""Write the signs of life of the processes."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock
from models import Heartbeat, ServicePart

#: A process that has been silent for this long is forgotten; it was replaced or taken out of service.
_FORGOTTEN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process of the service."""

    part: ServicePart
    host: str
    pid: int


def write_beat(session: Session, process: Process) -> None:
    """Write that the process is alive now."""
    now = read_clock(session)
    beaten = session.execute(update(Heartbeat).where(*_is(process)).values(beat_at=now))
    # Only the first beat inserts: on PostgreSQL every try takes a number of the 32-bit key.
    if not beaten.rowcount:  # type: ignore[attr-defined]
        row = {**vars(process), "started_at": now, "beat_at": now}
        insert_new(session, Heartbeat, [row], ["part", "host", "pid"])


def delete_beat(session: Session, process: Process) -> None:
    """Forget a process that ends as it should."""
    session.execute(delete(Heartbeat).where(*_is(process)))


def forget_silent(session: Session) -> None:
    """Forget the processes that have been silent for ten minutes."""
    session.execute(delete(Heartbeat).where(Heartbeat.beat_at < read_clock(session) - _FORGOTTEN_AFTER))


def forget_all(session: Session) -> None:
    """Forget every process, at a start after which no earlier one can be alive."""
    session.execute(delete(Heartbeat))


def _is(process: Process) -> tuple:  # type: ignore[type-arg]
    return Heartbeat.part == process.part, Heartbeat.host == process.host, Heartbeat.pid == process.pid
