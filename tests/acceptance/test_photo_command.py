"""`maskloop photo`: a table, a picture, JSON, and statuses that a script can go by."""

import json
import os
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from tests.acceptance.service import MASKLOOP
from tests.forked import run_maskloop
from tests.live import portrait_frame


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "tea break.jpg"
    path.write_bytes(portrait_frame())
    return path


def run(folder: Path, weights: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MASKLOOP_DATA": str(weights.parent)}
    return run_maskloop("photo", *words, environment=environment, folder=folder)


def test_a_table_and_the_picture(photo: Path, tmp_path: Path, weights: Path) -> None:
    """As a user runs it, in a process of its own."""
    environment = {**os.environ, "MASKLOOP_DATA": str(weights.parent)}
    done = subprocess.run(
        [MASKLOOP, "photo", str(photo)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "without mask" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert done.stdout.splitlines()[-1] == "tea break-faces.jpg"
    drawn = Image.open(tmp_path / "tea break-faces.jpg")
    assert drawn.size == (640, 480)
    left, top, right, bottom = (
        ImageChops.difference(drawn, Image.open(photo))
        .point(lambda value: 255 if value > 60 else 0)
        .getbbox()
    )
    assert 200 <= left < right <= 420 and 80 <= top < bottom <= 320, "drawn at the face and nowhere else"


def test_json_for_programs(photo: Path, tmp_path: Path, weights: Path) -> None:
    done = run(tmp_path, weights, "--json", "--no-picture", "--certainty", "0.99", str(photo))
    said = json.loads(done.stdout)
    (face,) = said["faces"]
    assert (said["width"], said["picture"], face["label"]) == (640, None, "indeterminate")
    assert face["probabilities"]["without_mask"] > 0.8
    assert list(tmp_path.iterdir()) == [photo]


@pytest.mark.parametrize(
    ("name", "data", "status", "code"),
    [
        ("gone.jpg", None, 1, "file_gone"),
        ("text.jpg", b"hello", 1, "not_an_image"),
        ("cut.jpg", portrait_frame()[:4000], 1, "photo_truncated"),
    ],
)
def test_what_cannot_be_read_has_its_code_and_status_1(
    tmp_path: Path, weights: Path, name: str, data: bytes | None, status: int, code: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    done = run(tmp_path, weights, name)
    assert (done.returncode, done.stdout) == (status, "")
    assert f"[{code}]" in " ".join(done.stderr.split())
    assert json.loads(run(tmp_path, weights, "--json", name).stdout)["error"]["code"] == code


def test_the_photo_itself_is_never_written_over(photo: Path, tmp_path: Path, weights: Path) -> None:
    done = run(tmp_path, weights, "--out", photo.name, photo.name)
    assert done.returncode == 2 and "picture_is_photo" in done.stderr
    assert photo.read_bytes() == portrait_frame()


def test_the_folder_of_the_picture_is_made(photo: Path, tmp_path: Path, weights: Path) -> None:
    done = run(tmp_path, weights, "--out", "new/deep/seen.jpg", photo.name)
    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(tmp_path / "new" / "deep" / "seen.jpg") as seen:
        assert seen.size == (640, 480)
    refused = run(tmp_path, weights, "--out", f"{photo.name}/seen.jpg", photo.name)
    assert refused.returncode == 2
    assert refused.stderr.startswith("maskloop: folder_not_made: ")


@pytest.mark.parametrize("damage", ["exif", "before the end"])
def test_what_libraries_print_stays_off_the_terminal(
    photo: Path, tmp_path: Path, weights: Path, damage: str
) -> None:
    """Pillow warns of EXIF data, and libjpeg prints that bytes are left over."""
    if damage == "exif":
        exif = Image.Exif()
        exif[0x010F] = "maker " * 9
        out = BytesIO()
        Image.open(photo).save(out, "JPEG", exif=exif)
        data = bytearray(out.getvalue())
        count = data.index(b"Exif\0\0MM\0*") + 14
        data[count : count + 2] = b"\0\x60"
    else:
        data = bytearray(photo.read_bytes().removesuffix(b"\xff\xd9") + b"left over\xff\xd9")
    photo.write_bytes(data)
    done = run(tmp_path, weights, "--no-picture", photo.name)
    assert (done.returncode, done.stderr) == (0, "")
    assert "without mask" in done.stdout


def test_a_threshold_that_makes_no_sense_is_refused(photo: Path, tmp_path: Path, weights: Path) -> None:
    done = run(tmp_path, weights, "--certainty", "60", photo.name)
    assert done.returncode == 2 and "between 0.25 and 0.99" in done.stderr
    assert list(tmp_path.iterdir()) == [photo]


def test_an_animation_is_said_to_be_one_and_a_png_is_written_as_such(tmp_path: Path, weights: Path) -> None:
    frames = [Image.new("RGB", (64, 64), (shade, 0, 0)) for shade in (90, 200)]
    frames[0].save(tmp_path / "two.gif", save_all=True, append_images=frames[1:])
    done = run(tmp_path, weights, "--out", "two.png", "two.gif")
    assert done.stdout.splitlines() == ["No face in 64 x 64 pixels.", "First of 2 frames.", "two.png"]
    assert (tmp_path / "two.png").read_bytes().startswith(b"\x89PNG")
