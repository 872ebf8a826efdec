"""Imports: what the set does not say is not taught, and what is left out is counted, named and shown."""

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from core.database import Database
from core.datasets.importing.assumed import take_back_assumed
from core.datasets.importing.queries import list_assumed, read_left_out_objects, read_summary
from core.jobs.actions import retry_job
from core.labels.decisions import read_labels
from core.settings import Settings
from models import Decision, Face, Job, JobPhoto, JobState, Label
from tests.imported_set import FACE, FALSE_ALARM, FOUND, add_photo, found, run_import, voc
from tests.rows import add_version
from workers.engine import run_batches
from workers.handlers import HANDLERS

GOOD = ("with_mask", *FACE)
SWAPPED = ("with_mask", FACE[2], FACE[3], FACE[0], FACE[1])


@pytest.fixture
def folder(db: Database, tmp_path: Path) -> Path:
    add_version(db)
    return tmp_path / "set"


def decided(db: Database) -> Counter[Label | None]:
    with db.read() as session:
        return Counter(session.scalars(select(Decision.label)))


def current(db: Database) -> Counter[Label | None]:
    """Labels that count now."""
    with db.read() as session:
        ids = session.scalars(select(Face.id)).all()
        return Counter(decision.label for decision in read_labels(session, ids).values())


def codes(db: Database) -> dict[str, str | None]:
    with db.read() as session:
        return dict(session.execute(select(JobPhoto.name, JobPhoto.error_code)).all())


def left_out(db: Database, job_id: int) -> dict[tuple[str, str], int]:
    with db.read() as session:
        summary = read_summary(session, job_id)
    return {(each.problem.value, each.word): each.objects for each in summary.left_out}


def test_objects_that_are_not_understood_teach_nothing(
    db: Database, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen in the field: each of these made `not_a_face` of clear faces."""
    add_photo(folder / "swapped.jpg", voc(SWAPPED))
    add_photo(folder / "tiny.jpg", voc(("with_mask", 5, 5, 7, 7)))
    add_photo(folder / "outside.jpg", voc(("with_mask", 900, 5, 950, 70)))
    add_photo(folder / "unknown.jpg", voc(("scarf", *FACE)))
    add_photo(folder / "mixed.jpg", voc(GOOD, ("scarf", 120, 30, 180, 100), ("with_mask", 5, 5, 7, 7)))
    add_photo(folder / "empty.jpg", voc())
    job_id = run_import(db, settings, folder, monkeypatch, all_faces_boxed=True)
    assert codes(db) == {
        "swapped.jpg": None,
        "tiny.jpg": "no_usable_box",
        "outside.jpg": "no_usable_box",
        "unknown.jpg": "no_usable_box",
        "mixed.jpg": None,
        "empty.jpg": None,
    }
    # One false alarm each in the photos that were understood as a whole.
    assert decided(db) == {Label.WITH_MASK: 2, Label.NOT_A_FACE: 2}
    assert left_out(db, job_id) == {
        ("box_tiny", "with_mask"): 2,
        ("box_outside", "with_mask"): 1,
        ("word_unknown", "scarf"): 2,
    }
    with db.read() as session:
        mixed = session.scalars(select(JobPhoto).where(JobPhoto.name == "mixed.jpg")).one()
        named = read_left_out_objects(session, job_id, mixed.position)
        message = session.scalars(select(JobPhoto.error_message).where(JobPhoto.name == "unknown.jpg")).one()
    assert (mixed.objects_left_out, {each.word for each in named}) == (2, {"scarf", "with_mask"})
    assert "1 with an unknown label ('scarf')" in (message or "")


def test_other_detections_are_labelled_only_by_choice(
    db: Database, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_photo(folder / "a.jpg", voc(GOOD))
    add_photo(folder / "b.jpg", voc(GOOD, more="<all_faces_boxed>1</all_faces_boxed>"))
    add_photo(folder / "negatives" / "c.jpg")
    add_photo(folder / "empty.jpg", voc())
    first = run_import(db, settings, folder, monkeypatch)
    assert decided(db) == {Label.WITH_MASK: 2, Label.NOT_A_FACE: 2}
    with db.read() as session:
        summary, assumed = read_summary(session, first), list_assumed(session, first)
        scores = [session.get_one(Face, each.face_id).score for each in assumed]
    # In the photo without a face, two detections are above 0.6, in the boxed one, one is.
    assert (summary.assumed, summary.likely_faces, scores) == (2, 3, [0.5, 0.5])
    second = run_import(db, settings, folder, monkeypatch, all_faces_boxed=True)
    with db.read() as session:
        assert read_summary(session, second).assumed == 2
    assert decided(db) == {Label.WITH_MASK: 2, Label.NOT_A_FACE: 4}


def test_a_box_without_a_label_becomes_a_face_without_a_decision(
    db: Database, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_photo(folder / "a.jpg", voc(("unlabelled", 240, 10, 290, 60), ("unlabelled", *FACE)))
    run_import(db, settings, folder, monkeypatch, all_faces_boxed=True)
    assert decided(db) == {Label.NOT_A_FACE: 1}
    with db.read() as session:
        drawn = session.scalars(select(Face).where(Face.detector_key == "drawn")).one()
        faces = session.scalars(select(JobPhoto.faces)).one()
    assert ((drawn.x1, drawn.y1, drawn.x2, drawn.y2), faces) == ((240, 10, 290, 60), 2)


def test_a_retry_counts_nothing_twice(
    db: Database, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_photo(folder / "tiny.jpg", voc(("with_mask", 5, 5, 7, 7)))
    job_id = run_import(db, settings, folder, monkeypatch)
    with db.write() as session:
        retry_job(session, job_id)
    run_batches(db, settings, HANDLERS)
    with db.read() as session:
        assert session.get_one(Job, job_id).state is JobState.DONE
    assert left_out(db, job_id) == {("box_tiny", "with_mask"): 1}


def test_boxes_of_a_larger_or_unturned_picture_label_the_faces(
    db: Database, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def size(width: int, height: int) -> str:
        return f"<size><width>{width}</width><height>{height}</height></size>"

    double = [2 * corner for corner in FACE]
    add_photo(folder / "scaled.jpg", voc(("with_mask", *double), more=size(600, 400)))
    # Upright it has 200 x 300 pixels; on the stored picture the face lies elsewhere.
    stored = (FACE[1], 200 - FACE[2], FACE[3], 200 - FACE[0])
    add_photo(folder / "turned.jpg", voc(("with_mask", *stored), more=size(300, 200)), orientation=6)
    add_photo(folder / "other.jpg", voc(GOOD, more=size(640, 640)))
    job_id = run_import(db, settings, folder, monkeypatch, faces=FOUND[:1])
    assert codes(db) == {"scaled.jpg": None, "turned.jpg": None, "other.jpg": "annotation_size"}
    with db.read() as session:
        faces = session.scalars(select(Face).join(Decision, Decision.face_id == Face.id)).all()
        summary = read_summary(session, job_id)
        message = session.scalars(select(JobPhoto.error_message).where(JobPhoto.name == "other.jpg")).one()
    assert [(face.detector_key, face.x1, face.y2) for face in faces] == [("told", FACE[0], FACE[3])] * 2
    assert [photos for _, photos in summary.fitted] == [1, 1]
    assert "640 x 640" in (message or "") and "300 x 200" in (message or "")


@pytest.mark.parametrize(("shift", "warned"), [(100, True), (0, False)])
def test_boxes_that_meet_no_face_are_reported(
    db: Database,
    settings: Settings,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    shift: int,
    warned: bool,
) -> None:
    for number in range(10):
        boxes = [("mask", 20 + shift, 20, 60 + shift, 60), ("mask", 20 + shift, 100, 60 + shift, 140)]
        add_photo(folder / f"{number}.jpg", voc(*boxes))
    faces = (found((20, 20, 60, 60)), found((20, 100, 60, 140)))
    job_id = run_import(db, settings, folder, monkeypatch, faces=faces)
    with db.read() as session:
        warnings = read_summary(session, job_id).warnings
    assert bool(warnings) is warned
    assert all("Only 0 of 20 boxes meet a detected face" in warning for warning in warnings)


def test_many_likely_faces_without_a_box_are_reported(
    db: Database, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        add_photo(folder / f"{number}.jpg", voc(GOOD))
    job_id = run_import(db, settings, folder, monkeypatch, all_faces_boxed=True)
    with db.read() as session:
        (warning,) = read_summary(session, job_id).warnings
    assert "20 detections above a score of 0.6 have no box" in warning


def test_what_an_earlier_import_assumed_is_taken_back(
    db: Database, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But not what the set itself labels."""
    add_photo(folder / "a.jpg", voc(GOOD))
    add_photo(folder / "not_a_face" / "b.jpg")
    run_import(db, settings, folder, monkeypatch, all_faces_boxed=True)
    assert current(db) == {Label.WITH_MASK: 1, Label.NOT_A_FACE: 1 + 3}
    second = run_import(db, settings, folder, monkeypatch)
    assert current(db) == {Label.WITH_MASK: 1, Label.NOT_A_FACE: 3}
    with db.read() as session:
        assert read_summary(session, second).taken_back == 1
    third = run_import(db, settings, folder, monkeypatch, all_faces_boxed=True)
    with db.read() as session:
        assert read_summary(session, third).assumed == 1


def test_what_a_later_set_says_itself_is_no_assumption_any_more(
    db: Database, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_photo(folder / "a.jpg", voc(GOOD))
    first = run_import(db, settings, folder, monkeypatch, all_faces_boxed=True)
    (folder / "a.xml").write_text(voc(GOOD, ("not_a_face", *FALSE_ALARM)))
    run_import(db, settings, folder, monkeypatch)
    run_import(db, settings, folder, monkeypatch, all_faces_boxed=True)
    with db.write() as session:
        assert take_back_assumed(session, first) == 0
    assert (
        current(db)
        == decided(db) - Counter({Label.NOT_A_FACE: 1})
        == {Label.WITH_MASK: 1, Label.NOT_A_FACE: 1}
    )


def test_the_words_of_a_set_are_counted_as_they_were_read(
    db: Database, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words of all photos, also of a listing that takes several slices; annotations without a photo too."""
    for number in range(3):
        add_photo(folder / "Images" / f"{number}.jpg")
        target = folder / "annotations" / "xmls" / f"{number}.XML"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(voc(GOOD, ("scarf", *FACE)))
    (folder / "annotations" / "xmls" / "lost.xml").write_text(voc(GOOD))
    add_photo(folder / "WithMask" / "a.jpg")
    add_photo(folder / "people" / "b.jpg")
    small = settings.with_changes(batch_photos=2, workers=1)
    job_id = run_import(db, small, folder, monkeypatch)
    with db.read() as session:
        summary = read_summary(session, job_id)
    assert [(each.word, each.meaning, each.counted) for each in summary.words] == [
        ("scarf", None, "3 objects"),
        ("people", None, "1 photo"),
        ("with_mask", "with_mask", "3 objects"),
        ("WithMask", "with_mask", "1 photo"),
    ]
    assert summary.unused_annotations == 1
    again = run_import(db, settings, folder, monkeypatch, labels={"scarf": "ignore", "People": "incorrect"})
    with db.read() as session:
        assert read_summary(session, again).unknown_words == ()
        assert (read_summary(session, job_id).known, read_summary(session, again).known) == (0, 4)
    assert decided(db) == {Label.WITH_MASK: 4, Label.INCORRECT: 1}


def test_a_set_without_labels_says_why(
    db: Database, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        add_photo(folder / "scarves" / f"{number}.jpg")
    add_photo(folder / "bad.jpg", "<annotation>")
    job_id = run_import(db, settings, folder, monkeypatch)
    with db.read() as session:
        job = session.get_one(Job, job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "no_labels")
    assert job.error_message == (
        "No photo of the set has a label. "
        "3 photos: no annotation, no folder named after a label (label_unknown); "
        "1 photo: annotation cannot be read (bad_annotation). "
        "Unknown words: 'scarves' (3 photos). Say what they mean, and import again."
    )


@pytest.mark.parametrize(("more", "warned"), [((), True), ((GOOD,), False)])
def test_a_set_that_names_only_faces_is_doubtful(
    db: Database,
    settings: Settings,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    more: tuple[object, ...],
    warned: bool,
) -> None:
    """In AIZOO's set `face` is a bare face; in a set for face detection it is any face."""
    add_photo(folder / "a.jpg", voc(("Face", *FACE), *more))
    job_id = run_import(db, settings, folder, monkeypatch)
    with db.read() as session:
        warnings = read_summary(session, job_id).warnings
    assert ["face=unlabelled" in each for each in warnings] == [True] * warned
    assert decided(db)[Label.WITHOUT_MASK] == 1
