"""Where the annotation of a photo may lie, and what the folders it is in say of it."""

from collections.abc import Iterator

from core.datasets.importing.annotation import SUFFIX
from core.datasets.importing.truth import Truth
from core.labels.label_words import read_label, says_no_face

_PHOTO_FOLDERS = (b"images", b"JPEGImages", b"image", b"photos", b"imgs")
_ANNOTATION_FOLDERS = (b"annotations", b"Annotations", b"labels", b"xml", b"xmls")


def annotation_places(photo: bytes) -> Iterator[bytes]:
    """Relative paths where the annotation of a photo is looked for, the nearest first.

    Beside the photo; in a folder of annotations in its folder, or in place of its folder of photos.
    """
    stem = photo.rpartition(b".")[0]
    yield stem + SUFFIX
    *folders, name = stem.split(b"/")
    for inner in _ANNOTATION_FOLDERS:
        yield b"/".join([*folders, inner, name]) + SUFFIX
        for at, folder in enumerate(folders):
            if folder in _PHOTO_FOLDERS:
                yield b"/".join([*folders[:at], inner, *folders[at + 1 :], name]) + SUFFIX


def folder_truth(photo: bytes, root_name: str) -> Truth | None:
    """What the innermost folder that is named by a label says; None where none is."""
    folders = [part.decode("utf-8", "replace") for part in photo.split(b"/")[:-1]]
    for folder in [*reversed(folders), root_name]:
        word = read_label(folder)
        if word is not None:
            return Truth(label=word.label, mask_kind=word.mask_kind)
        if says_no_face(folder):
            return Truth()
    return None
