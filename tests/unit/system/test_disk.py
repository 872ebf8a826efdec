"""Sizes of folders: exact where there is time, else estimated from a part."""

import itertools
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.settings import Settings
from core.system.disk import FOLDERS, Sureness, measure_folder, read_disk


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """200 files of 100 bytes in 100 folders, two deep."""
    for number in range(200):
        folder = tmp_path / "photos" / f"{number % 100:02}" / "ab"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / str(number)).write_bytes(b"x" * 100)
    return tmp_path


def test_a_folder_is_measured_file_by_file(library: Path) -> None:
    usage = measure_folder(library / "photos", "Photos", seconds=60)
    assert (usage.bytes, usage.sureness) == (20_000, Sureness.EXACT)
    assert measure_folder(library / "none", "None").bytes == 0


@pytest.mark.parametrize(
    ("looks", "sureness", "size"), [(40, Sureness.ESTIMATED, 20_000), (1, Sureness.AT_LEAST, 200)]
)
def test_a_folder_that_takes_too_long_is_estimated(
    library: Path, monkeypatch: pytest.MonkeyPatch, looks: int, sureness: Sureness, size: int
) -> None:
    clock = itertools.count()
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    usage = measure_folder(library / "photos", "Photos", seconds=looks)
    assert (usage.bytes, usage.sureness) == (size, sureness)


def test_the_disk_is_low_below_the_reserve(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space = SimpleNamespace(total=1000, used=900, free=100)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: space)
    low = read_disk(Settings(data=library, min_free_bytes=101))
    assert (low.free, low.total, low.reserve, low.is_low) == (100, 1000, 101, True)
    assert not read_disk(Settings(data=library, min_free_bytes=100)).is_low
    words = [usage.words for usage in low.usages]
    with_store = read_disk(Settings(data=library, files="s3://bucket"))
    assert [usage.words for usage in with_store.usages] == list(FOLDERS.values())
    assert words == [each for each in FOLDERS.values() if "object store" not in each]
    assert low.usages[0].bytes == 20_000
