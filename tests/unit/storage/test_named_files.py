"""Files with names: in the data folder as they were written, or in the store with copies here."""

import hashlib
from pathlib import Path

import pytest

from core.errors import TransientError
from core.settings import Settings
from core.storage import calls
from core.storage.installation import open_objects
from core.storage.named_files import NamedFiles
from tests.object_store import ObjectStore

DATA = b"photo,faces\n"
SHA256 = hashlib.sha256(DATA).hexdigest()


def written(settings: Settings, data: bytes = DATA) -> NamedFiles:
    files = NamedFiles(settings=settings, part="reports")
    (files.folder / "7").mkdir(parents=True, exist_ok=True)
    (files.folder / "7" / "photos.csv").write_bytes(data)
    return files


def test_in_the_data_folder_a_file_stays_where_it_was_written(tmp_path: Path) -> None:
    files = written(Settings(data=tmp_path))
    assert files.publish("7/photos.csv", SHA256) == "7/photos.csv"
    assert files.local("7/photos.csv", SHA256) == tmp_path / "reports" / "7" / "photos.csv"
    assert files.link("7/photos.csv", save_as="x", media_type="text/csv") is None
    files.delete("7/photos.csv")
    files.delete("7/photos.csv")
    assert not files.local("7/photos.csv", SHA256).exists()
    written(Settings(data=tmp_path)).delete_folder("7")
    assert list(files.folder.iterdir()) == []


def test_with_a_store_every_host_reads_it_and_one_deletes_it_for_all(
    object_store: ObjectStore, tmp_path: Path
) -> None:
    settings = object_store.settings(Settings(data=tmp_path / "one"))
    here = written(settings)
    there = NamedFiles(settings=settings.with_changes(data=tmp_path / "two"), part="reports")
    with pytest.raises(FileNotFoundError):
        there.local("7/photos.csv", SHA256)
    published = here.publish("7/photos.csv", SHA256)
    assert not (here.folder / "7" / "photos.csv").exists()
    assert there.local(published, SHA256).read_bytes() == DATA
    there.delete_folder("7")
    other = NamedFiles(settings=settings.with_changes(data=tmp_path / "three"), part="reports")
    with pytest.raises(FileNotFoundError):
        other.local(published, SHA256)


def test_a_host_that_was_cut_off_and_writes_late_replaces_no_later_writing(
    object_store: ObjectStore, tmp_path: Path
) -> None:
    settings = object_store.settings(Settings(data=tmp_path / "one"))
    late = settings.with_changes(data=tmp_path / "two")
    again = hashlib.sha256(b"again").hexdigest()
    published = written(settings, b"again").publish("7/photos.csv", again)
    written(late).publish("7/photos.csv", SHA256)
    reader = NamedFiles(settings=settings.with_changes(data=tmp_path / "three"), part="reports")
    assert reader.local(published, again).read_bytes() == b"again"


def test_deleting_a_file_deletes_every_writing_of_it_and_no_other(
    object_store: ObjectStore, tmp_path: Path
) -> None:
    settings = object_store.settings(Settings(data=tmp_path / "one"))
    files, objects = written(settings), open_objects(settings, "reports")
    assert objects is not None
    for name in ("7/photos.csv", "7/2/photos.csv"):
        # As earlier versions published them.
        objects.put(files.folder / "7" / "photos.csv", name)
    objects.put(files.folder / "7" / "photos.csv", "7/photos.xlsx")
    files.publish("7/photos.csv", SHA256)
    written(settings, b"again").publish("7/photos.csv", hashlib.sha256(b"again").hexdigest())
    files.delete("7/photos.csv")
    assert sorted(each.key for each in objects.walk()) == ["7/2/photos.csv", "7/photos.xlsx"]


def test_what_could_not_be_published_is_still_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_PAUSES", ())
    files = written(Settings(data=tmp_path, files="s3://bucket", files_endpoint="http://127.0.0.1:1"))
    with pytest.raises(TransientError):
        files.publish("7/photos.csv", SHA256)
    assert (files.folder / "7" / "photos.csv").read_bytes() == DATA
