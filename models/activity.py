"""The activity log: who did what, when and from where."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class ActivityKind(StrEnum):
    """What was done."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    #: A file left the service: a report, an export, an original photo, a file of a version.
    DOWNLOADED = "downloaded"
    #: `about.decisions` has the numbers of the decisions.
    DECIDED = "decided"
    PROMOTED = "promoted"
    #: Photos, pictures, jobs or schedules were deleted, or their deletion was requested.
    REMOVED = "removed"
    #: Guide, targets, schedules, webhooks.
    SETTINGS_CHANGED = "settings_changed"
    PEOPLE_CHANGED = "people_changed"
    TOKENS_CHANGED = "tokens_changed"


class Activity(Base):
    """One entry; entries are only added, and deleted when they are older than the settings say."""

    __tablename__ = "activity"
    __table_args__ = (
        Index("ix_activity_kind_id", "kind", "id"),
        Index("ix_activity_who_id", "who", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[ActivityKind] = mapped_column(text_enum(ActivityKind))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    #: Name of the account; of a failed sign-in the name that was given.
    who: Mapped[str] = mapped_column(String(64))
    #: Address of the client; `command` for a command on the data folder.
    client: Mapped[str] = mapped_column(String(64))
    #: Method and rule of the route, such as `POST /jobs/<int:job_id>/delete`; the name of a command.
    route: Mapped[str] = mapped_column(String(220))
    #: The id of its log lines.
    request_id: Mapped[str] = mapped_column(String(128))
    #: What it was about: numbers and names of the address, and what the route adds. Never a secret.
    about: Mapped[dict[str, Any]]
