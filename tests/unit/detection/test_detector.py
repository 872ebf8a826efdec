"""Detection end to end: labelled faces in full-size pixels, and keys of detectors."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.detection.card import CHAMPION
from core.detection.decode import decode_photo
from core.detection.detector import FaceMaskDetector
from core.detection.finder import FaceFinder
from core.detection.options import DetectionOptions
from core.detection.photo import DecodedPhoto
from core.detection.weights import YUNET
from core.errors import PermanentError
from core.samples.drawn_cover import Cover, draw_cover
from core.samples.drawn_mask import MaskPosition, MaskStyle, draw_mask
from models.label import Label
from tests.examples import read_examples
from tests.unit.detection.conftest import ASTRONAUT, photo_of


def test_a_bare_face(detector: FaceMaskDetector, astronaut: NDArray[np.uint8]) -> None:
    faces = [face for face in detector.detect(photo_of(astronaut)) if face.label is not Label.NOT_A_FACE]
    assert [face.label for face in faces] == [Label.WITHOUT_MASK]
    box = faces[0].found.box
    assert box.x1 < 205 < box.x2 and box.y1 < 110 < box.y2
    assert all(box.x1 < x < box.x2 and box.y1 < y < box.y2 for x, y in faces[0].found.landmarks)


def test_the_example_of_the_document(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = (each for each in read_examples() if each.document == "docs/detection.md")
    (tmp_path / "weights").symlink_to(weights)
    shutil.copyfile(ASTRONAUT, tmp_path / "street.jpg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MASKLOOP_DATA", str(tmp_path))
    exec(example.text, {})
    assert "without_mask" in capsys.readouterr().out


def test_the_box_is_yunets_and_a_tenth_larger(
    detector: FaceMaskDetector, weights: Path, astronaut: NDArray[np.uint8]
) -> None:
    """No habit of any annotators: the box keeps its centre and its shape."""
    row = FaceFinder(weights / YUNET.name, DetectionOptions()).find(photo_of(astronaut))[0]
    box = detector.find_faces(photo_of(astronaut))[0].box
    assert ((box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2) == pytest.approx(
        ((row[0] + row[2]) / 2, (row[1] + row[3]) / 2), abs=0.01
    )
    assert box.width == pytest.approx(1.1 * (row[2] - row[0]), rel=1e-4)
    assert box.height == pytest.approx(1.1 * (row[3] - row[1]), rel=1e-4)


def test_the_same_face_with_a_mask(detector: FaceMaskDetector, astronaut: NDArray[np.uint8]) -> None:
    bare = detector.find_faces(photo_of(astronaut))[0]
    masked = draw_mask(
        astronaut,
        np.array(bare.landmarks),
        style=MaskStyle.SURGICAL,
        position=MaskPosition.WORN,
        rng=np.random.default_rng(1),
    )
    assert detector.detect(photo_of(masked))[0].label is Label.WITH_MASK


def test_boxes_lie_within_the_photo(detector: FaceMaskDetector, astronaut: NDArray[np.uint8]) -> None:
    cut = np.ascontiguousarray(astronaut[80:, 190:])
    for face in detector.find_faces(photo_of(cut)):
        assert 0 <= face.box.x1 < face.box.x2 <= cut.shape[1]
        assert 0 <= face.box.y1 < face.box.y2 <= cut.shape[0]


def test_reduced_decode_changes_neither_frame_nor_label(
    detector: FaceMaskDetector, astronaut: NDArray[np.uint8]
) -> None:
    reduced = DecodedPhoto(rgb=astronaut, width=1024, height=1024, format="JPEG")
    (small,), (large,) = detector.detect(photo_of(astronaut)), detector.detect(reduced)
    assert large.label is small.label
    assert large.found.box.x1 == pytest.approx(2 * small.found.box.x1, abs=8)


def test_no_faces_no_rows(detector: FaceMaskDetector) -> None:
    empty = photo_of(np.zeros((90, 120, 3), np.uint8))
    assert detector.detect(empty) == []
    assert detector.classify(empty, []).shape == (0, 4)


def test_many_faces_are_classified_like_one(detector: FaceMaskDetector, astronaut: NDArray[np.uint8]) -> None:
    photo = photo_of(astronaut)
    face = detector.find_faces(photo)[0]
    one, many = detector.classify(photo, [face]), detector.classify(photo, [face] * 37)
    assert many.shape == (37, 4)
    assert many == pytest.approx(np.repeat(one, 37, axis=0), abs=1e-4)
    assert many.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_key_follows_options_not_the_classifier(
    detector: FaceMaskDetector, weights: Path, tmp_path: Path
) -> None:
    copied = shutil.copytree(CHAMPION, tmp_path / "copy")
    assert FaceMaskDetector(weights, classifier=copied).detector_key == detector.detector_key
    assert detector.detector_key.startswith("yunet-4-"), "rows of earlier detectors have other boxes"
    other = FaceMaskDetector(weights, options=DetectionOptions(smallest_face=40))
    assert other.detector_key != detector.detector_key
    assert other.classifier_sha256 == detector.classifier_sha256


def test_missing_weights_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(PermanentError) as caught:
        FaceMaskDetector(tmp_path)
    assert caught.value.code == "weights_missing"


def test_real_photos_are_mostly_right(detector: FaceMaskDetector, real_data: Path) -> None:
    """A limit far below the card's metrics; it fails if colours, scales or the label order are mixed up."""
    right = total = 0
    for name, label in (
        ("with_mask_surgical_mask", Label.WITH_MASK),
        ("without_mask_no_face_mask", Label.WITHOUT_MASK),
    ):
        for path in sorted((real_data / "crops" / "portraits" / name).iterdir())[:40]:
            faces = detector.detect(decode_photo(path.read_bytes()))
            largest = max(faces, key=lambda face: face.found.box.height, default=None)
            right += largest is not None and largest.label is label
            total += 1
    assert right / total > 0.85


def test_red_and_blue_are_not_swapped(detector: FaceMaskDetector, astronaut: NDArray[np.uint8]) -> None:
    swapped = np.ascontiguousarray(cv2.cvtColor(astronaut, cv2.COLOR_RGB2BGR))
    straight = detector.find_faces(photo_of(astronaut))[0].score
    assert straight > detector.find_faces(photo_of(swapped))[0].score


@pytest.mark.parametrize("cover", list(Cover))
def test_what_covers_a_mouth_is_no_mask(
    detector: FaceMaskDetector, astronaut: NDArray[np.uint8], cover: Cover
) -> None:
    """Cups and bottles too, which earlier classifiers took for masks that are worn wrongly."""
    face = detector.find_faces(photo_of(astronaut))[0]
    for seed in range(6):
        rng = np.random.default_rng(seed)
        drawn = draw_cover(astronaut, np.array(face.landmarks), cover=cover, rng=rng)
        told = list(Label)[int(detector.classify(photo_of(drawn), [face]).argmax())]
        assert told is Label.WITHOUT_MASK, f"{cover} {seed}"
