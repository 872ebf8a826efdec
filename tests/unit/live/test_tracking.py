"""Faces over time: one number each, still boxes, steady labels, counted once."""

from collections.abc import Sequence

import numpy as np
import pytest

from core.detection.face import Box, FoundFace
from core.labels.shown_label import ShownLabel
from core.live.tracking import KEPT_SECONDS, MOST_LABELLED, SHOWN_SECONDS, Probabilities, Track, Tracker

WITH: Probabilities = (0.9, 0.05, 0.03, 0.02)
WITHOUT: Probabilities = (0.05, 0.9, 0.03, 0.02)
NO_FACE: Probabilities = (0.1, 0.1, 0.1, 0.7)
UNSURE: Probabilities = (0.4, 0.35, 0.15, 0.1)


def face(left: float, top: float = 100.0, side: float = 80.0) -> FoundFace:
    box = Box(x1=left, y1=top, x2=left + side, y2=top + side)
    return FoundFace(box=box, landmarks=((0.0, 0.0),) * 5, score=0.9)


class Film:
    """Frames ten a second; `says` is the classifier's word for every face."""

    def __init__(self) -> None:
        self.tracker = Tracker()
        self.now = 0.0
        self.asked = 0

    def frame(self, *faces: FoundFace, says: Probabilities = WITH) -> list[Track]:
        self.now += 0.1
        return self.tracker.update(faces, lambda asked: self._classify(asked, says), self.now)

    def _classify(self, faces: Sequence[FoundFace], says: Probabilities) -> list[Probabilities]:
        self.asked += len(faces)
        return [says] * len(faces)


def test_a_face_keeps_its_number_while_it_walks() -> None:
    film = Film()
    numbers = [track.number for step in range(30) for track in film.frame(face(10.0 * step))]
    assert set(numbers) == {1}
    assert len(numbers) == 29


def test_a_label_that_is_not_predicted_stays_unknown() -> None:
    film = Film()
    for _ in range(3):
        shown = film.frame(face(0), says=(0.8, 0.2, None, None))
    assert shown[0].label is ShownLabel.WITH_MASK
    assert shown[0].probabilities == (pytest.approx(0.8), pytest.approx(0.2), None, None)


def test_what_flashes_up_once_is_neither_drawn_nor_counted() -> None:
    film = Film()
    assert film.frame(face(0)) == []
    for _ in range(20):
        assert film.frame() == []
    assert set(film.tracker.counts().values()) == {0}


def test_two_faces_that_are_found_in_another_order_are_not_swapped() -> None:
    film = Film()
    for _ in range(3):
        film.frame(face(0), face(300))
    shown = film.frame(face(302), face(2))
    assert {track.number: round(track.found.x1) for track in shown} == {1: 2, 2: 302}


def test_boxes_stand_still_under_a_trembling_detector() -> None:
    film, shake = Film(), np.random.default_rng(7).normal(0, 1.5, 60)
    drawn = [track.box.x1 for off in shake for track in film.frame(face(100 + off))][10:]
    assert np.abs(np.diff(drawn)).mean() < 0.6 * np.abs(np.diff(shake[11:])).mean()


def test_boxes_follow_a_step_at_once() -> None:
    film = Film()
    for _ in range(5):
        film.frame(face(100))
    (track,) = film.frame(face(130))
    assert track.box.x1 == pytest.approx(130, abs=1)


def test_a_label_needs_more_than_one_frame_to_change() -> None:
    film = Film()
    for _ in range(10):
        film.frame(face(0), says=WITH)
    (track,) = film.frame(face(0), says=WITHOUT)
    assert track.label is ShownLabel.WITH_MASK
    for _ in range(15):
        (track,) = film.frame(face(0), says=WITHOUT)
    assert track.label is ShownLabel.WITHOUT_MASK
    assert film.tracker.counts() == {**dict.fromkeys(ShownLabel, 0), ShownLabel.WITHOUT_MASK: 1}


def test_what_is_no_face_is_neither_drawn_nor_counted_and_what_is_unsure_is_said_to_be() -> None:
    film = Film()
    assert not any(film.frame(face(0), says=NO_FACE) for _ in range(5))
    assert set(film.tracker.counts().values()) == {0}
    film = Film()
    shown = [film.frame(face(0), says=UNSURE) for _ in range(3)][-1]
    assert [track.label for track in shown] == [ShownLabel.INDETERMINATE]


def test_a_face_that_is_missed_for_a_moment_stays_itself() -> None:
    film = Film()
    for _ in range(3):
        film.frame(face(0))
    gap = [film.frame() for _ in range(round(KEPT_SECONDS * 10) - 1)]
    assert gap[0], "still drawn after one missed frame"
    assert not gap[round(SHOWN_SECONDS * 10)], "drawn where nobody is"
    assert [track.number for track in film.frame(face(0))] == [1]
    assert film.tracker.counts()[ShownLabel.WITH_MASK] == 1


def test_slow_frames_lose_nobody() -> None:
    film = Film()
    for _ in range(4):
        film.now += 2 * KEPT_SECONDS
        film.frame(face(0))
    film.now += 2 * KEPT_SECONDS
    film.frame()
    assert [track.number for track in film.frame(face(0))] == [1]


def test_who_leaves_stays_counted_and_who_comes_back_counts_anew() -> None:
    film = Film()
    for _ in range(2):
        for _ in range(3):
            film.frame(face(0))
        for _ in range(15):
            film.frame()
    assert film.tracker.counts()[ShownLabel.WITH_MASK] == 2


def test_a_crowd_is_labelled_in_turns_and_costs_no_more_than_a_few() -> None:
    film = Film()
    crowd = [face(100.0 * at) for at in range(3 * MOST_LABELLED)]
    film.frame(*crowd)
    assert film.asked == MOST_LABELLED
    for _ in range(3):
        shown = film.frame(*crowd)
    assert len(shown) == len(crowd)
    assert film.asked == 4 * MOST_LABELLED


def test_numbers_are_never_given_twice() -> None:
    film = Film()
    seen = {t.number for at in range(5) for _ in range(3) for t in film.frame(face(400.0 * at))}
    assert seen == {1, 2, 3, 4, 5}
