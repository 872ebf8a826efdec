"""Preview an import: what a set holds and how it would be read, before anything is written."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from core.datasets.importing.formats.set_files import SetFiles
from core.datasets.importing.labelling import INCOMPLETE, SetLabels
from core.datasets.importing.summary import LeftOut, explain_skipped
from core.datasets.importing.truth import LABEL_UNKNOWN, Truth
from core.datasets.importing.words import WordCount
from core.detection.face import Box
from core.errors import InputError
from core.labels.annotation import ObjectProblem
from core.library.files.folder import WalkTally
from core.library.files.names import display_name
from core.library.pictures.peek import Peek, peek_jpeg
from core.predict.listing.photos import ListedPhoto
from models import Split

#: Photos that are shown with their boxes.
SHOWN = 5
#: Codes of photos whose annotation may stand in what was left unread of a set.
_PERHAPS_UNREAD = frozenset((LABEL_UNKNOWN, INCOMPLETE, "annotation_ambiguous"))
_MOST_PHOTO_BYTES = 64 * 2**20
_LEFT_OUT = "left-out"


@dataclass(frozen=True, kw_only=True)
class ShownBox:
    """A box in shares of the upright photo, with its label or why it is left out."""

    x: float
    y: float
    width: float
    height: float
    text: str
    #: How it is drawn: as the label, as `not_labelled`, or as `left-out`.
    mark: str

    @property
    def is_left_out(self) -> bool:
        """Whether the import would not take it."""
        return self.mark == _LEFT_OUT


@dataclass(frozen=True, kw_only=True)
class ShownPhoto:
    """A photo of the set with its boxes; `picture` is None where it cannot be read."""

    name: str
    boxes: tuple[ShownBox, ...]
    #: The label of the photo as a whole.
    label: str
    split: str
    picture: Peek | None

    @property
    def counts(self) -> Mapping[str, int]:
        """Boxes by what they are, the most frequent first."""
        return dict(Counter(box.text for box in self.boxes).most_common())


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What an import would read."""

    format: str
    sentences: tuple[str, ...]
    #: Photos found, and those with labels or boxes.
    photos: int
    labelled: int
    boxes: int
    words: tuple[WordCount, ...]
    #: Photos that would be skipped, by code; and objects left out.
    skipped: dict[str, int]
    left_out: tuple[LeftOut, ...]
    #: Photos by the split that the set gives them, "none" for those without; empty where none is kept.
    splits: dict[str, int]
    #: What of the files cannot be read as it is, what is skipped, and annotations that fit no photo.
    problems: tuple[str, ...]
    unused: int
    #: Whether time ended before the set did.
    is_partial: bool
    shown: tuple[ShownPhoto, ...]

    @property
    def skipped_words(self) -> list[tuple[str, int]]:
        """Photos that would be skipped, by reason in words, the most frequent first."""
        by_count = sorted(self.skipped.items(), key=lambda each: -each[1])
        return [(explain_skipped(code), count) for code, count in by_count]


class _Counts:
    """Sums of the photos seen so far."""

    def __init__(self) -> None:
        self.photos = self.labelled = self.boxes = 0
        self.skipped: Counter[str] = Counter()
        self.left_out: Counter[tuple[ObjectProblem, str]] = Counter()
        self.splits: Counter[str] = Counter()
        self.candidates: list[tuple[bytes, Truth]] = []
        self._words_shown: set[str] = set()

    def add(self, listed: ListedPhoto) -> None:
        """Count one photo that was labelled, and keep some to show: those with a label that is new first."""
        self.photos += 1
        if listed.truth is None:
            self.skipped[listed.error_code or "label_unknown"] += 1
            return
        truth = Truth.from_json(listed.truth)
        self.left_out.update((each.problem, each.word) for each in truth.dropped)
        self.splits[truth.split.value if truth.split else "none"] += 1
        if truth.is_unusable:
            self.skipped["no_usable_box"] += 1
        self.labelled += not truth.is_unusable
        self.boxes += len(truth.boxes) + len(truth.unlabelled)
        labels = {each.label.value for each in truth.boxes} | ({truth.label.value} if truth.label else set())
        if labels - self._words_shown or len(self.candidates) < SHOWN:
            self._words_shown |= labels
            self.candidates.insert(0 if labels else len(self.candidates), (listed.locator, truth))
            del self.candidates[SHOWN * 4 :]


def preview_set(labels: SetLabels, *, seconds: float | None = None) -> Preview:
    """Read the labels of a set without its photos, but for a few that are shown; writes nothing.

    Ends after so many seconds, and then is of the first photos only; of a set that was opened in part, it is
    of the photos whose annotations were read. Raises as `walk_photos` does.
    """
    files, ends = labels.labelled.files, None if seconds is None else time.monotonic() + seconds
    counts, is_partial = _Counts(), labels.is_partial
    tally = WalkTally()
    for photo, error in files.list_photos(tally):
        if ends is not None and time.monotonic() > ends:
            is_partial = True
            break
        listed = labels.label(ListedPhoto(locator=photo, error_code=error))
        if not (labels.is_partial and listed.error_code in _PERHAPS_UNREAD):
            counts.add(listed)
    words = sorted(labels.tally.take(), key=lambda each: (each.meaning is not None, -each.count, each.word))
    set_ = labels.labelled
    splits = dict(counts.splits) if set(counts.splits) & {each.value for each in Split} else {}
    return Preview(
        format=set_.recognition.format.value,
        sentences=tuple(set_.recognition.sentences),
        photos=counts.photos,
        labelled=counts.labelled,
        boxes=counts.boxes,
        words=tuple(words),
        skipped=dict(counts.skipped),
        left_out=tuple(
            LeftOut(problem=problem, word=word, objects=count)
            for (problem, word), count in counts.left_out.most_common()
        ),
        splits=splits,
        problems=(*set_.problems.sentences(), *tally.skipped.sentences()),
        unused=0 if is_partial else len(set_.index.unused),
        is_partial=is_partial,
        shown=tuple(_show(files, photo, truth) for photo, truth in counts.candidates[:SHOWN]),
    )


def _show(files: SetFiles, photo: bytes, truth: Truth) -> ShownPhoto:
    picture = _picture(files, photo)
    size = (picture.width, picture.height) if picture is not None else None
    return ShownPhoto(
        name=display_name(photo),
        boxes=tuple(_shown_boxes(truth, size)),
        label=truth.label.words if truth.label is not None else "",
        split=truth.split.value if truth.split is not None else "",
        picture=picture,
    )


def _picture(files: SetFiles, photo: bytes) -> Peek | None:
    try:
        with closing(files.open_photo(photo)) as stream:
            return peek_jpeg(stream.read(_MOST_PHOTO_BYTES))
    except InputError:
        return None


def _shown_boxes(truth: Truth, size: tuple[int, int] | None) -> Sequence[ShownBox]:
    """The boxes of a photo in shares; none where neither file nor photo tells the size of the picture."""
    across, down = (1, 1) if truth.is_relative else (truth.frame or size or (0, 0))
    if not across or not down:
        return ()
    said = [(each.box, each.label.words, each.label.value) for each in truth.boxes]
    said += [(box, "face without a label", "not_labelled") for box in truth.unlabelled]
    said += [
        (each.box, f"left out: {each.word}", _LEFT_OUT) for each in truth.dropped if each.box is not None
    ]
    return [_shown_box(box, text, mark, across, down) for box, text, mark in said]


def _shown_box(box: Box, text: str, mark: str, across: int, down: int) -> ShownBox:
    return ShownBox(
        x=box.x1 / across,
        y=box.y1 / down,
        width=box.width / across,
        height=box.height / down,
        text=text,
        mark=mark,
    )
