"""Other data sets' names for our labels, and the names of sources."""

import pytest

from core.datasets.labelled_face import source_name
from core.errors import InputError
from core.labels.label_words import (
    LabelWord,
    LabelWords,
    OtherWord,
    parse_meanings,
    read_label,
    read_word,
    says_no_face,
)
from models import Label, SourceKind


@pytest.mark.parametrize(
    ("word", "label", "kind"),
    [
        ("with_mask", Label.WITH_MASK, None),
        ("with-mask n95", Label.WITH_MASK, "n95"),
        ("with_mask_cloth_mask", Label.WITH_MASK, "cloth_mask"),
        ("without_mask_no_face_mask", Label.WITHOUT_MASK, None),
        ("incorrect_mask_worn_incorrectly", Label.INCORRECT, None),
        ("not_a_face", Label.NOT_A_FACE, None),
    ],
)
def test_words(word: str, label: Label, kind: str | None) -> None:
    assert read_label(word) == LabelWord(label=label, mask_kind=kind)


#: The words that the files of well-known sets have, by set: with a mask, without one, worn incorrectly.
KNOWN_SETS = {
    "AIZOO": ("face_mask face_nask", "face", ""),
    "FMLD": ("masked_face", "unmasked_face", "incorrectly_masked_face"),
    "RMFD": ("AFDB_masked_face_dataset", "AFDB_face_dataset", ""),
    "MaskedFace-Net": ("CMFD Mask", "", "IMFD Mask_Chin Mask_Mouth_Chin Mask_Nose_Mouth"),
    "PWMFD": ("with_mask withmask", "without_mask", "incorrect_mask"),
    "Kaggle andrewmvd": ("with_mask", "without_mask", "mask_weared_incorrect mask_weared_incorrecly"),
    "Kaggle 12k": ("WithMask", "WithoutMask", ""),
    "Kaggle wobot": ("face_with_mask", "face_no_mask", "face_with_mask_incorrect"),
    "Roboflow": ("mask Mask", "no-mask NO-Mask", ""),
    "Moxa3K": ("mask", "nomask", ""),
    "WWMR-DB": ("MRCW", "MRNW", "MRNN MRNC MRTN MRFH MRHN MSFC"),
    "plugins": ("mask_worn_correctly", "without_mask", "mask_worn_incorrectly"),
}


@pytest.mark.parametrize("name", KNOWN_SETS)
def test_the_words_of_well_known_sets_in_any_case(name: str) -> None:
    labels = (Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT)
    for label, words in zip(labels, KNOWN_SETS[name], strict=True):
        for word in words.split():
            for written in (word, word.upper(), word.title(), word.replace("_", " "), f" {word} "):
                assert read_label(written) == LabelWord(label=label), written


@pytest.mark.parametrize("word", ["unlabelled", "Unlabeled"])
def test_a_word_of_a_face_without_a_label(word: str) -> None:
    assert (read_word(word), read_label(word)) == (OtherWord.UNLABELLED, None)


def test_a_word_of_a_known_set_that_is_no_face() -> None:
    assert (read_word("invalid_face"), read_label("invalid_face")) == (OtherWord.IGNORED, None)


@pytest.mark.parametrize(
    "word",
    [
        "images", "mask_off", "masks", "withmasking", "", "2024", "-", "口罩", "face_other_covering",
        # Not a kind of mask: a label nobody gave.
        "with_mask_below_nose", "with_mask_not_sure",
    ],
)  # fmt: skip
def test_unknown_words(word: str) -> None:
    assert read_label(word) is None
    assert read_word(word) is None


def test_a_user_says_what_words_mean() -> None:
    given = parse_meanings(
        ["Scarf = without_mask", "hat=ignore", "face=unlabelled", "a=b=with mask", "戴口罩=with_mask"]
    )
    words = LabelWords(given)
    assert words.read_word("SCARF") == LabelWord(label=Label.WITHOUT_MASK)
    assert words.read_word("hat") is OtherWord.IGNORED
    # What a user says counts before what is known.
    assert words.read_word("face") is OtherWord.UNLABELLED
    assert words.read_word("a=b") == LabelWord(label=Label.WITH_MASK)
    # Words of other scripts are told apart.
    assert words.read_word("戴口罩") == LabelWord(label=Label.WITH_MASK)
    assert words.read_word("未戴口罩") is None
    assert words.read_label("no-mask") == LabelWord(label=Label.WITHOUT_MASK)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("scarf", "must be WORD=LABEL"),
        ("scarf=mask", "'scarf' can mean with_mask, without_mask, incorrect, not_a_face"),
        ("=with_mask", "is not the word of a label"),
        ("--=with_mask", "is not the word of a label"),
        ("x" * 101 + "=ignore", "is not the word of a label"),
    ],
)
def test_a_meaning_that_cannot_be_read(line: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse_meanings([line])
    assert caught.value.code == "label_word_invalid"


def test_folders_without_faces() -> None:
    assert says_no_face("Negatives")
    assert says_no_face("No Faces")
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
