"""Which files of this machine are sent, and under which names."""

from pathlib import Path

import pytest

from core.datasets.importing.formats.set_files import SUFFIXES
from core.library.files.skipping import SkippedNames as ServiceSkipped
from core.library.files.skipping import name_rules, skip_of_file, skip_of_folder
from maskloop_client import ConfigurationError, file_names
from maskloop_client.file_names import ANNOTATIONS, SkippedNames
from maskloop_client.picked_files import pick_files

_NAMES = (
    "a.jpg", "A.JPG", ".jpg", "a", "a.txt", "a.zip", "a.tar", "a.7z", "Thumbs.db", "thumbs.DB", "ehthumbs",
    "._a.jpg", ".hidden.jpg", "@eaDir", "@EADIR", ".Trash-1000", ".git", "photos", "lost+found", "Icon\r",
)  # fmt: skip


def _folder(top: Path, *names: str) -> Path:
    for name in names:
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return top


def test_the_lists_of_names_are_those_of_the_service() -> None:
    rules = name_rules()
    assert sorted(file_names.PHOTOS) == rules["photos"]
    assert sorted(file_names.ZIPS) == rules["zips"]
    assert sorted(file_names.ARCHIVES) == rules["archives"]
    assert [*file_names.SYSTEM_FOLDERS] == rules["systemFolders"]
    assert [*file_names.SYSTEM_FILES] == rules["systemFiles"]


@pytest.mark.parametrize("name", _NAMES)
def test_a_name_is_skipped_for_the_reason_of_the_service(name: str) -> None:
    own, service = SkippedNames(), ServiceSkipped()
    for skip in (skip_of_folder(name.encode()), skip_of_file(name.encode(), _is_wanted)):
        if skip is not None:
            service.add(skip)
    own.skips_folder(name)
    own.skips_file(name)
    assert ServiceSkipped.from_json(own.to_json()) == service


def _is_wanted(name: bytes) -> bool:
    ending = "." + name.decode().rpartition(".")[2].lower()
    return not name.startswith(b".") and b"." in name and ending in {*name_rules()["photos"], ".zip"}


def test_a_folder_is_walked(tmp_path: Path) -> None:
    top = _folder(tmp_path / "street", "b.jpg", "day/a.jpg", "day/@eaDir/a.jpg", "notes.txt", "more.zip")
    picked = pick_files(top)
    assert [(file.number, file.name) for file in picked.files] == [
        (0, b"b.jpg"), (1, b"day/a.jpg"), (2, b"more.zip")
    ]  # fmt: skip
    assert picked.skipped["not_photos"] == 1 and picked.skipped["system_folders"] == {"@eaDir": 1}


def test_annotations_are_sent_where_asked_for(tmp_path: Path) -> None:
    top = _folder(tmp_path / "set", "a.jpg", "a.xml", "all.json", "data.yaml", "notes.docx", "shard.tar")
    assert len(pick_files(top).files) == 1
    names = [file.name for file in pick_files(top, annotations=True).files]
    assert names == [b"a.jpg", b"a.xml", b"all.json", b"data.yaml", b"shard.tar"]


def test_annotations_are_those_that_the_service_reads() -> None:
    assert {suffix.decode() for suffix in SUFFIXES} == ANNOTATIONS


def test_several_paths_keep_their_last_name(tmp_path: Path) -> None:
    one, other = _folder(tmp_path / "one", "a.jpg"), _folder(tmp_path / "other", "a.jpg", "b.txt")
    single = _folder(tmp_path, "notes.txt") / "notes.txt"
    picked = pick_files([one, str(other), single, other / "a.jpg", one / "a.jpg"])
    assert [file.name for file in picked.files] == [
        b"a (2).jpg", b"a.jpg", b"notes.txt", b"one/a.jpg", b"other/a.jpg"
    ]  # fmt: skip


def test_links_are_followed_once_and_broken_ones_are_named(tmp_path: Path) -> None:
    top = _folder(tmp_path / "street", "day/a.jpg")
    (top / "again").symlink_to(top / "day")
    (top / "day" / "up").symlink_to(top)
    (top / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    picked = pick_files(top)
    assert [file.path.name for file in picked.files] == ["a.jpg"]
    assert picked.unreadable == [str(top / "gone.jpg")]


@pytest.mark.parametrize("names", [[], ["notes.txt"]])
def test_a_folder_without_photos_is_told(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="no photo"):
        pick_files(_folder(tmp_path, *names))


def test_a_path_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        pick_files([tmp_path, tmp_path / "nowhere"])
