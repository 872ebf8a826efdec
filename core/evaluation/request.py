"""Ask for versions to be measured on a dataset."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from sqlalchemy.orm import Session

from core.datasets.queries import get_dataset
from core.jobs.request import add_job
from core.versions.queries import get_version
from models import Job, JobKind


@dataclass(frozen=True, kw_only=True)
class EvaluateOptions:
    """The dataset and the versions that are measured on its test faces."""

    dataset_id: int
    version_ids: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """As `Job.options` stores it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read `Job.options`."""
        return cls(dataset_id=stored["dataset_id"], version_ids=tuple(stored["version_ids"]))


def request_evaluation(
    session: Session, dataset_id: int, version_ids: Sequence[int], *, account_id: int | None
) -> Job:
    """Write an evaluate job; InputError dataset_not_found, version_not_found."""
    dataset = get_dataset(session, dataset_id)
    names = [get_version(session, version_id).name for version_id in version_ids]
    options = EvaluateOptions(dataset_id=dataset_id, version_ids=tuple(version_ids))
    title = f"{' and '.join(names)} on dataset {dataset_id}, {dataset.title}"
    job = add_job(session, JobKind.EVALUATE, options.to_json(), title=title, account_id=account_id)
    job.dataset_id = dataset_id
    return job
