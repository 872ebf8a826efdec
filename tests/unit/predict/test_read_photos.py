"""A photo's own file may be gone; one of the photo store may not."""

from pathlib import Path

import pytest

from core.errors import InputError, TransientError
from core.library.files.store import PhotoStore
from core.predict.read_photos import read_file
from core.predict.results import PhotoToRead


def test_a_stored_file_that_is_missing_is_tried_again(tmp_path: Path) -> None:
    store = PhotoStore(tmp_path)
    with (Path(__file__)).open("rb") as stream:
        kept = store.put(stream, max_bytes=10_000)
    relative = bytes(kept.path.relative_to(tmp_path))
    photo = PhotoToRead(position=0, root=tmp_path, relative=relative, stored=True)
    assert read_file(photo, max_bytes=10_000) == Path(__file__).read_bytes()
    kept.path.unlink()
    with pytest.raises(TransientError) as missing:
        read_file(photo, max_bytes=10_000)
    assert missing.value.code == "stored_file_missing"


def test_a_file_of_a_folder_that_is_gone_is_the_photos_own_result(tmp_path: Path) -> None:
    with pytest.raises(InputError) as gone:
        read_file(PhotoToRead(position=0, root=tmp_path, relative=b"a.jpg"), max_bytes=10)
    assert gone.value.code == "file_gone"
