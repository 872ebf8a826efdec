"""What hosts share through the object store: whose it is, and the key of evidence packs."""

from pathlib import Path

import pytest

from core.errors import PermanentError
from core.storage.identity import read_id, require_own_objects, share_file, tie_objects
from core.storage.objects import ObjectFolder


def test_a_prefix_belongs_to_one_installation(objects: ObjectFolder) -> None:
    with pytest.raises(PermanentError) as caught:
        require_own_objects(objects, "one")
    assert caught.value.code == "object_store_foreign"
    tie_objects(objects, "one")
    tie_objects(objects, "one")
    require_own_objects(objects, "one")
    for check in (tie_objects, require_own_objects):
        with pytest.raises(PermanentError) as caught:
            check(objects, "two")
        assert caught.value.code == "object_store_foreign" and read_id(objects) == "one"
    tie_objects(objects, "two", adopt=True)
    assert read_id(objects) == "two"


def test_the_first_host_gives_its_key_to_the_others(objects: ObjectFolder, tmp_path: Path) -> None:
    first, second = tmp_path / "one" / "key.pem", tmp_path / "two" / "key.pem"
    for path in (first, second):
        path.parent.mkdir()
    share_file(objects, first)
    assert not first.exists()
    first.write_bytes(b"of the first")
    share_file(objects, first)
    second.write_bytes(b"of the second")
    share_file(objects, second)
    assert second.read_bytes() == first.read_bytes() == b"of the first"
    assert second.stat().st_mode & 0o777 == 0o600 and len(list(second.parent.iterdir())) == 1
