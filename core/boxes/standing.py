"""Which faces of a photo stand: people's word first, then the newest detector's."""

from collections.abc import Callable, Sequence

from core.boxes.face import FaceStanding, PhotoFace
from core.detection.geometry import SAME_FACE, overlap
from models import Label

#: A face that no classifier has seen stands where its detector is this sure.
SURE_SCORE = 0.6


def judge_faces(faces: Sequence[PhotoFace], *, photo_is_boxed: bool) -> dict[int, FaceStanding]:
    """The standing of every face of one photo, by face id.

    Boxes that people drew, accepted or took away are what they said. What a detector found comes after
    them, labelled faces first, then those of the newest detector; of two detectors' boxes over the same
    face the later one is hidden, so that a face that was taken away does not come back by another detector.
    """
    standings: dict[int, FaceStanding] = {}
    before: list[PhotoFace] = []
    for face in sorted(faces, key=_rank(faces)):
        said = face.boxed or face.taken_away
        copy = not said and any(_is_copy(face, other) for other in before)
        standings[face.face_id] = FaceStanding.HIDDEN if copy else _of(face, photo_is_boxed)
        # A drawn box that was undone or taken away leaves what it covered as it was.
        if not copy and not (face.drawn and face.taken_away):
            before.append(face)
    return standings


def _of(face: PhotoFace, photo_is_boxed: bool) -> FaceStanding:
    if face.taken_away:
        return FaceStanding.HIDDEN
    if face.label is Label.NOT_A_FACE:
        return FaceStanding.NOT_A_FACE
    if face.boxed or face.label is not None:
        return FaceStanding.STANDS
    sure = face.score >= SURE_SCORE if face.predicted is None else face.predicted is not Label.NOT_A_FACE
    return FaceStanding.STANDS if sure and not photo_is_boxed else FaceStanding.PROPOSED


def _is_copy(face: PhotoFace, other: PhotoFace) -> bool:
    return face.detector_key != other.detector_key and overlap(face, other) >= SAME_FACE


def _rank(faces: Sequence[PhotoFace]) -> Callable[[PhotoFace], tuple[int, int, int]]:
    newest: dict[str, int] = {}
    for face in faces:
        newest[face.detector_key] = max(face.face_id, newest.get(face.detector_key, 0))

    def rank(face: PhotoFace) -> tuple[int, int, int]:
        said = 0 if face.boxed or face.taken_away else 1 if face.label is not None else 2
        return said, -newest[face.detector_key], face.face_id

    return rank
