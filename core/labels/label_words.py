"""Other data sets' words for the labels, as they name folders and boxes by them."""

import re
from dataclasses import dataclass

from models import Label

_WORDS = {
    "with_mask": Label.WITH_MASK,
    "mask": Label.WITH_MASK,
    "face_mask": Label.WITH_MASK,
    "masked": Label.WITH_MASK,
    "without_mask": Label.WITHOUT_MASK,
    "no_mask": Label.WITHOUT_MASK,
    "non_mask": Label.WITHOUT_MASK,
    "unmasked": Label.WITHOUT_MASK,
    "face": Label.WITHOUT_MASK,
    "incorrect": Label.INCORRECT,
    "incorrect_mask": Label.INCORRECT,
    "mask_weared_incorrect": Label.INCORRECT,
    "mask_worn_incorrectly": Label.INCORRECT,
    "not_a_face": Label.NOT_A_FACE,
}
#: Folders of photos that show no face at all.
_WITHOUT_FACES = frozenset({"negatives", "negative", "no_face", "no_faces", "background", "backgrounds"})
#: `with_` is the start of `without_`, so the longer one is asked first.
_BEGINNINGS = (Label.WITHOUT_MASK, Label.WITH_MASK, Label.INCORRECT, Label.NOT_A_FACE)
_LONGEST_KIND = 40


@dataclass(frozen=True, kw_only=True)
class LabelWord:
    """What a word says: a label, and the kind of mask where it tells."""

    label: Label
    mask_kind: str | None = None


def read_label(word: str) -> LabelWord | None:
    """What a folder's or a box's name says; None where it names no label.

    A name may go on after the label: `with_mask_n95_mask` tells the kind of mask too.
    """
    plain = _plain(word)
    if plain in _WORDS:
        return LabelWord(label=_WORDS[plain])
    for label in _BEGINNINGS:
        if plain.startswith(label.value + "_"):
            rest = plain.removeprefix(label.value + "_")[:_LONGEST_KIND]
            return LabelWord(label=label, mask_kind=rest if label is Label.WITH_MASK else None)
    return None


def says_no_face(word: str) -> bool:
    """Whether a folder's name says that its photos show no face."""
    return _plain(word) in _WITHOUT_FACES


def _plain(word: str) -> str:
    """`WithMask`, `with mask` and `with-mask` are `with_mask`."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word.strip())
    return re.sub(r"[^a-z0-9]+", "_", apart.lower()).strip("_")
