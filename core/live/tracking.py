"""Follow faces from frame to frame: steady boxes, steady labels, each face counted once."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from core.detection.face import Box, FoundFace, Probabilities, highest, overlaps
from core.labels.shown_label import ShownLabel, shown_label
from models.label import Label

#: Least IoU of the boxes of one face in consecutive frames.
SAME_OVERLAP = 0.2
#: Frames in which a face must be found before it is shown and counted, against false alarms.
CONFIRMED_HITS = 2
#: A face unseen for so long is no longer drawn, and unseen for so long it is gone.
SHOWN_SECONDS = 0.35
KEPT_SECONDS = 1.0
#: A face is gone after this many frames without it, even if frames are slow.
KEPT_FRAMES = 3
#: Length in frames of the moving average of probabilities.
MEAN_FRAMES = 10
#: Share of the way that a nearly still box follows; a box that moves by its own size follows at once.
STILL_FOLLOW, MOVING_FOLLOW = 0.3, 4.0
#: The default of predict jobs.
INDETERMINATE_BELOW = 0.6

#: Most faces classified in one frame, least recently classified first, so that a crowd takes no longer than
#: a few people do.
MOST_LABELLED = 4

Classify = Callable[[Sequence[FoundFace]], Sequence[Probabilities]]


@dataclass(frozen=True, kw_only=True)
class Track:
    """One face over several frames."""

    #: 1, 2, 3 ... in order of appearance; never reused.
    number: int
    #: The smoothed box to draw, and the last found one; in pixels of the frame.
    box: Box
    found: Box
    #: Number of frames in which it was found, and the time of the last one.
    hits: int
    seen_at: float
    #: Frames since then.
    missed: int = 0
    #: Averages in the order of `Label`, over how many classifications, and the time of the last one.
    probabilities: Probabilities = ()
    classifications: int = 0
    classified_at: float = -math.inf

    @property
    def confidence(self) -> float:
        """Probability of the best label; 0 before the first classification."""
        return highest(self.probabilities) if self.probabilities else 0.0

    @property
    def label(self) -> ShownLabel | None:
        """The label to show; None for `not_a_face` and before it is confirmed."""
        if self.hits < CONFIRMED_HITS or not self.classifications:
            return None
        likeliest = list(Label)[self.probabilities.index(self.confidence)]
        return shown_label(likeliest, self.confidence, INDETERMINATE_BELOW)


class Tracker:
    """The faces of one camera.

    Times are those of whoever calls `update`. Between two frames the tracker may go to another process and
    back, as JSON: any live process can look at the next frame.
    """

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._gone: Counter[ShownLabel] = Counter()
        self._given = 0

    def update(self, faces: Sequence[FoundFace], classify: Classify, now: float) -> list[Track]:
        """Update the tracks with one frame at time `now` in seconds; returns the faces to draw."""
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
        """Number of faces so far by label; a face that comes back counts again."""
        present = Counter(track.label for track in self._tracks if track.label is not None)
        return {label: self._gone[label] + present[label] for label in ShownLabel}

    def to_fields(self) -> dict[str, Any]:
        """Everything that the next frame needs, as JSON takes it."""
        tracks = [_track_to_fields(track) for track in self._tracks]
        return {"tracks": tracks, "gone": self._gone, "given": self._given}

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        """Read what `to_fields` gave."""
        tracker = cls()
        tracker._tracks = [_track_from_fields(track) for track in fields["tracks"]]
        tracker._gone = Counter({ShownLabel(name): number for name, number in fields["gone"].items()})
        tracker._given = fields["given"]
        return tracker

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


def _track_to_fields(track: Track) -> dict[str, Any]:
    return {
        **vars(track),
        "box": [round(side, 3) for side in _corners(track.box)],
        "found": [round(side, 3) for side in _corners(track.found)],
        # JSON has no infinity.
        "classified_at": track.classified_at if track.classifications else None,
    }


def _track_from_fields(given: Mapping[str, Any]) -> Track:
    box, found = (_box(given[name]) for name in ("box", "found"))
    classified_at = -math.inf if given["classified_at"] is None else given["classified_at"]
    probabilities = tuple(given["probabilities"])
    changed = {"box": box, "found": found, "classified_at": classified_at, "probabilities": probabilities}
    return Track(**{**given, **changed})


def _pairs(tracks: Sequence[Track], faces: Sequence[FoundFace]) -> dict[int, int]:
    """Match faces to tracks greedily by IoU; returns the index of the face by index of the track."""
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
    """The tracks with new probabilities for the faces that were classified in this frame."""
    turns = sorted(range(len(tracks)), key=lambda at: tracks[at].classified_at)[:MOST_LABELLED]
    classified = dict(zip(turns, classify([faces[at] for at in turns]), strict=True)) if turns else {}
    return [
        _update_probabilities(track, classified[at], now) if at in classified else track
        for at, track in enumerate(tracks)
    ]


def _update_probabilities(track: Track, classified: Probabilities, now: float) -> Track:
    classifications = track.classifications + 1
    weight = 1 / min(classifications, MEAN_FRAMES)
    before = track.probabilities or classified
    averages = tuple(
        None if mean is None or value is None else mean + weight * (value - mean)
        for mean, value in zip(before, classified, strict=True)
    )
    return replace(
        track,
        probabilities=averages,
        classifications=classifications,
        classified_at=now,
    )


def _smooth(drawn: Box, found: Box) -> Box:
    """Move the drawn box towards the found one: slowly for jitter, at once for a real movement."""
    before, after = np.array(_corners(drawn)), np.array(_corners(found))
    size = (found.width * found.height) ** 0.5
    follow = min(1.0, STILL_FOLLOW + MOVING_FOLLOW * float(np.abs(after - before).max()) / size)
    return _box((before + follow * (after - before)).tolist())


def _corners(box: Box) -> tuple[float, float, float, float]:
    return box.x1, box.y1, box.x2, box.y2


def _box(corners: Sequence[float]) -> Box:
    x1, y1, x2, y2 = corners
    return Box(x1=x1, y1=y1, x2=x2, y2=y2)
