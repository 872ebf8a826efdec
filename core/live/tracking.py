"""Follow faces from frame to frame: steady boxes, steady labels, each face counted once."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.detection.face import Box, FoundFace, overlaps
from core.labels.shown_label import ShownLabel, shown_label
from models.label import Label

#: A face is the same as one of the frame before where their boxes overlap so far (IoU).
SAME_OVERLAP = 0.2
#: Frames a face must be found in before it is shown and counted: what flashes up once is no face.
CONFIRMED_HITS = 2
#: A face unseen for so long is no longer drawn, and unseen for so long it is gone.
SHOWN_SECONDS = 0.35
KEPT_SECONDS = 1.0
#: However slowly frames come, a face is gone no sooner than this many frames after its last.
KEPT_FRAMES = 3
#: Frames that the mean of a face's probabilities reaches back over, roughly.
MEAN_FRAMES = 10
#: A box that hardly moves follows by this part of the way; one that moves by its own size follows at once.
STILL_FOLLOW, MOVING_FOLLOW = 0.3, 4.0
#: As in jobs unless they choose otherwise.
INDETERMINATE_BELOW = 0.6

#: Faces that are labelled anew in one frame, those first whose turn was longest ago: a crowd takes no longer
#: than a few people do.
MOST_LABELLED = 4

Probabilities = tuple[float, float, float, float]
Classify = Callable[[Sequence[FoundFace]], Sequence[Probabilities]]


@dataclass(frozen=True, kw_only=True)
class Track:
    """One face over time."""

    #: 1, 2, 3 ... in the order of coming; never given twice.
    number: int
    #: Where it is drawn, and where it was last found; in pixels of the frame.
    box: Box
    found: Box
    #: Frames in which it was found, and when it last was.
    hits: int
    seen_at: float
    #: Frames since then.
    missed: int = 0
    #: Running means in the order of `Label`; of how many frames, and when the last of them was.
    probabilities: Probabilities = (0.0, 0.0, 0.0, 0.0)
    looks: int = 0
    looked_at: float = -math.inf

    @property
    def confidence(self) -> float:
        """Probability of the likeliest label."""
        return max(self.probabilities)

    @property
    def label(self) -> ShownLabel | None:
        """What is shown; None where it is most probably no face, or not known well enough yet."""
        if self.hits < CONFIRMED_HITS or not self.looks:
            return None
        likeliest = list(Label)[self.probabilities.index(self.confidence)]
        return shown_label(likeliest, self.confidence, INDETERMINATE_BELOW)


class Tracker:
    """The faces of one camera."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._gone: Counter[ShownLabel] = Counter()
        self._given = 0

    def update(self, faces: Sequence[FoundFace], classify: Classify, now: float) -> list[Track]:
        """Take in what one frame showed at a time in seconds; the faces to draw."""
        pairs = _pairs(self._tracks, faces)
        numbers = {face: track for track, face in pairs.items()}
        seen = [
            _found_again(self._tracks[numbers[at]], face, now) if at in numbers else self._begin(face, now)
            for at, face in enumerate(faces)
        ]
        unseen = [
            replace(track, missed=track.missed + 1)
            for at, track in enumerate(self._tracks)
            if at not in pairs
        ]
        tracks = [*_labelled(seen, faces, classify, now), *unseen]
        self._tracks = [track for track in tracks if not self._is_gone(track, now)]
        return [t for t in self._tracks if t.label is not None and now - t.seen_at <= SHOWN_SECONDS]

    def counts(self) -> dict[ShownLabel, int]:
        """Faces seen so far by label, each once; a face that comes back later is another one."""
        present = Counter(track.label for track in self._tracks if track.label is not None)
        return {label: self._gone[label] + present[label] for label in ShownLabel}

    def _begin(self, face: FoundFace, now: float) -> Track:
        self._given += 1
        return Track(number=self._given, box=face.box, found=face.box, hits=1, seen_at=now)

    def _is_gone(self, track: Track, now: float) -> bool:
        kept = KEPT_SECONDS if track.hits >= CONFIRMED_HITS else SHOWN_SECONDS
        if now - track.seen_at <= kept or track.missed < KEPT_FRAMES:
            return False
        if track.label is not None:
            self._gone[track.label] += 1
        return True


def _pairs(tracks: Sequence[Track], faces: Sequence[FoundFace]) -> dict[int, int]:
    """Index of the face by index of its track, the best overlaps first."""
    if not tracks or not faces:
        return {}
    found = np.array([_corners(face.box) for face in faces])
    shared = np.stack([overlaps(np.array(_corners(track.found)), found) for track in tracks])
    pairs: dict[int, int] = {}
    for flat in np.argsort(-shared, axis=None, kind="stable"):
        track, face = divmod(int(flat), len(faces))
        if shared[track, face] < SAME_OVERLAP:
            break
        if track not in pairs and face not in pairs.values():
            pairs[track] = face
    return pairs


def _found_again(track: Track, face: FoundFace, now: float) -> Track:
    drawn = _smooth(track.box, face.box)
    return replace(track, box=drawn, found=face.box, hits=track.hits + 1, seen_at=now, missed=0)


def _labelled(
    tracks: Sequence[Track], faces: Sequence[FoundFace], classify: Classify, now: float
) -> list[Track]:
    """The tracks of these faces, those whose turn it is with the classifier's word taken in."""
    turns = sorted(range(len(tracks)), key=lambda at: tracks[at].looked_at)[:MOST_LABELLED]
    said = dict(zip(turns, classify([faces[at] for at in turns]), strict=True)) if turns else {}
    return [_with_word(track, said[at], now) if at in said else track for at, track in enumerate(tracks)]


def _with_word(track: Track, said: Probabilities, now: float) -> Track:
    looks = track.looks + 1
    weight = 1 / min(looks, MEAN_FRAMES)
    first, second, third, fourth = (
        mean + weight * (value - mean) for mean, value in zip(track.probabilities, said, strict=True)
    )
    return replace(track, probabilities=(first, second, third, fourth), looks=looks, looked_at=now)


def _smooth(drawn: Box, found: Box) -> Box:
    """From where the box is drawn towards where it was found: slowly for a tremble, at once for a step."""
    before, after = np.array(_corners(drawn)), np.array(_corners(found))
    size = (found.width * found.height) ** 0.5
    follow = min(1.0, STILL_FOLLOW + MOVING_FOLLOW * float(np.abs(after - before).max()) / size)
    x1, y1, x2, y2 = (before + follow * (after - before)).tolist()
    return Box(x1=x1, y1=y1, x2=x2, y2=y2)


def _corners(box: Box) -> tuple[float, float, float, float]:
    return box.x1, box.y1, box.x2, box.y2
