"""The last batch of an import of a classifier: evaluate it beside the champion on the golden test set."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.datasets.queries import find_golden_dataset
from core.errors import InputError
from core.evaluation.queries import count_unpredicted
from core.evaluation.store import evaluate_version
from core.jobs.finish import finish_batch
from core.jobs.lease import lock_held
from core.jobs.store import add_event
from core.training.importing.job_kind import MEASURE_IMPORT_STAGE
from core.versions.queries import read_champion
from models import EventLevel, Job, Split
from workers.engine import BatchRun, handles
from workers.evaluate import predict_dataset

_TESTS = (Split.TEST,)


@handles(MEASURE_IMPORT_STAGE)
def measure_import(run: BatchRun) -> None:
    """Predict the golden test faces with both versions, and write the evaluations; finishes the job."""
    with run.db.read() as session:
        version_id = session.get_one(Job, run.claim.job_id).classifier_version_id
        golden = find_golden_dataset(session)
        champion_id = read_champion(session).id
    assert version_id is not None
    version_ids = list(dict.fromkeys((version_id, champion_id)))
    if golden is not None:
        _predict(run, version_ids, golden.id)
    with run.db.write() as session:
        lock_held(session, run.claim)
        if golden is None:
            line = "Not evaluated: no golden test set is pinned. Pin one, then evaluate the version on it."
            add_event(session, run.claim.job_id, EventLevel.WARNING, "no_golden_set", line)
        else:
            for each in version_ids:
                _evaluate(session, run.claim.job_id, each, golden.id)
        done = update(Job).where(Job.id == run.claim.job_id).values(steps_done=Job.steps_found)
        session.execute(done)
        finish_batch(session, run.claim)


def _predict(run: BatchRun, version_ids: list[int], dataset_id: int) -> None:
    with run.db.write() as session:
        photos = sum(count_unpredicted(session, each, dataset_id, _TESTS) for each in version_ids)
        row = update(Job).where(Job.id == run.claim.job_id)
        session.execute(row.values(steps_found=Job.steps_done + photos + 1))
    for each in version_ids:
        predict_dataset(run, each, dataset_id, _TESTS)


def _evaluate(session: Session, job_id: int, version_id: int, dataset_id: int) -> None:
    """Write an evaluation; where no test face could be predicted, the log says so."""
    try:
        macro_f1 = evaluate_version(session, version_id, dataset_id).metrics["macro_f1"]["value"]
    except InputError as error:
        add_event(session, job_id, EventLevel.WARNING, error.code, error.message)
        return
    line = f"Version {version_id} on the golden dataset {dataset_id}: macro F1 {macro_f1:.4f}."
    add_event(session, job_id, EventLevel.INFO, "version_measured", line)
