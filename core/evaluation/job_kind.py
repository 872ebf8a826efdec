"""Evaluate jobs: compute the metrics of classifier versions on the test faces of a dataset."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from core.datasets.queries import get_dataset
from core.errors import InputError
from core.jobs.kinds import JobKind, JobRequest, Stage
from core.jobs.options import JobOptions
from core.jobs.request import add_job
from core.settings import Settings
from core.versions.queries import get_version, read_champion
from models import Job

EVALUATE_STAGE = Stage(name="evaluate", activity="Evaluating")


class EvaluateOptions(JobOptions):
    """The dataset, and the versions to evaluate on its test faces."""

    dataset_id: int
    version_ids: tuple[int, ...]


def request_evaluation(
    session: Session, dataset_id: int, version_ids: Sequence[int], *, title: str = "", account_id: int | None
) -> Job:
    """Write an evaluate job; InputError dataset_not_found, version_not_found."""
    dataset = get_dataset(session, dataset_id)
    names = [get_version(session, version_id).name for version_id in version_ids]
    options = EvaluateOptions(dataset_id=dataset_id, version_ids=tuple(version_ids))
    title = title.strip() or f"{' and '.join(names)} on dataset {dataset_id}, {dataset.title}"
    job = add_job(session, EVALUATE, options, title=title, account_id=account_id)
    job.dataset_id = dataset_id
    return job


def request_evaluation_beside_champion(
    session: Session, dataset_id: int, version_id: int, *, account_id: int | None
) -> Job:
    """Write a job that evaluates a version and the champion, to compare them; errors as above."""
    version_ids = dict.fromkeys((version_id, read_champion(session).id))
    return request_evaluation(session, dataset_id, list(version_ids), account_id=account_id)


def _start(session: Session, options: EvaluateOptions, request: JobRequest, _settings: Settings) -> Job:
    return request_evaluation(
        session,
        options.dataset_id,
        options.version_ids,
        title=request.title,
        account_id=request.account_id,
    )


def _check_recurring(_options: EvaluateOptions) -> None:
    raise InputError(
        "schedule_evaluation",
        "A dataset and a version never change, so evaluating them at a later time gives the same metrics.",
    )


EVALUATE = JobKind(
    name="evaluate",
    title="Evaluation",
    options=EvaluateOptions,
    stages=(EVALUATE_STAGE,),
    start=_start,
    check_recurring=_check_recurring,
).declare()
