"""Requests for a training: refused where they cannot be met, skipped where too few decisions are new."""

from dataclasses import replace
from importlib.util import find_spec

import pytest
from sqlalchemy import select, update

from benchmarks.training_faces import add_faces
from core.database import Database, read_clock
from core.errors import InputError
from core.jobs.claim import claim_batch
from core.jobs.kinds import JobRequest, Runner, stage_names
from core.jobs.progress import read_health, read_progress
from core.jobs.tick import count_claimable
from core.schedules.due import start_next_due
from core.schedules.recurrence import Recurrence
from core.schedules.store import Timing, add_schedule
from core.settings import Settings
from core.training import job_kind
from core.training.job_kind import FIT_STAGE, TRAIN, count_new_decisions, missing_modules, request_training
from core.training.options import PromoteBy, Start, TrainOptions
from core.training.progress import EpochMetrics
from core.training.queries import is_stop_requested, read_epochs
from core.training.store import add_epoch, request_stop
from models import Batch, Job, JobState, Label, Overlap, RunState, Schedule, TrainingStage
from tests.rows import add_version

pytestmark = pytest.mark.skipif(bool(missing_modules()), reason="the training dependencies are not installed")


@pytest.fixture(autouse=True)
def champion(request: pytest.FixtureRequest) -> None:
    """The version that trainings start from."""
    if "db" in request.fixturenames:
        add_version(request.getfixturevalue("db"))


def ask(db: Database, options: TrainOptions | None = None) -> int:
    with db.write() as session:
        return request_training(session, options or TrainOptions(), account_id=None).id


def test_options_survive_storing() -> None:
    options = TrainOptions(start=Start.IMAGENET, promote_by=PromoteBy.GATE, dataset_id=3, least_new=7)
    assert TrainOptions.from_json({**options.to_json(), "of_a_later_release": 1}) == options


@pytest.mark.parametrize(("name", "value"), [("head_epochs", 0), ("agreeing", 9), ("fine_tune_epochs", 999)])
def test_options_out_of_range_are_refused(name: str, value: int) -> None:
    with pytest.raises(InputError, match=name.replace("_", " ")):
        TrainOptions(**{name: value})


def test_without_tensorflow_the_refusal_says_the_command(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_kind, "find_spec", lambda name: None if name == "tensorflow" else find_spec(name))
    with pytest.raises(InputError) as refused:
        ask(db)
    assert refused.value.code == "training_not_installed"
    assert "make install-train" in refused.value.message


def test_nothing_to_learn_from_is_refused(db: Database) -> None:
    with pytest.raises(InputError) as refused:
        ask(db)
    assert refused.value.code == "no_decisions"
    with pytest.raises(InputError) as refused:
        ask(db, TrainOptions(dataset_id=99))
    assert refused.value.code == "dataset_not_found"


def test_new_decisions_count_from_the_training_before(db: Database, settings: Settings) -> None:
    add_faces(db, settings, [Label.WITH_MASK] * 5)
    first = ask(db)
    add_faces(db, settings, [Label.WITHOUT_MASK] * 3, first=10)
    with db.write() as session:
        assert count_new_decisions(session, at_most=100) == 3
        assert count_new_decisions(session, at_most=2) == 2
        session.get_one(Job, first).state = JobState.FAILED
        session.flush()
        assert count_new_decisions(session, at_most=100) == 8


def test_a_schedule_skips_runs_until_enough_is_new(db: Database, settings: Settings) -> None:
    add_faces(db, settings, [Label.WITH_MASK] * 5)
    request = JobRequest(
        kind=TRAIN.name, options=TrainOptions(least_new=6).to_json(), title="Weekly", account_id=None
    )
    timing = Timing(recurrence=Recurrence(cron="0 * * * *", time_zone="UTC"), overlap=Overlap.SKIP)
    with db.write() as session:
        add_schedule(session, request, timing)
        session.execute(update(Schedule).values(next_at=read_clock(session).replace(minute=0)))
    with db.write() as session:
        skipped = start_next_due(session, settings)
    assert skipped is not None and skipped.state is RunState.SKIPPED
    assert skipped.note.startswith("5 new decisions, 6 are required")
    add_faces(db, settings, [Label.WITHOUT_MASK], first=10)
    with db.write() as session:
        session.delete(skipped)
        session.execute(update(Schedule).values(next_at=read_clock(session).replace(minute=0)))
    with db.write() as session:
        started = start_next_due(session, settings)
    assert started is not None and started.state is RunState.STARTED
    with db.read() as session:
        assert session.scalars(select(Job.kind)).all() == [TRAIN.name]
    with pytest.raises(InputError) as refused, db.write() as session:
        add_schedule(session, replace(request, options=TrainOptions(dataset_id=1).to_json()), timing)
    assert refused.value.code == "schedule_dataset"


def test_workers_leave_trainings_to_the_trainer(db: Database, settings: Settings) -> None:
    add_faces(db, settings, [Label.WITH_MASK])
    job_id = ask(db)
    with db.write() as session:
        session.execute(update(Batch).values(not_before=read_clock(session).replace(year=2020)))
    with db.write() as session:
        assert count_claimable(session, limit=5, kinds=stage_names(Runner.WORKER)) == 0
        assert count_claimable(session, limit=5, kinds=stage_names(Runner.TRAINER)) == 1
        # A training that waits says nothing of the workers, and is told on its own page.
        assert read_health(session, settings).ok
        stalled = read_progress(session, session.get_one(Job, job_id), settings).stalled
        assert stalled is not None and "no trainer" in stalled
        assert claim_batch(session, worker="w", lease_seconds=9, kinds=stage_names(Runner.WORKER)) is None
        assert (
            claim_batch(session, worker="t", lease_seconds=9, kinds=stage_names(Runner.TRAINER)) is not None
        )


def test_epochs_are_written_once_and_a_stop_is_heard(db: Database, settings: Settings) -> None:
    add_faces(db, settings, [Label.WITH_MASK])
    job_id = ask(db)
    with pytest.raises(InputError) as refused, db.write() as session:
        request_stop(session, job_id)
    assert refused.value.code == "training_not_fitting"
    with db.write() as session:
        session.execute(update(Batch).values(kind=FIT_STAGE.name, attempts=2))
        claim = claim_batch(session, worker="t", lease_seconds=9, kinds=stage_names(Runner.TRAINER))
    assert claim is not None and claim.attempts == 3
    metrics = EpochMetrics(
        stage=TrainingStage.HEAD,
        number=1,
        loss=0.5,
        accuracy=0.8,
        validation_loss=0.4,
        validation_accuracy=0.9,
        validation_macro_f1=0.85,
        rate=1e-3,
        seconds=2.0,
    )
    for _ in range(2):
        with db.write() as session:
            add_epoch(session, claim, metrics)
    with db.write() as session:
        assert [epoch.number for epoch in read_epochs(session, job_id)] == [1]
        # A fit that makes progress does not fail for having been killed often.
        assert session.scalars(select(Batch.attempts)).one() == 1
        assert not is_stop_requested(session, job_id)
        request_stop(session, job_id)
        assert is_stop_requested(session, job_id)
