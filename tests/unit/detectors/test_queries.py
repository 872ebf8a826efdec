"""Which photos a detector learns from, and which are held back from it."""

import numpy as np
import pytest

from core.database import Database, read_clock
from core.datasets.splitting.queries import count_unmeasured, read_unmeasured
from core.detectors.job_kind import (
    FEWEST_PHOTOS,
    TRAIN_DETECTOR,
    TrainDetectorOptions,
    request_detector_training,
)
from core.detectors.queries import content_sha256, is_detector_outdated, read_boxed
from core.errors import InputError
from core.jobs.kinds import JobRequest
from core.jobs.request import NothingNew
from core.settings import Settings
from models import BoxState, Face, Photo, Split
from tests.detector_rows import add_boxed
from tests.training import need_training

need_training()


def test_boxed_photos_have_the_split_of_their_group(db: Database) -> None:
    with db.write() as session:
        for number, split in enumerate((Split.TRAIN, Split.TRAIN, Split.VALIDATION, Split.TEST)):
            add_boxed(session, number, split)
        add_boxed(session, 8, Split.TRAIN, boxed=False)
        learned = read_boxed(session, (Split.TRAIN, Split.VALIDATION))
        held_back = read_boxed(session, (Split.TEST,))
    assert [each.split for each in learned] == [Split.TRAIN, Split.TRAIN, Split.VALIDATION]
    assert [each.split for each in held_back] == [Split.TEST]
    assert held_back[0].boxes.tolist() == [[10, 20, 60, 80]]


def test_drawn_faces_of_boxed_photos_are_measured_before_their_photos_are_grouped(db: Database) -> None:
    with db.write() as session:
        boxed = add_boxed(session, 1, Split.TRAIN)
        add_boxed(session, 2, Split.TRAIN, boxed=False)
        waiting = read_unmeasured(session, after_id=0, limit=9)
        assert [each.photo.id for each in waiting] == [boxed.id] and count_unmeasured(session) == 1
        (face,) = waiting[0].faces
        face.phash = face.dhash = 1
        session.flush()
        assert count_unmeasured(session) == 0


def test_removed_boxes_are_not_there_and_undecided_ones_do_not_count(db: Database) -> None:
    with db.write() as session:
        photo = add_boxed(session, 1, Split.TRAIN)
        for ordinal, state in enumerate((BoxState.REMOVED, BoxState.ACCEPTED, None)):
            left = 100.0 * (ordinal + 1)
            session.add(
                Face(
                    photo_id=photo.id,
                    detector_key="yunet",
                    ordinal=ordinal,
                    x1=left,
                    y1=0,
                    x2=left + 40,
                    y2=40,
                    score=0.9,
                    landmarks=[],
                    box_state=state,
                    created_at=read_clock(session),
                )
            )
        session.flush()
        (found,) = read_boxed(session, (Split.TRAIN,))
    assert sorted(found.boxes[:, 0].tolist()) == [10, 200], "drawn and accepted"
    assert found.ignored[:, 0].tolist() == [300], "found later, by nobody decided"


def test_the_content_changes_with_a_box(db: Database) -> None:
    with db.write() as session:
        photo = add_boxed(session, 1, Split.TEST)
        before = content_sha256(read_boxed(session, (Split.TEST,)))
        assert before == content_sha256(read_boxed(session, (Split.TEST,)))
        session.query(Face).where(Face.photo_id == photo.id).update({"x1": 11})
        assert content_sha256(read_boxed(session, (Split.TEST,))) != before


@pytest.mark.parametrize("change", ["removed", "not boxed"])
def test_prepared_photos_are_outdated_when_one_goes(db: Database, change: str) -> None:
    with db.write() as session:
        photos = [add_boxed(session, number, Split.TRAIN) for number in range(3)]
        ids = [str(photo.id) for photo in photos]
        assert not is_detector_outdated(session, ids)
        photo = session.get_one(Photo, photos[1].id)
        if change == "removed":
            photo.erased_at = read_clock(session)
        else:
            photo.boxed_at = None
        session.flush()
        assert is_detector_outdated(session, ids)


def test_a_training_needs_boxed_photos_and_a_schedule_new_ones(db: Database, settings: Settings) -> None:
    options = TrainDetectorOptions(least_new=2)
    request = JobRequest(kind=TRAIN_DETECTOR.name, options=options.to_json(), title="", account_id=None)
    start = TRAIN_DETECTOR.start
    assert start is not None
    with db.write() as session:
        for number in range(FEWEST_PHOTOS - 1):
            add_boxed(session, number, Split.TRAIN)
        with pytest.raises(InputError) as caught:
            request_detector_training(session, options, account_id=None)
        assert caught.value.code == "too_few_boxed"
        add_boxed(session, 100, Split.VALIDATION)
        job = start(session, options, request, settings)
        assert TRAIN_DETECTOR.options_of(job).boxed_photos == FEWEST_PHOTOS
        add_boxed(session, 101, Split.TRAIN)
        with pytest.raises(NothingNew) as none:
            start(session, options, request, settings)
        assert none.value.code == "too_few_new_boxed"
        add_boxed(session, 102, Split.TRAIN)
        assert start(session, options, request, settings).id > job.id


def test_boxes_are_arrays_even_without_a_face(db: Database) -> None:
    with db.write() as session:
        photo = add_boxed(session, 1, Split.TRAIN)
        session.query(Face).where(Face.photo_id == photo.id).delete()
        (found,) = read_boxed(session, (Split.TRAIN,))
    assert found.boxes.shape == (0, 4) and found.boxes.dtype == np.float32
