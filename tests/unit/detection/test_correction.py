"""The correction is independent of the face's position and refuses damaged files."""

from pathlib import Path

import numpy as np
import pytest

from core.detection.correction import FEATURES, BoxCorrection, load_correction, save_correction
from core.detection.yunet import BOX, COLUMNS, LANDMARKS
from core.errors import PermanentError


def correction_of(bias: list[float]) -> BoxCorrection:
    return BoxCorrection(
        hidden_weights=np.random.default_rng(1).normal(size=(FEATURES, 3)).astype(np.float32),
        hidden_bias=np.zeros(3, np.float32),
        output_weights=np.full((3, 4), 0.1, np.float32),
        output_bias=np.array(bias, np.float32),
    )


def row_at(left: float, size: float) -> np.ndarray:
    row = np.full((1, COLUMNS), 0.8, np.float32)
    row[0, BOX] = left, left, left + size, left + size
    row[0, LANDMARKS] = left + size / 3
    return row


def test_correction_is_independent_of_the_position() -> None:
    correction = correction_of([0, 0, 0, 0.5])
    here, there = correction.apply(row_at(0, 50)), correction.apply(row_at(700, 50))
    assert there - 700 == pytest.approx(here, abs=1e-3)


def test_shift_is_in_face_sizes_and_bounded() -> None:
    moved = correction_of([0, 0, 0, 100.0]).apply(row_at(0, 40))
    assert moved[0, 3] == pytest.approx(40 + 0.5 * 40)


def test_a_saved_correction_can_be_read(tmp_path: Path) -> None:
    correction = correction_of([0.1, 0.2, 0.3, 0.4])
    save_correction(correction, tmp_path / "correction.npz")
    read = load_correction(tmp_path / "correction.npz")
    assert (read.apply(row_at(3, 30)) == correction.apply(row_at(3, 30))).all()


@pytest.mark.parametrize("content", [b"", b"not a zip"])
def test_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "correction.npz").write_bytes(content)
    with pytest.raises(PermanentError) as caught:
        load_correction(tmp_path / "correction.npz")
    assert caught.value.code == "correction_unreadable"


def test_array_shapes_must_match() -> None:
    with pytest.raises(ValueError, match="do not match"):
        BoxCorrection(
            hidden_weights=np.zeros((FEATURES, 3), np.float32),
            hidden_bias=np.zeros(4, np.float32),
            output_weights=np.zeros((3, 4), np.float32),
            output_bias=np.zeros(4, np.float32),
        )
