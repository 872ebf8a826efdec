"""What a detector learns from a picture: of people where they spoke, else of its teachers."""

from pathlib import Path

import numpy as np
import pytest

from core.detection.yunet import BOX, COLUMNS, SCORE
from core.errors import InputError, PermanentError
from core.release.detector.scenes import ListedScene, Truth, faces_of, list_scenes
from core.release.detector.teachers import Taught
from core.release.pictures import ListedPicture, Origin
from core.training.detector.scene_store import SceneStore, write_scenes
from models.label import Label
from tests.unit.training.detector.discs import scene

WITH, WITHOUT, INCORRECT, NOT = np.eye(4).tolist()
FACE = [10, 10, 50, 60]
FAR = [200, 200, 240, 250]


def taught(*candidates: tuple[list[int], float, list[float]]) -> Taught:
    rows = np.zeros((len(candidates), COLUMNS), np.float32)
    for row, (box, score, _) in zip(rows, candidates, strict=True):
        row[BOX], row[SCORE] = box, score
    probabilities = np.array([each for _, _, each in candidates], np.float32).reshape(-1, 4)
    return Taught(rows=rows, probabilities=probabilities)


def annotated(folder: Path, *objects: tuple[str, list[int]]) -> ListedScene:
    (folder / "images").mkdir()
    (folder / "annotations").mkdir()
    text = "".join(
        f"<object><name>{word}</name><bndbox><xmin>{a}</xmin><ymin>{b}</ymin><xmax>{c}</xmax><ymax>{d}</ymax>"
        "</bndbox></object>"
        for word, (a, b, c, d) in objects
    )
    (folder / "annotations" / "a.xml").write_text(f"<annotation>{text}</annotation>")
    return listed(folder / "images" / "a.jpg", Truth.BOXED)


def listed(path: Path, truth: Truth, label: Label | None = None) -> ListedScene:
    picture = ListedPicture(path=path, name=path.name, folder="", origin=Origin.PHOTO, label=label)
    return ListedScene(picture=picture, truth=truth)


def test_a_found_face_has_the_detectors_box_and_the_persons_label(tmp_path: Path) -> None:
    lower = [10, 20, 50, 70]
    found = faces_of(annotated(tmp_path, ("with_mask", lower)), taught((FACE, 0.9, WITHOUT)))
    assert found is not None
    assert found.boxes.tolist() == [FACE] and found.labels.tolist() == [WITH[:3]]


def test_a_missed_face_has_the_drawn_box(tmp_path: Path) -> None:
    found = faces_of(annotated(tmp_path, ("mask_weared_incorrect", FACE)), taught())
    assert found is not None
    assert found.boxes.tolist() == [FACE] and found.labels.tolist() == [INCORRECT[:3]]


def test_a_box_without_a_label_gets_the_classifiers_or_none(tmp_path: Path) -> None:
    scene = annotated(tmp_path, ("face", FACE), ("face", FAR))
    found = faces_of(scene, taught((FACE, 0.9, [0.6, 0.2, 0.0, 0.2])))
    assert found is not None
    assert found.labels == pytest.approx(np.array([[0.75, 0.25, 0], [0, 0, 0]]))


def test_an_unknown_word_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="umbrella"):
        faces_of(annotated(tmp_path, ("umbrella", FACE)), taught())


@pytest.mark.parametrize(
    ("score", "probabilities", "kind"),
    [
        (0.9, WITH, "face"),
        (0.4, WITH, "ignored"),
        (0.9, [0.3, 0.2, 0.0, 0.5], "ignored"),
        (0.9, [0.1, 0.05, 0.0, 0.85], "background"),
        (0.3, NOT, "background"),
    ],
)
def test_a_candidate_that_no_person_drew(
    tmp_path: Path, score: float, probabilities: list[float], kind: str
) -> None:
    found = faces_of(annotated(tmp_path, ("with_mask", FACE)), taught((FAR, score, probabilities)))
    assert found is not None
    assert (len(found.boxes), len(found.ignored)) == {
        "face": (2, 0),
        "ignored": (1, 1),
        "background": (1, 0),
    }[kind]


def test_a_photo_without_people_has_no_face_whatever_the_teachers_say() -> None:
    found = faces_of(listed(Path("dress.jpg"), Truth.EMPTY), taught((FACE, 0.99, WITH)))
    assert found is not None
    assert len(found.boxes) == 0 == len(found.ignored)


def test_a_crops_largest_face_has_its_folders_label() -> None:
    small = [100, 100, 110, 112]
    crop = listed(Path("crop.jpg"), Truth.ONE_FACE, Label.INCORRECT)
    found = faces_of(crop, taught((small, 0.95, WITHOUT), (FACE, 0.8, WITH)))
    assert found is not None
    assert found.labels.tolist() == [WITHOUT[:3], INCORRECT[:3]]


def test_a_crop_without_a_sure_face_teaches_nothing() -> None:
    crop = listed(Path("crop.jpg"), Truth.ONE_FACE, Label.WITH_MASK)
    assert faces_of(crop, taught((FACE, 0.3, WITH))) is None


def test_folders_are_listed_and_measuring_ones_are_not(tmp_path: Path) -> None:
    for name in (
        "photos/images/a.jpg",
        "negatives/b.jpg",
        "crops/web/with_mask/c.jpg",
        "measure/boxed/images/d.jpg",
    ):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    found = [(each.picture.name, each.truth.value, each.picture.label) for each in list_scenes(tmp_path)]
    assert found == [
        ("photos/images/a.jpg", "boxed", None),
        ("negatives/b.jpg", "empty", None),
        ("crops/web/with_mask/c.jpg", "one_face", Label.WITH_MASK),
    ]


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        list_scenes(tmp_path)
    assert caught.value.code == "no_training_pictures"


def test_a_store_gives_back_what_was_written(tmp_path: Path) -> None:
    given = [scene(index) for index in range(3)]
    write_scenes(given, tmp_path)
    store = SceneStore(tmp_path)
    assert len(store) == 3
    for index, each in enumerate(given):
        assert (store.rgb(index) == each.rgb).all()
        assert (store.faces(index).boxes == each.faces.boxes).all()
        assert (store.faces(index).ignored == each.faces.ignored).all()


def test_a_store_whose_writing_was_cut_off_is_none(tmp_path: Path) -> None:
    def two_then_killed():  # type: ignore[no-untyped-def]
        yield scene(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_scenes(two_then_killed(), tmp_path)
    with pytest.raises(PermanentError) as caught:
        SceneStore(tmp_path)
    assert caught.value.code == "scenes_missing"
