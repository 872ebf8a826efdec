"""What an import left out, assumed and found: the sums that its page and the command show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.datasets.importing.truth import LABEL_UNKNOWN, PROBLEM_WORDS
from core.datasets.importing.words import WordCount
from core.labels.annotation import ObjectProblem
from core.number_text import plural
from core.predict.listing.photos import refusal_message
from models import Label

#: From this number on, shares of boxes and detections say something about the whole set.
_ENOUGH = 20
#: Boxes that meet fewer of the detected faces than this share probably belong to other pictures.
_FEW = 0.2
#: More detections without a box than this share contradict that all faces are boxed.
_MANY = 0.1


class Counted(StrEnum):
    """Sums of an import besides the objects that it left out; values of `ImportCount.what`."""

    #: Detections taken for no face, because the set has no box there.
    ASSUMED = "assumed"
    #: Labels that an earlier import added, and that are not added again.
    KNOWN = "known"
    #: Labels of detections without a box of an earlier import that this one does not repeat.
    TAKEN_BACK = "taken_back"
    #: Detections without a box above the score of 0.6, although the set says that all faces are boxed.
    LIKELY_FACES = "likely_faces"
    #: Boxes that meet a detected face, and how many could at most.
    MET = "met"
    POSSIBLE = "possible"
    PHOTOS_SCALED = "photos_scaled"
    PHOTOS_TURNED = "photos_turned"
    UNUSED_ANNOTATIONS = "annotations_unused"


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """How many objects with one word were left out for one reason."""

    problem: ObjectProblem
    word: str
    objects: int

    @property
    def reason(self) -> str:
        """The problem in words."""
        return PROBLEM_WORDS[self.problem]


@dataclass(frozen=True, kw_only=True)
class ImportSummary:
    """The sums of one import job."""

    #: The most frequent first.
    left_out: tuple[LeftOut, ...]
    counts: dict[Counted, int]
    #: The words of the set, unknown ones first, then the most frequent first.
    words: tuple[WordCount, ...] = ()

    @property
    def unknown_words(self) -> tuple[WordCount, ...]:
        """Words that name no known label."""
        return tuple(each for each in self.words if each.meaning is None)

    @property
    def unused_annotations(self) -> int:
        """Annotation files that fit no photo."""
        return self.counts.get(Counted.UNUSED_ANNOTATIONS, 0)

    @property
    def objects_left_out(self) -> int:
        """All objects that were left out."""
        return sum(each.objects for each in self.left_out)

    @property
    def assumed(self) -> int:
        """Detections taken for no face."""
        return self.counts.get(Counted.ASSUMED, 0)

    @property
    def known(self) -> int:
        """Labels that an earlier import added, so that this one added none."""
        return self.counts.get(Counted.KNOWN, 0)

    @property
    def taken_back(self) -> int:
        """Labels that an earlier import assumed and this one took back."""
        return self.counts.get(Counted.TAKEN_BACK, 0)

    @property
    def likely_faces(self) -> int:
        """Detections that are probably faces without a box."""
        return self.counts.get(Counted.LIKELY_FACES, 0)

    @property
    def warnings(self) -> list[str]:
        """What makes the set doubtful, each in a sentence."""
        met, possible = self.counts.get(Counted.MET, 0), self.counts.get(Counted.POSSIBLE, 0)
        found = []
        if possible >= _ENOUGH and met < _FEW * possible:
            question = "Do the annotations belong to these photos?"
            found.append(f"Only {met:,} of {possible:,} boxes meet a detected face. {question}")
        if self.likely_faces >= _ENOUGH and self.likely_faces > _MANY * (met + self.likely_faces):
            found.append(
                f"{self.likely_faces:,} detections above a score of 0.6 have no box, although the set says "
                "that all faces have one. They are probably faces, and so may those labelled “not a face” be."
            )
        if self._names_only_faces:
            found.append(
                "The only word of the set is “face”, which was read as without mask. If it names any face, "
                "import the set with face=unlabelled instead."
            )
        return found

    @property
    def _names_only_faces(self) -> bool:
        """Whether the set has no word for a mask, so that its `face` may be of any face."""
        labelled = [each for each in self.words if each.meaning in list(Label)]
        return bool(labelled) and all(
            each.word.casefold() == "face" and each.meaning == Label.WITHOUT_MASK for each in labelled
        )

    @property
    def fitted(self) -> list[tuple[str, int]]:
        """What was done to boxes of another picture size, and in how many photos."""
        words = {
            Counted.PHOTOS_SCALED: "Boxes scaled to the size of the photo",
            Counted.PHOTOS_TURNED: "Boxes turned as EXIF turns the photo",
        }
        return [(text, self.counts[what]) for what, text in words.items() if self.counts.get(what)]


#: Why a photo was not imported, by the code of its row; other codes are of files that cannot be read.
_SKIPPED = {
    LABEL_UNKNOWN: "no annotation, no folder named after a label",
    "label_ignored": "left out by choice",
    "bad_annotation": "annotation cannot be read",
    "annotation_ambiguous": "annotation is not unique",
    "annotation_incomplete": "annotation file is damaged, boxes may be missing",
    "annotation_size": "annotation of another size",
    "annotation_turn": "annotation turned another way",
    "no_usable_box": "no object can be used",
}
#: Words in a message; the page of the job and the command list more.
_WORDS_NAMED = 10


def explain_skipped(code: str | None) -> str:
    """Why photos with this error were not imported, in words."""
    return f"{_SKIPPED.get(code or '') or _why_unread(code or '')} ({code})"


def _why_unread(code: str) -> str:
    """The message of a listing as a part of a sentence."""
    try:
        message = refusal_message(code)
    except KeyError:
        return "could not be read"
    return message[:1].lower() + message[1:].rstrip(".")


def explain_no_labels(failed: Mapping[str | None, int], unknown: Sequence[WordCount]) -> str:
    """Why no photo of a set has a label: photos by cause, and the words that are unknown."""
    causes = "; ".join(
        f"{plural(count, 'photo')}: {explain_skipped(code)}"
        for code, count in sorted(failed.items(), key=lambda each: -each[1])
    )
    words = ", ".join(f"{each.word!r} ({each.counted})" for each in unknown[:_WORDS_NAMED])
    more = f" and {len(unknown) - _WORDS_NAMED:,} more" if len(unknown) > _WORDS_NAMED else ""
    hint = f" Unknown words: {words}{more}. Say what they mean, and import again." if unknown else ""
    return f"No photo of the set has a label. {causes}.{hint}"
