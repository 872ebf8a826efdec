"""The accuracy on a set of photos: found, rejected and rightly labelled faces, and its tables."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.measured_photos import corrected
from benchmarks.worlds_metrics import World, pair_truth, world_metrics
from benchmarks.worlds_tables import lines
from core.release.metrics import MeasuredPhoto
from core.release.voc import AnnotatedPhoto
from models.label import Label

#: True boxes of 60 px: found, found low (IoU 0.4), rejected, missed; and one of 20 px.
TRUTH = np.array([[left, 0, left + 60, 60] for left in range(0, 400, 100)] + [[400, 0, 420, 20.0]])
FOUND = np.array([[0, 0, 60, 60], [100, 25, 160, 85], [200, 0, 260, 60], [500, 0, 560, 60.0]])
SURE = [[0.1, 0.1, 0.7, 0.1], [0.9, 0.1, 0, 0], [0.1, 0, 0, 0.9], [0, 0.6, 0.1, 0.3]]


@pytest.fixture
def photo() -> MeasuredPhoto:
    return MeasuredPhoto(
        truth=TRUTH,
        labels=(Label.INCORRECT, Label.WITH_MASK, Label.WITH_MASK, Label.WITHOUT_MASK, Label.WITH_MASK),
        boxes=FOUND,
        probabilities=np.array(SURE),
        face_scores=np.array([0.9, 0.8, 0.7, 0.6]),
    )


def test_true_faces_are_found_at_a_low_overlap(photo: MeasuredPhoto) -> None:
    assert pair_truth(photo).tolist() == [0, 1, 2, -1, -1]


def test_counts_tell_missed_from_rejected(photo: MeasuredPhoto) -> None:
    counts = world_metrics(World(photos=(photo,)))
    assert (counts["faces"], counts["missed"], counts["rejected"]) == (4, 1, 1)
    assert counts["labels"] == {
        "with_mask": [1, 0, 0, 1], "without_mask": [0, 0, 0, 0], "incorrect": [0, 0, 1, 0]
    }  # fmt: skip


def test_a_mean_with_too_few_boxes_is_left_out(photo: MeasuredPhoto) -> None:
    many = world_metrics(World(photos=(photo,) * 30))["ap"]
    few = world_metrics(World(photos=(photo,)))["ap"]
    assert few["0.5"]["three"]["32+"] is None
    assert many["0.3"]["face"]["32+"] > many["0.5"]["face"]["32+"] > 0
    assert many["0.5"]["face"]["16-32"] == 0


def test_the_tables_have_a_row_a_set(photo: MeasuredPhoto) -> None:
    metrics = {
        "boxed": world_metrics(World(photos=(photo,) * 30)),
        "negatives": {"photos": 10, "false_faces": 1, "a_photo": 0.1},
    }
    text = "\n".join(lines(metrics))
    assert "| boxed | 0.500 (120) | 30 of 90 | 30 of 60 | 0 of 0 | 30 of 30 | 30, 0 |" in text
    assert "10 photos without people: 0.100 false faces a photo." in text


def test_a_corrected_label_is_of_one_box_of_a_photo_with_the_same_bytes(tmp_path: Path) -> None:
    known, other = tmp_path / "known.jpg", tmp_path / "other.jpg"
    known.write_bytes(b"known")
    other.write_bytes(b"other")
    corrections = tmp_path / "corrections.json"
    corrections.write_text(json.dumps({hashlib.sha256(b"known").hexdigest(): {"1": "incorrect"}}))
    labels = (Label.WITH_MASK, Label.WITH_MASK)
    photos = [
        AnnotatedPhoto(path=path, boxes=np.zeros((2, 4), np.float32), labels=labels)
        for path in (known, other)
    ]
    first, second = corrected(photos, corrections)
    assert first.labels == (Label.WITH_MASK, Label.INCORRECT)
    assert second.labels == labels
