"""The activity log: which entries to export."""

from datetime import UTC, datetime

from pydantic import AwareDatetime, Field

from models import ActivityKind
from web.api_v1.schemas.base import Asked

#: Moments beyond cannot be converted to UTC.
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


class ActivityQuery(Asked):
    """Which entries."""

    after: int = Field(0, ge=0, le=2**53, description="Only entries with a higher `id`: what is new.")
    kind: ActivityKind | None = None
    who: str | None = Field(None, max_length=64, description="Name of an account.")
    since: AwareDatetime | None = Field(
        None, ge=_FIRST, le=_LAST, description="Entries of this moment and later ones."
    )
    until: AwareDatetime | None = Field(None, ge=_FIRST, le=_LAST, description="Entries before this moment.")
