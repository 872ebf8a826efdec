"""The sample folder matches its list and is the same each time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.detection.decode import decode_photo
from core.errors import InputError
from core.library.files.folder import WalkTally, walk_photos
from core.samples.making import EXPECTED_FILE, all_samples
from models.label import Label


@pytest.fixture(scope="module")
def folder(samples: Path) -> Path:
    return samples


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, dict[str, object]]:
    text = (folder / EXPECTED_FILE).read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def test_a_walk_finds_just_the_listed_files(folder: Path, expected: dict[str, dict[str, object]]) -> None:
    tally = WalkTally()
    found = {entry.relative.decode() for entry in walk_photos(folder, allowed_roots=[folder], tally=tally)}
    assert found == set(expected)
    assert tally.photos == len(expected)
    assert tally.skipped.total == 1


def test_each_file_gives_a_photo_or_its_code(folder: Path, expected: dict[str, dict[str, object]]) -> None:
    for name, what in expected.items():
        try:
            photo = decode_photo((folder / name).read_bytes(), min_scale=0.25)
        except InputError as error:
            assert error.code == what["error"], name
        else:
            assert what["error"] is None, name
            for face in what["faces"]:  # type: ignore[attr-defined]
                x1, y1, x2, y2 = face["box"]
                assert -8 <= x1 < x2 <= photo.width + 8, name
                assert -8 <= y1 < y2 <= photo.height + 8, name


def test_samples_have_every_kind_of_result(expected: dict[str, dict[str, object]]) -> None:
    faces = [face for what in expected.values() for face in what["faces"]]  # type: ignore[attr-defined]
    assert {face["label"] for face in faces} == {Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT}
    assert 60 <= len(expected) <= 100
    assert {what["error"] for what in expected.values()} >= {
        None, "photo_truncated", "photo_damaged", "empty_file", "not_an_image",
        "photo_too_large_pixels", "format_not_supported",
    }  # fmt: skip
    small = expected["sizes/crowd_6000.jpg"]["faces"]
    assert all(35 <= face["box"][2] - face["box"][0] <= 52 for face in small)  # type: ignore[attr-defined]


def test_a_second_run_writes_the_same_bytes(folder: Path) -> None:
    for sample in all_samples():
        assert sample.data == (folder / sample.name).read_bytes(), sample.name


def test_the_command_prints_its_usage() -> None:
    done = subprocess.run([sys.executable, "-m", "core.samples"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage" in done.stderr
