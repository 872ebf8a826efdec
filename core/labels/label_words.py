"""Other data sets' names for the labels, as they occur in folder names and annotations."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

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
#: Names of folders whose photos show no face.
_WITHOUT_FACES = frozenset({"negatives", "negative", "no_face", "no_faces", "background", "backgrounds"})
#: In the order in which prefixes are tried: `without_mask` before `with_mask`.
_BEGINNINGS = (Label.WITHOUT_MASK, Label.WITH_MASK, Label.INCORRECT, Label.NOT_A_FACE)
_LONGEST_KIND = 40


@dataclass(frozen=True, kw_only=True)
class LabelWord:
    """The label that a name stands for, and the kind of mask if the name contains one."""

    label: Label
    mask_kind: str | None = None


class OtherWord(StrEnum):
    """What the word of an annotated object means where it means no label."""

    #: A face without a label, as our exports write undecided boxes.
    UNLABELLED = "unlabelled"
    #: A person chose to leave out objects with this word.
    IGNORED = "ignored"


#: Reads the word of an annotated object; None if the word is unknown.
ReadWord = Callable[[str], LabelWord | OtherWord | None]


def read_word(word: str) -> LabelWord | OtherWord | None:
    """What the word of an annotated object means, without a mapping of the user; None if it is unknown."""
    return OtherWord.UNLABELLED if _plain(word) == OtherWord.UNLABELLED else read_label(word)


def read_label(word: str) -> LabelWord | None:
    """The label named by a folder or a box; None if the name is unknown.

    Text after the label is the kind of mask: `with_mask_n95_mask` gives `n95_mask`.
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
    """True if a folder of this name holds photos without faces."""
    return _plain(word) in _WITHOUT_FACES


def _plain(word: str) -> str:
    """The name in snake case: `WithMask`, `with mask` and `with-mask` become `with_mask`."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word.strip())
    return re.sub(r"[^a-z0-9]+", "_", apart.lower()).strip("_")
