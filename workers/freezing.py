"""The batch that freezes a dataset."""

from core.datasets.content import Content, select_content
from core.datasets.job_kind import FREEZE_STAGE, FreezeJobOptions
from core.datasets.options import FreezeOptions
from core.datasets.queries import iterate_current_labels
from core.datasets.store import freeze, pin_golden
from core.jobs.finish import finish_batch
from core.jobs.lease import lock_held
from core.jobs.store import add_event
from models import EventLevel, Job
from workers.engine import BatchRun, handles
from workers.marking import measure_and_group


@handles(FREEZE_STAGE)
def freeze_dataset(run: BatchRun) -> None:
    """Hash and group what is new, then write the dataset in the transaction that ends the batch."""
    with run.db.read() as session:
        job = session.get_one(Job, run.claim.job_id)
        options = FreezeJobOptions.from_json(job.options)
    content = collect(run, options.freeze)
    with run.db.write() as session:
        lock_held(session, run.claim)
        dataset = freeze(session, content, options.freeze, title=job.title, account_id=job.account_id)
        if options.golden:
            pin_golden(session, dataset.id)
        row = session.get_one(Job, job.id)
        row.dataset_id, row.steps_done = dataset.id, row.steps_found
        left_out = sum(content.left_out.values())
        line = f"Dataset {dataset.id}: {dataset.faces} faces in {dataset.photos} photos, {left_out} left out."
        add_event(session, job.id, EventLevel.INFO, "dataset_frozen", line)
        finish_batch(session, run.claim)


def collect(run: BatchRun, options: FreezeOptions) -> Content:
    """What a dataset frozen now would hold; a training freezes by this too."""
    measure_and_group(run)
    with run.db.read() as session:
        return select_content(iterate_current_labels(session), options)
