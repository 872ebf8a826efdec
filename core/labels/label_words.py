"""What the words of other data sets mean: the names of their boxes, classes and folders as our labels.

One table serves every format. Words are compared without case, spaces and punctuation, so `WithMask`,
`with mask` and `with-mask` are one word. A user may say what a word means where the table does not know it
or is wrong about it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.errors import InputError
from models import Label


class OtherWord(StrEnum):
    """What the word of an annotated object means where it means no label."""

    #: A face without a label, as our exports write undecided boxes.
    UNLABELLED = "unlabelled"
    #: Not a face, such as a hat, or a face that its annotators gave up: the object is left out.
    IGNORED = "ignore"


#: What a word may mean, as a command line, a form and a job's options name it.
MEANINGS: dict[str, Label | OtherWord] = {each.value: each for each in (*Label, *OtherWord)}


@dataclass(frozen=True, kw_only=True)
class LabelWord:
    """The label that a name stands for, and the kind of mask if the name contains one."""

    label: Label
    mask_kind: str | None = None


#: Reads the word of an annotated object; None if the word is unknown.
ReadWord = Callable[[str], LabelWord | OtherWord | None]


#: The words of known sets, as their files have them, misspellings included. Where from:
#:
#: - AIZOO FaceMaskDetection (7,959 photos, VOC): `face`, `face_mask`, and `face_nask` in a few files, which
#:   its readers map by hand.
#: - FMLD, the labels of MAFA and WIDER FACE (VOC): its README names `masked_face`, `unmasked_face` and
#:   `incorrectly_masked_face`; its files also have `invalid_face`, which its own scripts count as neither.
#: - MAFA itself has numbers, not words; its conversions to VOC use the words of AIZOO or FMLD.
#: - RMFD (folders): `AFDB_masked_face_dataset`, `AFDB_face_dataset`.
#: - MaskedFace-Net (folders): `CMFD`, `IMFD`; sorted by kind `Mask`, `Mask_Chin`, `Mask_Mouth_Chin`,
#:   `Mask_Nose_Mouth`; `CWM` and `IWM` in the set of its segmentations.
#: - PWMFD (VOC): its README names `withmask`, `without_mask`, `incorrect_mask`; copies have `face_with_mask`
#:   and so on.
#: - Kaggle andrewmvd/face-mask-detection (VOC): `with_mask`, `without_mask`, `mask_weared_incorrect`; its
#:   copies write `mask_weared_incorrectly`, `mask_weared_incorrecly` and `mask_worn_incorrectly`.
#: - Kaggle ashishjangra27/face-mask-12k-images-dataset (folders): `WithMask`, `WithoutMask`.
#: - Kaggle wobotintelligence/face-mask-detection-dataset: `face_with_mask`, `face_no_mask`,
#:   `face_with_mask_incorrect`, and boxes of things, which are no faces. Its `face_other_covering` is left
#:   to the user.
#: - Roboflow mask-wearing: `mask`, `no-mask`; construction-site safety: `Mask`, `NO-Mask`.
#: - Moxa3K (VOC in `annotations/Pascal Voc`): `mask`, `nomask`.
#: - WWMR-DB: eight ways to wear a mask, in full and as `MRCW`, `MRNW` and so on.
_KNOWN: dict[Label | OtherWord, str] = {
    Label.WITH_MASK: """
        with_mask, mask, masked, face_mask, face_nask, masked_face, face_masked, face_with_mask,
        with_face_mask, with_a_mask, wearing_mask, wearing_a_mask, mask_wearing, mask_on, correct_mask,
        mask_correct, correctly_masked, correctly_masked_face, with_mask_correct, mask_worn_correctly,
        mask_correctly_worn, mask_weared_correct, mask_weared_correctly, mask_worn_correct, proper_mask,
        properly_masked, AFDB_masked_face_dataset, masked_face_dataset, CMFD, CWM, MRCW,
        mask_or_respirator_correctly_worn
    """,
    Label.WITHOUT_MASK: """
        without_mask, no_mask, non_mask, un_mask, unmasked, not_masked, without_a_mask, without_face_mask,
        no_face_mask, withou_mask, face, unmasked_face, face_no_mask, face_without_mask, face_unmasked,
        bare_face, not_wearing_mask, not_wearing_a_mask, no_mask_worn, mask_not_worn, AFDB_face_dataset,
        MRNW, mask_or_respirator_not_worn
    """,
    Label.INCORRECT: """
        incorrect, incorrectly, incorrect_mask, mask_incorrect, mask_incorrectly, wrong_mask, mask_wrong,
        bad_mask, improper_mask, mask_improper, improperly_masked, mask_worn_improperly,
        mask_weared_incorrect, mask_weared_incorrectly, mask_weared_incorrecly, mask_weared_incorect,
        mask_wear_incorrect, mask_wearing_incorrect, mask_worn_incorrect, mask_worn_incorrectly,
        mask_incorrectly_worn, wearing_mask_incorrectly, incorrectly_worn, incorrectly_worn_mask,
        incorrectly_masked, incorrect_masked_face, incorrectly_masked_face, face_with_mask_incorrect,
        face_with_mask_incorrectly, face_with_incorrect_mask, with_mask_incorrect, with_mask_incorrectly,
        with_incorrect_mask, IMFD, IWM, mask_chin, mask_mouth_chin, mask_nose_mouth, mask_under_nose,
        mask_under_the_nose, mask_under_chin, mask_under_the_chin, mask_on_the_tip_of_the_nose,
        mask_on_the_forehead, mask_hanging_from_an_ear, mask_folded_above_the_chin,
        mask_or_respirator_under_the_nose, mask_or_respirator_under_the_chin,
        mask_or_respirator_on_the_tip_of_the_nose, mask_or_respirator_on_the_forehead,
        mask_or_respirator_hanging_from_an_ear, mask_or_respirator_folded_above_the_chin, MRNN, MRNC, MRTN,
        MRFH, MRHN, MSFC
    """,
    Label.NOT_A_FACE: "not_a_face, no_real_face",
    OtherWord.UNLABELLED: "unlabelled, unlabeled, indeterminate",
    OtherWord.IGNORED: """
        ignore, ignored, invalid_face, mask_surgical, mask_colorful, face_shield, gas_mask,
        balaclava_ski_mask, eyeglasses, sunglasses, goggles, hair_net, hijab_niqab, scarf_bandana, turban
    """,
}
#: Names of folders whose photos show no face.
_WITHOUT_FACES = (
    "negatives, negative, no_face, no_faces, without_face, without_faces, background, backgrounds"
)
#: In the order in which prefixes are tried: `without_mask` before `with_mask`.
_BEGINNINGS = (Label.WITHOUT_MASK, Label.WITH_MASK, Label.INCORRECT, Label.NOT_A_FACE)
#: Words after `with_mask` that say how it is worn, not its kind; such a name is unknown unless listed.
_WORN_BADLY = frozenset(
    (
        "incorrect", "incorrectly", "wrong", "wrongly", "improper", "improperly", "bad", "badly", "partial",
        "partially", "half", "below", "under", "off", "not", "no", "without", "chin", "nose", "mouth",
    )
)  # fmt: skip
_LONGEST_KIND = 40
#: Longer names are no words of labels.
LONGEST_WORD = 100


class LabelWords:
    """Reads the words of one set: the meanings that its user gave come first, then the known ones."""

    def __init__(self, given: Mapping[str, Label | OtherWord] | None = None) -> None:
        self._given_words = tuple(given or ())
        self._given = {_squeezed(word): meaning for word, meaning in (given or {}).items()}

    def read_word(self, word: str) -> LabelWord | OtherWord | None:
        """The meaning of the name of a box, a class or a folder; None if the name is unknown.

        Text after the label is the kind of mask: `with_mask_n95_mask` gives `n95_mask`.
        """
        meaning = self._given.get(_squeezed(word)) or _MEANINGS.get(_squeezed(word))
        if isinstance(meaning, Label):
            return LabelWord(label=meaning)
        return meaning or _read_beginning(_plain(word))

    def means_in_folder(self, name: str) -> LabelWord | OtherWord | None:
        """The meaning of a folder's name for its photos: a label, or something else if the user said so."""
        return self.read_label(name) or self._given_other(name)

    def list_unused(self, found: Iterable[str]) -> list[str]:
        """The words that the user gave a meaning to, and that are none of the words found in the set."""
        known = {_squeezed(word) for word in found}
        return [word for word in self._given_words if _squeezed(word) not in known]

    def _given_other(self, word: str) -> OtherWord | None:
        meaning = self._given.get(_squeezed(word))
        return meaning if isinstance(meaning, OtherWord) else None

    def read_label(self, word: str) -> LabelWord | None:
        """The label that a name means; None if it is unknown or means something else."""
        meaning = self.read_word(word)
        return meaning if isinstance(meaning, LabelWord) else None


def read_word(word: str) -> LabelWord | OtherWord | None:
    """What the word of an annotated object means, without a mapping of the user; None if it is unknown."""
    return _KNOWN_WORDS.read_word(word)


def read_label(word: str) -> LabelWord | None:
    """The label named by a folder or a box; None if the name is unknown."""
    return _KNOWN_WORDS.read_label(word)


def says_no_face(word: str) -> bool:
    """True if a folder of this name holds photos without faces."""
    return _squeezed(word) in _NO_FACE


def parse_meanings(lines: Iterable[str]) -> dict[str, Label | OtherWord]:
    """Read `WORD=LABEL` as given on a command line; raises InputError label_word_invalid."""
    given = {}
    for line in lines:
        word, sign, meaning = (part.strip() for part in line.rpartition("="))
        if not sign:
            raise InputError("label_word_invalid", f"{line!r} must be WORD=LABEL, as in scarf=without_mask.")
        given[word] = parse_meaning(word, meaning)
    return given


def parse_meaning(word: str, meaning: str) -> Label | OtherWord:
    """The meaning that a user gave to a word; raises InputError label_word_invalid."""
    if not _squeezed(word) or len(word) > LONGEST_WORD:
        raise InputError("label_word_invalid", f"{word[:LONGEST_WORD]!r} is not the word of a label.")
    if _plain(meaning) not in MEANINGS:
        known = ", ".join(MEANINGS)
        raise InputError("label_word_invalid", f"{word!r} can mean {known}, but not {meaning!r}.")
    return MEANINGS[_plain(meaning)]


def _read_beginning(plain: str) -> LabelWord | None:
    """A label followed by more words; after `with_mask` they are the kind of mask."""
    for label in _BEGINNINGS:
        rest = plain.removeprefix(f"{label}_")
        if rest == plain or not rest:
            continue
        if label is not Label.WITH_MASK:
            return LabelWord(label=label)
        if not _WORN_BADLY.isdisjoint(rest.split("_")):
            return None
        return LabelWord(label=Label.WITH_MASK, mask_kind=rest[:_LONGEST_KIND])
    return None


def _plain(word: str) -> str:
    """The name in snake case: `WithMask`, `with mask` and `with-mask` become `with_mask`."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", unicodedata.normalize("NFKC", word).strip())
    return re.sub(r"[\W_]+", "_", apart.casefold()).strip("_")


def _squeezed(word: str) -> str:
    """The name as one word, since the same name is written `no mask`, `No-Mask` and `nomask`."""
    return _plain(word).replace("_", "")


def _each(words: str) -> list[str]:
    return [_squeezed(word) for word in words.split(",")]


_MEANINGS = {word: meaning for meaning, words in _KNOWN.items() for word in _each(words)}
_NO_FACE = frozenset(_each(_WITHOUT_FACES))
_KNOWN_WORDS = LabelWords()
