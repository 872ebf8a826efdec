"""Files with names: in the data folder as they were written, or in the store with copies here."""

import hashlib
from pathlib import Path

import pytest

from core.errors import TransientError
from core.settings import Settings
from core.storage import calls
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
    files.publish("7/photos.csv", SHA256)
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
    here.publish("7/photos.csv", SHA256)
    assert not (here.folder / "7" / "photos.csv").exists()
    assert there.local("7/photos.csv", SHA256).read_bytes() == DATA
    there.delete_folder("7")
    other = NamedFiles(settings=settings.with_changes(data=tmp_path / "three"), part="reports")
    with pytest.raises(FileNotFoundError):
        other.local("7/photos.csv", SHA256)


def test_a_file_that_is_written_again_is_read_anew(object_store: ObjectStore, tmp_path: Path) -> None:
    """A copy is known by its content: an earlier writing of the name is never taken for the later one."""
    settings = object_store.settings(Settings(data=tmp_path / "one"))
    there = NamedFiles(settings=settings.with_changes(data=tmp_path / "two"), part="reports")
    written(settings).publish("7/photos.csv", SHA256)
    assert there.local("7/photos.csv", SHA256).read_bytes() == DATA
    again = hashlib.sha256(b"again").hexdigest()
    written(settings, b"again").publish("7/photos.csv", again)
    assert there.local("7/photos.csv", again).read_bytes() == b"again"


def test_what_could_not_be_published_is_still_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_PAUSES", ())
    files = written(Settings(data=tmp_path, files="s3://bucket", files_endpoint="http://127.0.0.1:1"))
    with pytest.raises(TransientError):
        files.publish("7/photos.csv", SHA256)
    assert (files.folder / "7" / "photos.csv").read_bytes() == DATA
