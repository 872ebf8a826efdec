"""Lines of a job's log."""

from sqlalchemy.orm import Session

from core.database import read_clock
from models import EventLevel, JobEvent

#: A message that carries a traceback or a name of any length must not swell the page.
_LONGEST_MESSAGE = 2000


def add_event(session: Session, job_id: int, level: EventLevel, event: str, message: str) -> None:
    """Append a line; `event` is a constant name or an error's code."""
    session.add(
        JobEvent(
            job_id=job_id,
            at=read_clock(session),
            level=level,
            event=event,
            message=message[:_LONGEST_MESSAGE],
        )
    )
