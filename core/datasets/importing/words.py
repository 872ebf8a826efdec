"""Count the words that a set uses for labels, and how each was read."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from core.labels.label_words import LONGEST_WORD, LabelWords, OtherWord, says_no_face
from core.number_text import plural
from models import Label

#: Meaning of a folder whose photos show no face.
NO_FACE = "no_face"
_UNKNOWN = "unknown"
#: Prefixes of `ImportCount.what`, before the meaning: names of folders count photos, words count objects.
_IN_FOLDER, _IN_OBJECTS = "folder", "object"


@dataclass(frozen=True, kw_only=True)
class WordCount:
    """A word of a set, as the set writes it, and how often it occurs."""

    word: str
    #: Whether it is the name of a folder; then `count` counts photos, else annotated objects.
    in_folder: bool
    #: What it was read as: a value of `Label` or `OtherWord`, `no_face`, or None if it is unknown.
    meaning: str | None
    count: int

    @property
    def what(self) -> str:
        """The value of `ImportCount.what`."""
        return f"{_IN_FOLDER if self.in_folder else _IN_OBJECTS}:{self.meaning or _UNKNOWN}"

    @property
    def counted(self) -> str:
        """The number with its unit."""
        return plural(self.count, "photo" if self.in_folder else "object")

    @property
    def meaning_words(self) -> str:
        """What it was read as, in words."""
        return spell_meaning(self.meaning)

    @classmethod
    def find(cls, what: str, word: str, amount: int) -> Self | None:
        """Read a row of `ImportCount`; None if it counts something else."""
        place, sign, meaning = what.partition(":")
        if not sign:
            return None
        known = None if meaning == _UNKNOWN else meaning
        return cls(word=word, in_folder=place == _IN_FOLDER, meaning=known, count=amount)


class WordTally:
    """Counts the words of a set while it is listed."""

    def __init__(self, words: LabelWords) -> None:
        self._words = words
        self._counts: Counter[tuple[bool, str]] = Counter()

    def add_objects(self, words: Iterable[str]) -> None:
        """Count the words of a photo's annotated objects."""
        self._counts.update((False, _kept(word)) for word in words if word.strip())

    def add_folder(self, name: str) -> None:
        """Count a photo by the folder that says its label, or should."""
        self._counts[True, _kept(name)] += 1

    def take(self) -> list[WordCount]:
        """The counts since the last call."""
        taken, self._counts = self._counts, Counter()
        return [
            WordCount(word=word, in_folder=in_folder, meaning=self._meaning(word, in_folder), count=count)
            for (in_folder, word), count in taken.items()
        ]

    def _meaning(self, word: str, in_folder: bool) -> str | None:
        meaning = self._words.means_in_folder(word) if in_folder else self._words.read_word(word)
        if meaning is None:
            return NO_FACE if in_folder and says_no_face(word) else None
        return meaning.value if isinstance(meaning, OtherWord) else meaning.label.value


def _kept(word: str) -> str:
    return word.strip().replace("\0", "")[:LONGEST_WORD]


def spell_meaning(meaning: str | None) -> str:
    """A meaning in words, for people."""
    if meaning is None:
        return "unknown"
    others = {
        OtherWord.UNLABELLED.value: "face without a label",
        OtherWord.IGNORED.value: "left out",
        NO_FACE: "photo without a face",
    }
    return others.get(meaning) or Label(meaning).words
