"""Annotations are read, and those that cannot be understood are named."""

from pathlib import Path

import pytest

from core.errors import InputError
from core.release.voc import read_annotations
from models.label import Label

OBJECT = (
    "<object><name>{name}</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>30.5</xmax><ymax>40</ymax></bndbox>"
    "</object>"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "one.JPG").write_bytes(b"")
    return tmp_path


def annotate(folder: Path, text: str, stem: str = "one") -> None:
    (folder / f"{stem}.xml").write_text(text)


def code(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        list(read_annotations(folder, folder))
    return caught.value.code


def test_boxes_and_labels(folder: Path) -> None:
    names = ["with_mask", "mask_weared_incorrect"]
    annotate(folder, f"<annotation>{''.join(OBJECT.format(name=name) for name in names)}</annotation>")
    (photo,) = read_annotations(folder, folder)
    assert photo.labels == (Label.WITH_MASK, Label.INCORRECT)
    assert photo.boxes.tolist() == [[1, 2, 30.5, 40]] * 2
    assert photo.path.name == "one.JPG"


def test_a_photo_without_faces(folder: Path) -> None:
    annotate(folder, "<annotation/>")
    (photo,) = read_annotations(folder, folder)
    assert photo.boxes.shape == (0, 4)


@pytest.mark.parametrize(
    "text",
    [
        "no xml",
        f"<annotation>{OBJECT.format(name='helmet')}</annotation>",
        "<annotation><object><name>mask</name></object></annotation>",
    ],
)
def test_what_is_not_understood(folder: Path, text: str) -> None:
    annotate(folder, text)
    assert code(folder) == "bad_annotation"


def test_photo_and_annotations_must_be_there(folder: Path) -> None:
    assert code(folder) == "no_annotations"
    annotate(folder, "<annotation/>", stem="other")
    assert code(folder) == "photo_missing"
