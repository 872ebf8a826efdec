"""Counts, shares and distributions, computed while rows stream by."""

from collections.abc import Iterator

from core.labels.final_label import FinalLabel, predicted_label
from core.labels.shown_label import ShownLabel, shown_label
from core.results.reports.rows import FaceBox, FaceRow, PhotoRow
from core.results.reports.summary import FACES_PER_PHOTO, LEAST_CERTAIN, Summary, summarise
from models import JobPhotoState, Label


def make_row(position: int, *scores: float, error: str | None = None, waiting: bool = False) -> PhotoRow:
    state = JobPhotoState.FAILED if error else JobPhotoState.WAITING if waiting else JobPhotoState.DONE
    faces = tuple(make_face(score) for score in scores)
    return PhotoRow(
        position=position, name=f"{position}.jpg", locator=b"", state=state, photo_id=None, sha256=None,
        width=None, height=None, format=None, frames=None, error_code=error, error_message=None, hidden=False,
        faces=faces, place="/photos/x.jpg",
    )  # fmt: skip


def make_face(score: float) -> FaceRow:
    label = predicted_label(Label.WITH_MASK, score, 0.6)
    return FaceRow(
        face_id=1, x1=0, y1=0, x2=9, y2=9, box=FaceBox.FOUND, predicted=label, decided=None,
        final=FinalLabel(label.value), probabilities=(score, min(score, 1 - score), 0, 0), detector_score=0.9,
    )  # fmt: skip


def test_counts_and_shares() -> None:
    summary = summarise(
        [make_row(0, 0.9, 0.5), make_row(1), make_row(2, error="empty_file"), make_row(3, waiting=True)]
    )
    assert (summary.photos, summary.photos_done, summary.photos_failed, summary.photos_waiting) == (
        4,
        2,
        1,
        1,
    )
    assert (summary.faces, summary.photos_without_face) == (2, 1)
    assert summary.share(FinalLabel.INDETERMINATE) == 0.5
    assert summary.photos_with[FinalLabel.WITH_MASK] == 1


def test_nothing_at_all() -> None:
    summary = Summary()
    assert (summary.faces, summary.share(FinalLabel.WITH_MASK), summary.least_certain()) == (0, 0.0, [])


def test_histogram_ends() -> None:
    summary = summarise([make_row(0, 1.0, 0.95, 0.9499, 0.25)])
    assert summary.histogram[ShownLabel.WITH_MASK][18:] == [1, 2]
    assert summary.histogram[ShownLabel.INDETERMINATE][5] == 1


def test_faces_per_photo_classes() -> None:
    summary = summarise(
        make_row(n, *([0.9] * faces)) for n, faces in enumerate((0, 1, 4, 5, 9, 10, 49, 50, 300))
    )
    assert dict(zip(FACES_PER_PHOTO, summary.faces_per_photo, strict=True)) == {
        0: 1, 1: 1, 2: 0, 3: 0, 4: 1, 5: 2, 10: 1, 20: 1, 50: 2,
    }  # fmt: skip


def test_least_certain_first_and_bounded() -> None:
    def rows() -> Iterator[PhotoRow]:
        for n in range(1000):
            yield make_row(n, 0.3 + (n * 7919 % 1000) / 2000, 0.99)

    kept = summarise(rows()).least_certain()
    scores = [row.least_confidence for row in kept]
    assert len(kept) == LEAST_CERTAIN
    assert scores == [0.3 + n / 2000 for n in range(LEAST_CERTAIN)]


def test_equal_confidence_keeps_the_listing_order() -> None:
    kept = summarise(make_row(n, 0.5) for n in range(200)).least_certain()
    assert [row.position for row in kept] == list(range(LEAST_CERTAIN))


def test_errors_keep_a_few_examples() -> None:
    summary = summarise(make_row(n, error="empty_file") for n in range(9))
    assert summary.errors == {"empty_file": 9}
    assert [example.name for example in summary.examples["empty_file"]] == ["0.jpg", "1.jpg", "2.jpg"]


def test_the_threshold_itself_is_certain() -> None:
    assert shown_label(Label.INCORRECT, 0.6, 0.6) is ShownLabel.INCORRECT
    assert shown_label(Label.INCORRECT, 0.5999, 0.6) is ShownLabel.INDETERMINATE
    assert shown_label(Label.NOT_A_FACE, 0.9, 0.6) is None
