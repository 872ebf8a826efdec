"""Photos of a set get their labels from annotations and folders; every word is counted as it was read."""

import zipfile
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest

from core.datasets.importing.formats.opening import open_set
from core.datasets.importing.formats.record import SetFormat
from core.datasets.importing.formats.set_files import SetFiles, folder_files, upload_files
from core.datasets.importing.labelling import SetLabels
from core.datasets.importing.truth import Truth
from core.errors import InputError
from core.labels.label_words import LabelWords, parse_meanings
from core.library.files.store import PhotoStore
from core.predict.listing.photos import ListedPhoto, UploadedFile
from models import Label
from tests.imported_set import voc

BOX = (1, 2, 30, 40)


def labels_of(
    annotations: dict[str, str], *given: str, root_name: str = "set", photos: tuple[str, ...] = ()
) -> SetLabels:
    """Labels of a set with these annotation files and meanings of words."""
    openers = {path.encode(): partial(BytesIO, text.encode()) for path, text in annotations.items()}
    files = SetFiles(openers=openers, photos=lambda: iter([photo.encode() for photo in photos]))
    return SetLabels(open_set(files, SetFormat.VOC), LabelWords(parse_meanings(given)), root_name=root_name)


def counted(labels: SetLabels) -> dict[str, tuple[str | None, str]]:
    return {each.word: (each.meaning, each.counted) for each in labels.tally.take()}


@pytest.mark.parametrize(
    ("photo", "truth"),
    [
        ("with_mask/a.jpg", Truth(label=Label.WITH_MASK)),
        ("train/with_mask_n95/deep/a.jpg", Truth(label=Label.WITH_MASK, mask_kind="n95")),
        ("MaskedFace-Net/IMFD/00000/a_Mask_Chin.jpg", Truth(label=Label.INCORRECT)),
        ("AFDB_face_dataset/somebody/0.jpg", Truth(label=Label.WITHOUT_MASK)),
        ("WithMask.zip/a.jpg", Truth(label=Label.WITH_MASK)),
        ("negatives/a.jpg", Truth(all_faces_boxed=True)),
        ("a.jpg", Truth(label=Label.INCORRECT)),
        ("other/a.jpg", Truth(label=Label.INCORRECT)),
    ],
)
def test_the_innermost_folder_counts(photo: str, truth: Truth) -> None:
    assert labels_of({}, root_name="incorrect").truth_of(photo.encode()) == truth


def test_words_are_counted_as_they_were_read() -> None:
    objects = [("Mask", *BOX), ("Mask", *BOX), ("scarf", *BOX), ("invalid_face", *BOX), ("unlabelled", *BOX)]
    labels = labels_of({"a.xml": voc(*objects)}, "hat=ignore")
    for photo in (
        b"a.jpg",
        b"WithMask/b.jpg",
        b"negatives/c.jpg",
        b"people/train/images/d.jpg",
        b"hat/e.jpg",
    ):
        labels.label(ListedPhoto(locator=photo))
    assert counted(labels) == {
        "Mask": ("with_mask", "2 objects"),
        "scarf": (None, "1 object"),
        "invalid_face": ("ignore", "1 object"),
        "unlabelled": ("unlabelled", "1 object"),
        "WithMask": ("with_mask", "1 photo"),
        "negatives": ("no_face", "1 photo"),
        # Not `images` and `train`, by which nobody names a label.
        "people": (None, "1 photo"),
        "hat": ("ignore", "1 photo"),
    }
    assert counted(labels) == {}


def test_what_a_user_says_is_read() -> None:
    objects = voc(("scarf", *BOX), ("hat", *BOX), ("face", *BOX))
    labels = labels_of(
        {"a.xml": objects}, "scarf=without_mask", "hat=ignore", "face=unlabelled", "street=with_mask"
    )
    truth = labels.truth_of(b"a.jpg")
    assert [each.label for each in truth.boxes] == [Label.WITHOUT_MASK]
    assert len(truth.unlabelled) == 1
    # An object that was left out by choice is understood: the photo is not in doubt.
    assert ([each.word for each in truth.dropped], truth.has_lost_objects) == (["hat"], False)
    assert labels.truth_of(b"Street/b.jpg") == Truth(label=Label.WITH_MASK)
    # Faces of such a folder are found, but get no label.
    assert labels.truth_of(b"face/c.jpg") == Truth()
    with pytest.raises(InputError, match="'hat' was chosen to be left out") as caught:
        labels.truth_of(b"hat/d.jpg")
    assert caught.value.code == "label_ignored"


def test_every_photo_without_labels_says_its_own_cause() -> None:
    photos = ("a/1.jpg", "b/1.jpg")
    labels = labels_of(
        {"x/1.xml": voc(), "y/2.xml": voc(), "z/2.xml": voc(), "bad.xml": "<", "cvat.xml": "<annotations/>"},
        photos=photos,
    )

    def why(photo: bytes) -> tuple[str | None, str]:
        listed = labels.label(ListedPhoto(locator=photo))
        return listed.error_code, listed.error_message or ""

    assert why(b"none.jpg") == (
        "label_unknown", "The photo has no annotation, and none of its folders is named after a label.",
    )  # fmt: skip
    assert why(b"a/1.jpg")[0] == why(b"a/2.jpg")[0] == "annotation_ambiguous"
    assert "x/1.xml has the name of this photo in another folder, but 2 photos have it" in why(b"a/1.jpg")[1]
    assert "but 2 annotation files have it" in why(b"a/2.jpg")[1]
    assert why(b"bad.jpg")[0] == "bad_annotation"
    code, message = why(b"cvat.jpg")
    assert (code, "not a Pascal VOC file" in message) == ("bad_annotation", True)
    # The folder's name still tells the label.
    assert labels.truth_of(b"mask/1.jpg").label is Label.WITH_MASK


def test_a_folder_of_photos_with_annotations(tmp_path: Path) -> None:
    for name in ("images", "annotations", "with_mask"):
        (tmp_path / name).mkdir()
    (tmp_path / "annotations" / "a.xml").write_text(voc(("no_mask", 1, 2, 30, 40)))
    (tmp_path / "annotations" / "bad.xml").write_bytes(b"<")
    (tmp_path / "secret.xml").write_text(voc())
    (tmp_path / "with_mask" / "out.xml").symlink_to("/etc/hostname")
    labels = SetLabels(open_set(folder_files(tmp_path)), LabelWords(), root_name="set")

    def of(locator: bytes) -> ListedPhoto:
        return labels.label(ListedPhoto(locator=locator))

    assert of(b"images/a.jpg").truth == {"boxes": [[1.0, 2.0, 30.0, 40.0, "without_mask", None]]}
    assert of(b"images/bad.jpg").error_code == "bad_annotation"
    assert of(b"images/none.jpg").error_code == "label_unknown"
    assert of(b"with_mask/b.jpg").truth == {"label": "with_mask", "mask_kind": None}
    # A link that leads out of the folder is not followed.
    assert of(b"with_mask/out.jpg").error_code == "symlink_outside_root"


def test_uploaded_annotations_beside_photos_and_in_an_archive(tmp_path: Path) -> None:
    store = PhotoStore(tmp_path)
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("images/z.jpg", b"photo")
        archive.writestr("annotations/z.xml", voc(("mask", 1, 2, 30, 40)))
    files = []
    for name, data in (("a.xml", voc(("incorrect", 1, 2, 30, 40)).encode()), ("set.zip", packed.getvalue())):
        stored = store.put(BytesIO(data), max_bytes=10**6)
        files.append(
            UploadedFile(locator=name.encode(), sha256=stored.sha256, error_code=None, error_message=None)
        )
    set_labels = SetLabels(open_set(upload_files(files, store)), LabelWords(), root_name="")

    def labels(locator: bytes) -> list[str]:
        truth = set_labels.label(ListedPhoto(locator=locator)).truth
        assert truth is not None
        return [box[4] for box in truth["boxes"]]

    assert labels(b"a.jpg") == ["incorrect"]
    assert labels(b"set.zip/images/z.jpg") == ["with_mask"]
