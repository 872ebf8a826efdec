"""Decisions as JSON lines: one object a line, which names the face by its photo's SHA-256 and its box.

So a file that one service wrote can be read by another, whose photos and faces have other numbers.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from core.labels.decisions import is_replaced
from models import Account, Choice, Decision, Face, Photo, box_is_current

#: Decisions read at once.
_AT_ONCE = 1_000

#: Opens a read session. Each slice opens its own, so that none stays open while a client downloads slowly.
Sessions = Callable[[], AbstractContextManager[Session]]
_Pixels = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]


class DecisionLine(BaseModel):
    """One line; a reader ignores fields that it does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    photo: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the photo's bytes.")
    box: tuple[_Pixels, _Pixels, _Pixels, _Pixels] = Field(
        description="Corners x1, y1, x2, y2 in pixels of the upright full-size photo."
    )
    label: Choice
    by: str | None = Field(None, max_length=64, description="Name of the person; null for an imported set.")
    milliseconds: int | None = Field(None, ge=0, le=2**31 - 1)
    detector: str | None = None
    at: datetime | None = None

    @model_validator(mode="after")
    def _has_area(self) -> Self:
        x1, y1, x2, y2 = self.box
        if not (x1 < x2 and y1 < y2):
            raise ValueError("the box has no area")
        return self


def export_decisions(sessions: Sessions, *, after: int = 0, queue: str | None = None) -> Iterator[bytes]:
    """The newest decision of each person about each face, by number; memory holds one slice.

    `after` is the number of a decision, so that a program fetches what is new; `queue` a `Decision.queue`.
    """
    while True:
        with sessions() as session:
            rows = session.execute(_select_lines(after, queue)).all()
        if not rows:
            return
        yield b"".join(_line(*row) for row in rows)
        after = rows[-1][0].id


def _select_lines(after: int, queue: str | None) -> Select[Decision, Face, str, str | None]:
    query = (
        select(Decision, Face, Photo.sha256, Account.name)
        .join(Face, Face.id == Decision.face_id)
        .join(Photo, Photo.id == Face.photo_id)
        .outerjoin(Account, Account.id == Decision.account_id)
        .where(Decision.id > after, Decision.label.is_not(None) | Decision.cannot_tell)
        .where(~is_replaced(Decision), box_is_current())
        .order_by(Decision.id)
        .limit(_AT_ONCE)
    )
    return query if queue is None else query.where(Decision.queue == queue)


def _line(decision: Decision, face: Face, sha256: str, name: str | None) -> bytes:
    choice = decision.choice
    values: dict[str, Any] = {
        "id": decision.id,
        "photo": sha256,
        "box": [round(corner, 2) for corner in (face.x1, face.y1, face.x2, face.y2)],
        "label": None if choice is None else choice.value,
        "by": name,
        "at": decision.created_at.isoformat(),
        "queue": decision.queue,
        "milliseconds": decision.milliseconds,
        "mask_kind": decision.mask_kind,
        "detector": face.detector_key,
        "face_id": face.id,
    }
    return json.dumps(values, ensure_ascii=False).encode() + b"\n"
