"""An evaluation says how many photos it could not read, whose faces it leaves out."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select

import workers.evaluate
from core.database import Database
from core.jobs.claim import Claim
from core.settings import Settings
from models import EventLevel, JobEvent, Split
from tests.rows import add_predict_job
from workers.engine import BatchRun
from workers.evaluate import predict_dataset


@pytest.mark.parametrize("unreadable", [0, 3])
def test_unreadable_photos_are_counted_in_the_log(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, unreadable: int
) -> None:
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    claim = Claim(
        batch_id=1, job_id=job_id, kind="evaluate", token="t", attempts=1, sequence=0, first_position=None,
        last_position=None, payload={},
    )  # fmt: skip
    slices = [[SimpleNamespace(photo=SimpleNamespace(id=number))] for number in (1, 2)] + [[]]
    answers = iter((unreadable, 0))
    monkeypatch.setattr(workers.evaluate, "get_version", lambda *_given: None)
    monkeypatch.setattr(workers.evaluate, "load_detector", lambda *_given: None)
    monkeypatch.setattr(workers.evaluate, "read_unpredicted", lambda *_given, **_named: slices.pop(0))
    monkeypatch.setattr(workers.evaluate, "predict_unpredicted", lambda *_given: next(answers))
    predict_dataset(BatchRun(db=db, settings=settings, claim=claim, check=lambda: None), 7, 1, (Split.TEST,))
    with db.read() as session:
        events = session.scalars(select(JobEvent)).all()
    said = "3 photos could not be read: version 7 is not evaluated on their faces."
    assert [(event.level, event.message) for event in events] == (
        [(EventLevel.WARNING, said)] if unreadable else []
    )
