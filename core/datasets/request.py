"""Ask for a dataset to be frozen."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from sqlalchemy.orm import Session

from core.datasets.options import FreezeOptions
from core.jobs.request import add_job
from models import Job, JobKind


@dataclass(frozen=True, kw_only=True)
class FreezeJobOptions:
    """What a freeze job is asked with."""

    freeze: FreezeOptions
    #: Pin the test split as a golden test set at once.
    golden: bool = False

    def to_json(self) -> dict[str, Any]:
        """As `Job.options` stores it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read `Job.options`."""
        return cls(freeze=FreezeOptions.from_json(stored["freeze"]), golden=bool(stored.get("golden")))


def request_freeze(session: Session, options: FreezeJobOptions, *, title: str, account_id: int | None) -> Job:
    """Write a freeze job; the caller commits, then wakes the workers."""
    title = title.strip() or "Dataset"
    return add_job(session, JobKind.FREEZE, options.to_json(), title=title, account_id=account_id)
