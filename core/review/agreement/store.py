"""Write the measured agreement."""

from typing import Any

from sqlalchemy.orm import Session

from core.database import read_clock
from models import Agreement


def save_agreement(session: Session, figures: dict[str, Any], *, job_id: int) -> None:
    """Keep what was measured."""
    session.add(
        Agreement(
            faces=figures["all"]["faces"], figures=figures, job_id=job_id, created_at=read_clock(session)
        )
    )
