"""A new version is evaluated beside the champion; the gate promotes it only if the options say so."""

from collections.abc import Sequence

import numpy as np
import pytest
from sqlalchemy import select

from benchmarks.training_faces import add_dataset, add_faces
from core.database import Database
from core.datasets.store import pin_golden
from core.jobs.request import add_job
from core.predict.unpredicted import save_predictions
from core.settings import Settings
from core.training.job_kind import TRAIN
from core.training.options import PromoteBy, TrainOptions
from core.versions.queries import read_champion
from models import Evaluation, JobEvent, Label, Promotion, PromotionKind, Split
from tests.rows import add_version
from tests.training import Late, need_training

need_training()
evaluating = Late("workers.training.evaluating")

LABELS = [Label.WITH_MASK, Label.WITHOUT_MASK] * 6


@pytest.fixture
def versions(db: Database) -> tuple[int, int]:
    """The champion, and a candidate."""
    return add_version(db), add_version(db, "d" * 64, champion=False)


def predict(db: Database, version_id: int, faces: Sequence[int], *, right: int) -> None:
    """The first `right` faces are predicted as labelled, the others as the other label."""
    said = [LABELS[n] if n < right else LABELS[n + 1] for n in range(len(faces) - 1)] + [LABELS[-1]]
    rows = np.array([[0.9 if label is each else 0.1 / 3 for each in Label] for label in said])
    with db.write() as session:
        save_predictions(session, version_id, faces, rows)


def evaluate(db: Database, candidate: int, champion: int, dataset_id: int, by: PromoteBy) -> set[str]:
    """Names of the log events."""
    with db.write() as session:
        options = TrainOptions(promote_by=by)
        job = add_job(session, TRAIN, options, title="t", account_id=None)
        datasets = evaluating.find_test_datasets(session, dataset_id)
        evaluating.write_evaluations(session, job, [candidate, champion], datasets)
        session.flush()
        return set(session.scalars(select(JobEvent.event).where(JobEvent.job_id == job.id)))


def champion_of(db: Database) -> int:
    with db.read() as session:
        return read_champion(session).id


def test_the_gate_promotes_what_is_better(
    db: Database, settings: Settings, versions: tuple[int, int]
) -> None:
    champion, candidate = versions
    faces = add_faces(db, settings, LABELS)
    sides = [(face, label, Split.TEST) for face, label in zip(faces, LABELS, strict=True)]
    dataset_id = add_dataset(db, sides)
    predict(db, champion, faces, right=6)
    predict(db, candidate, faces, right=12)
    assert "version_promoted" not in evaluate(db, candidate, champion, dataset_id, PromoteBy.PERSON)
    assert champion_of(db) == champion
    assert "version_promoted" in evaluate(db, candidate, champion, dataset_id, PromoteBy.GATE)
    assert champion_of(db) == candidate
    with db.read() as session:
        assert session.scalars(select(Promotion.kind)).one() is PromotionKind.GATE
        assert len(session.scalars(select(Evaluation)).all()) == 2


def test_the_gate_keeps_the_champion_from_what_is_worse(
    db: Database, settings: Settings, versions: tuple[int, int]
) -> None:
    champion, candidate = versions
    faces = add_faces(db, settings, LABELS)
    golden = add_dataset(
        db, [(face, label, Split.TEST) for face, label in zip(faces, LABELS, strict=True)][:8]
    )
    with db.write() as session:
        pin_golden(session, golden)
    own = add_dataset(db, [(face, label, Split.TEST) for face, label in zip(faces, LABELS, strict=True)][8:])
    predict(db, champion, faces, right=8)
    predict(db, candidate, faces, right=2)
    with db.read() as session:
        assert evaluating.find_test_datasets(session, own) == [golden, own]
    assert "gate_not_passed" in evaluate(db, candidate, champion, own, PromoteBy.GATE)
    assert champion_of(db) == champion


def test_without_test_faces_nothing_is_measured(
    db: Database, settings: Settings, versions: tuple[int, int]
) -> None:
    champion, candidate = versions
    faces = add_faces(db, settings, LABELS[:2])
    dataset_id = add_dataset(db, [(face, Label.WITH_MASK, Split.TRAIN) for face in faces])
    assert evaluate(db, candidate, champion, dataset_id, PromoteBy.GATE) == {"job_requested", "no_test_faces"}
    assert champion_of(db) == champion
