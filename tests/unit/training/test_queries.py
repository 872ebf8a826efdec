"""The best epochs of the trainings of a page, read at once."""

from sqlalchemy import event

from core.database import Database, read_clock
from core.training.job_kind import TRAIN
from core.training.queries import BestEpoch, read_best_f1
from models import Dataset, Job, JobState, TrainingEpoch, TrainingStage


def test_the_best_epochs_of_a_page_take_two_queries(db: Database) -> None:
    with db.write() as session:
        now = read_clock(session)
        dataset = Dataset(
            title="d", content_sha256="a" * 64, options={}, faces=9, photos=9, licences={}, created_at=now,
            counts={"train": {"with_mask": 2}, "validation": {"with_mask": 4, "incorrect": 3}},
        )  # fmt: skip
        session.add(dataset)
        session.flush()
        jobs = [
            Job(kind=TRAIN.name, state=JobState.DONE, title="t", options={}, stage="fit", created_at=now,
                dataset_id=dataset_id)
            for dataset_id in (dataset.id, dataset.id, None)
        ]  # fmt: skip
        session.add_all(jobs)
        session.flush()
        ids = [job.id for job in jobs]
        session.add_all(
            TrainingEpoch(
                job_id=job_id, stage=TrainingStage.HEAD, number=number, loss=1.0, accuracy=0.5,
                validation_loss=1.0, validation_accuracy=0.5, validation_macro_f1=macro_f1, rate=0.1,
                seconds=1.0, created_at=now,
            )
            for job_id in ids
            for number, macro_f1 in ((1, 0.5), (2, 0.75))
        )  # fmt: skip
    asked = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with db.read() as session:
        best = read_best_f1(session, ids)
    assert best == dict(zip(ids, [BestEpoch(macro_f1=0.75, faces=f) for f in (7, 7, None)], strict=True))
    assert sum("SELECT" in statement for statement in asked) == 2
