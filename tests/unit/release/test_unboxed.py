"""The list of faces that annotators left out: found again by the photo's bytes and the candidate's box."""

import json
from pathlib import Path

import numpy as np

from core.release.unboxed import NO_FACES, read_unboxed, unboxed_in
from models.label import Label


def test_a_listed_face_is_found_again_in_its_photo_alone(tmp_path: Path) -> None:
    sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    file = tmp_path / "faces.json"
    faces = [{"box": [10, 10, 50, 60], "label": "with_mask"}, {"box": [100, 10, 140, 60], "label": None}]
    file.write_text(json.dumps({sha256: faces}))
    known = read_unboxed(file)
    here = unboxed_in(b"hello", known)
    assert here.labels == (Label.WITH_MASK, None)
    assert here.at(np.array([12.0, 12, 52, 61])) == 0
    assert here.at(np.array([101.0, 8, 139, 60])) == 1
    assert here.at(np.array([60.0, 10, 95, 60])) is None
    assert unboxed_in(b"another photo", known) is NO_FACES
    assert NO_FACES.at(np.array([12.0, 12, 52, 61])) is None


def test_the_list_that_ships_is_whole() -> None:
    known = read_unboxed()
    faces = [
        (box, label) for each in known.values() for box, label in zip(each.boxes, each.labels, strict=True)
    ]
    assert len(known) == 138 and len(faces) == 306
    assert all((box[2:] > box[:2]).all() for box, _ in faces)
    assert {label for _, label in faces} == {Label.WITH_MASK, Label.WITHOUT_MASK, None}
