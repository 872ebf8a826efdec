"""The document's way to compute average precision from a report gives what our own measure gives."""

import csv
import random
import re
import uuid
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from core.boxes.change import BoxChange
from core.boxes.store import apply_change
from core.database import Database
from core.evaluation.average_precision import PhotoBoxes, SizeRange, average_precision, match
from core.labels.decisions import Origin, add_decision
from models import Face, Label, ReportFormat
from tests.conftest import ROOT
from tests.unit.results.reports.made_job import (
    INCORRECT,
    INDETERMINATE,
    WITH_MASK,
    WITHOUT_MASK,
    MadePhoto,
    add_job,
    write,
)

LABELS = ("with_mask", "without_mask", "incorrect")


@pytest.fixture
def decided_job(made_db: Database) -> int:
    """Twenty photos whose faces are decided, often against the prediction, with drawn and removed boxes."""
    drawn = random.Random(1)
    kinds = (WITH_MASK, WITHOUT_MASK, INCORRECT, INDETERMINATE)
    photos = [
        MadePhoto(name=f"{n}.jpg", faces=drawn.choices(kinds, k=drawn.randint(1, 5)), width=1200)
        for n in range(20)
    ]
    job_id = add_job(made_db, [*photos, MadePhoto(name="open.jpg", faces=[WITH_MASK, INCORRECT])])
    with made_db.read() as session:
        faces = session.scalars(select(Face).order_by(Face.id)).all()
    with made_db.write() as session:
        for face in faces[:-2]:
            session.get_one(Face, face.id).score = drawn.uniform(0.3, 1)
            label = drawn.choice(list(Label)) if drawn.random() < 0.6 else Label.WITH_MASK
            add_decision(session, face.id, label, Origin(account_id=None, queue="results"))
    for face in faces[:-2:5]:
        _edit(made_db, face.photo_id, kind="remove", face=str(face.id))
    for face in faces[1:-2:7]:
        key = _edit(made_db, face.photo_id, kind="draw", box=[face.x1, 300, face.x2, 400])
        _edit(made_db, face.photo_id, kind="label", face=key, label="with_mask")
    return job_id


def _edit(db: Database, photo_id: int, **sent: object) -> str:
    key = str(uuid.uuid4())
    with db.write() as session:
        apply_change(session, photo_id, BoxChange.from_json({"key": key, **sent}), account_id=None)
    return key


def _documented() -> str:
    text = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")
    found = re.search(r"## Average precision from a report.*?```python\n(.*?)```", text, re.S)
    assert found is not None
    return found[1]


def _ours(path: Path, label: str) -> float:
    by_photo = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for face in csv.DictReader(file):
            by_photo[face["photo"]].append(face)
    del by_photo["open.jpg"]
    matches = []
    for faces in by_photo.values():
        found = [f for f in faces if f["rank_score"] and max(Label, key=lambda name: float(f[name])) == label]
        truth = [f for f in faces if f["final_label"] == label]
        scores = np.array([float(f["rank_score"]) for f in found], float)
        boxes = PhotoBoxes(truth=_corners(truth), detected=_corners(found), scores=scores)
        matches.append(match(boxes, SizeRange()))
    return average_precision(matches).average


def _corners(faces: list[dict[str, str]]) -> np.ndarray:
    return np.array([[float(f[n]) for n in ("x1", "y1", "x2", "y2")] for f in faces], float).reshape(-1, 4)


def test_the_document_computes_average_precision(
    made_db: Database, decided_job: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    path = write(made_db, decided_job, ReportFormat.FACES_CSV, tmp_path).path
    monkeypatch.chdir(tmp_path)
    exec(_documented(), {})
    printed = dict(line.split() for line in capsys.readouterr().out.splitlines())
    expected = {label: _ours(path, label) for label in LABELS}
    assert all(0 < value < 1 for value in expected.values()), expected
    assert {label: float(value) for label, value in printed.items()} == pytest.approx(expected, abs=5.1e-4)
