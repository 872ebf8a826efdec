"""Slices of a test set."""

from core.datasets.labelled_face import LabelledFace
from core.detection.face import Box
from core.evaluation.slices import list_slices
from models import Label, SourceKind, Split


def test_slices_by_size_blur_source_and_mask_kind() -> None:
    def face(size: float, blur: float | None, source: str, kind: str | None) -> LabelledFace:
        return LabelledFace(
            face_id=1,
            photo_id=1,
            photo_sha256="",
            box=Box(x1=0, y1=0, x2=size, y2=size),
            landmarks=(),
            score=1,
            detector_key="drawn",
            label=Label.WITH_MASK,
            split=Split.TEST,
            blur=blur,
            source_kind=SourceKind.FOLDER,
            source=source,
            mask_kind=kind,
        )

    faces = [face(20, 10, "a", None), face(40, 900, "a", "cloth"), face(200, None, "b", "n95")]
    found = {(each.by, each.name): each.chosen.tolist() for each in list_slices(faces)}
    assert found == {
        ("size", "32 px and more"): [False, True, True],
        ("size", "16 to 32 px"): [True, False, False],
        ("size", "32 to 64 px"): [False, True, False],
        ("size", "128 px and more"): [False, False, True],
        ("blur", "very blurred"): [True, False, False],
        ("blur", "sharp"): [False, True, False],
        ("source", "a"): [True, True, False],
        ("source", "b"): [False, False, True],
        ("mask kind", "cloth"): [False, True, False],
        ("mask kind", "n95"): [False, False, True],
    }
