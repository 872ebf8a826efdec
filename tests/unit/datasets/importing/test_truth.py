"""The labels of a photo from its annotation or its folder, and where annotations are found."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from core.datasets.importing.annotations import annotation_paths, folder_annotations, upload_annotations
from core.datasets.importing.truth import (
    DroppedObject,
    Truth,
    folder_truth,
    label_listed,
    name_dropped,
    parse_annotation,
)
from core.detection.face import Box
from core.errors import InputError
from core.labels.annotation import LabelledBox, ObjectProblem
from core.library.files.store import PhotoStore
from core.predict.listing.photos import ListedPhoto, UploadedFile
from models import Label


def voc(*objects: tuple[str, int, int, int, int]) -> bytes:
    inner = "".join(
        f"<object><name>{name}</name><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax>"
        f"<ymax>{y2}</ymax></bndbox></object>"
        for name, x1, y1, x2, y2 in objects
    )
    return f"<annotation>{inner}</annotation>".encode()


WITH_MASK = LabelledBox(box=Box(x1=1, y1=2, x2=30, y2=40), label=Label.WITH_MASK)


def test_one_bad_object_costs_only_itself() -> None:
    """Every object that cannot be used is named, and the good ones are kept."""
    data = voc(
        ("with_mask", 30, 40, 1, 2),
        ("scarf", 5, 5, 70, 70),
        ("mask", 5, 5, 5, 70),
        ("", 5, 5, 70, 70),
        ("unlabelled", 50, 50, 70, 70),
    ).replace(b"</annotation>", b"<object><name>mask</name></object></annotation>")
    truth = parse_annotation(data)
    assert truth.boxes == (WITH_MASK,)
    assert truth.unlabelled == (Box(x1=50, y1=50, x2=70, y2=70),)
    assert [(each.word, each.problem) for each in truth.dropped] == [
        ("scarf", ObjectProblem.WORD_UNKNOWN),
        ("mask", ObjectProblem.BOX_EMPTY),
        ("", ObjectProblem.WORD_MISSING),
        ("mask", ObjectProblem.BOX_MISSING),
    ]
    assert truth.has_lost_objects and not truth.is_unusable
    assert Truth.from_json(truth.to_json()) == truth


def test_size_and_completeness_come_from_the_file() -> None:
    size = b"<size><width>640</width><height>480</height></size><all_faces_boxed>1</all_faces_boxed>"
    truth = parse_annotation(voc(("mask", 1, 2, 30, 40)).replace(b"</annotation>", size + b"</annotation>"))
    assert (truth.frame, truth.all_faces_boxed) == ((640, 480), True)
    assert Truth.from_json(truth.to_json()) == truth
    unknown = size.replace(b"640", b"0")
    assert parse_annotation(b"<annotation>" + unknown + b"</annotation>").frame is None


def test_labels_that_an_older_release_stored_are_read() -> None:
    stored = {"boxes": [[1.0, 2.0, 30.0, 40.0, "with_mask", None]]}
    assert Truth.from_json(stored) == Truth(boxes=(WITH_MASK,))


def test_dropped_objects_in_words() -> None:
    scarf = DroppedObject(word="scarf", problem=ObjectProblem.WORD_UNKNOWN)
    tiny = DroppedObject(word="with_mask", problem=ObjectProblem.BOX_TINY)
    assert (
        name_dropped((scarf, tiny, scarf))
        == "1 with a tiny box ('with_mask'), 2 with an unknown label ('scarf')"
    )


def test_an_unreadable_annotation_is_an_error() -> None:
    with pytest.raises(InputError, match="syntax") as caught:
        parse_annotation(b"no xml")
    assert caught.value.code == "bad_annotation"


def test_an_entity_bomb_is_refused() -> None:
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12))
    bomb = f'<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><annotation>&e12;</annotation>'
    with pytest.raises(InputError):
        parse_annotation(bomb.encode())


@pytest.mark.parametrize(
    ("photo", "place"),
    [
        (b"a.jpg", b"a.xml"),
        (b"a.jpg", b"annotations/a.xml"),
        (b"photos/images/a.jpg", b"photos/annotations/a.xml"),
        (b"set/JPEGImages/train/a.b.png", b"set/Annotations/train/a.b.xml"),
    ],
)
def test_places_of_annotations(photo: bytes, place: bytes) -> None:
    assert place in list(annotation_paths(photo))


@pytest.mark.parametrize(
    ("photo", "truth"),
    [
        (b"with_mask/a.jpg", Truth(label=Label.WITH_MASK)),
        (b"train/with_mask_n95/deep/a.jpg", Truth(label=Label.WITH_MASK, mask_kind="n95")),
        (b"negatives/a.jpg", Truth(all_faces_boxed=True)),
        (b"a.jpg", Truth(label=Label.INCORRECT)),
        (b"other/a.jpg", Truth(label=Label.INCORRECT)),
    ],
)
def test_the_innermost_folder_counts(photo: bytes, truth: Truth) -> None:
    assert folder_truth(photo, "incorrect") == truth


def test_a_folder_of_photos_with_annotations(tmp_path: Path) -> None:
    for name in ("images", "annotations", "with_mask"):
        (tmp_path / name).mkdir()
    (tmp_path / "annotations" / "a.xml").write_bytes(voc(("no_mask", 1, 2, 30, 40)))
    (tmp_path / "annotations" / "bad.xml").write_bytes(b"<")
    (tmp_path / "secret.xml").write_bytes(voc())
    (tmp_path / "with_mask" / "out.xml").symlink_to("/etc/hostname")
    read = folder_annotations(tmp_path)

    def of(locator: bytes) -> ListedPhoto:
        return label_listed(ListedPhoto(locator=locator), read, root_name="set")

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
    for name, data in (("a.xml", voc(("incorrect", 1, 2, 30, 40))), ("set.zip", packed.getvalue())):
        stored = store.put(BytesIO(data), max_bytes=10**6)
        files.append(
            UploadedFile(locator=name.encode(), sha256=stored.sha256, error_code=None, error_message=None)
        )
    read = upload_annotations(files, store)

    def labels(locator: bytes) -> list[str]:
        truth = label_listed(ListedPhoto(locator=locator), read, root_name="").truth
        assert truth is not None
        return [box[4] for box in truth["boxes"]]

    assert labels(b"a.jpg") == ["incorrect"]
    assert labels(b"set.zip/images/z.jpg") == ["with_mask"]
