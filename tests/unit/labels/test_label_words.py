"""Other data sets' names for our labels, and the names of sources."""

import pytest

from core.datasets.labelled_face import source_name
from core.labels.label_words import read_label, says_no_face
from models import Label, SourceKind


@pytest.mark.parametrize(
    ("word", "label", "kind"),
    [
        ("with_mask", Label.WITH_MASK, None),
        ("WithMask", Label.WITH_MASK, None),
        ("with-mask n95", Label.WITH_MASK, "n95"),
        ("with_mask_cloth_mask", Label.WITH_MASK, "cloth_mask"),
        ("without_mask_no_face_mask", Label.WITHOUT_MASK, None),
        ("No Mask", Label.WITHOUT_MASK, None),
        ("mask_weared_incorrect", Label.INCORRECT, None),
        ("incorrect_mask_worn_incorrectly", Label.INCORRECT, None),
        ("not_a_face", Label.NOT_A_FACE, None),
    ],
)
def test_words(word: str, label: Label, kind: str | None) -> None:
    said = read_label(word)
    assert said is not None
    assert (said.label, said.mask_kind) == (label, kind)


@pytest.mark.parametrize("word", ["images", "mask_off", "masks", "withmasking", "", "2024"])
def test_unknown_words(word: str) -> None:
    assert read_label(word) is None


def test_folders_without_faces() -> None:
    assert says_no_face("Negatives")
    assert not says_no_face("with_mask")


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("/data/crops/web/with_mask/1.jpg", "crops/web"),
        ("/data/photos/images/1.jpg", "data/photos"),
        ("site/day 1/a.jpg", "site/day 1"),
        ("a.jpg", "upload"),
    ],
)
def test_names_of_sources(name: str, source: str) -> None:
    assert source_name(SourceKind.UPLOAD, name) == source
