"""Reading a photo in place: its bytes, or a code; never another file's bytes, never a hang."""

import os
from pathlib import Path

import pytest

from core.errors import InputError
from core.library.files.reading import read_photo
from tests.unit.library.files.conftest import AsNobody


def code(root: Path, relative: bytes, max_bytes: int = 100) -> str:
    with pytest.raises(InputError) as caught:
        read_photo(root, relative, max_bytes=max_bytes)
    return caught.value.code


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with one photo in a sub-folder, and a secret beside it."""
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "a.jpg").write_bytes(b"bytes")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    return root


def test_bytes_come_back(root: Path) -> None:
    assert read_photo(root, b"sub/a.jpg", max_bytes=5) == b"bytes"


def test_names_of_any_kind_are_opened(root: Path) -> None:
    for name in (b"two\nlines.jpg", b"latin-\xe9.jpg"):
        with open(os.path.join(os.fsencode(root), name), "wb") as file:
            file.write(name)
        assert read_photo(root, name, max_bytes=100) == name


def test_links_inside_are_followed(root: Path) -> None:
    (root / "again.jpg").symlink_to("sub/a.jpg")
    (root / "folder").symlink_to("sub")
    assert read_photo(root, b"again.jpg", max_bytes=5) == b"bytes"
    assert read_photo(root, b"folder/a.jpg", max_bytes=5) == b"bytes"


def test_a_root_that_is_a_link_is_fine(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    assert read_photo(tmp_path / "link", b"sub/a.jpg", max_bytes=5) == b"bytes"


@pytest.mark.parametrize("relative", [b"../secret.jpg", b"sub/../../secret.jpg", b"/etc/passwd", b"a\0b.jpg"])
def test_paths_that_lead_outside(root: Path, relative: bytes) -> None:
    assert code(root, relative) == "symlink_outside_root"


def test_links_that_lead_outside(root: Path, tmp_path: Path) -> None:
    (root / "file.jpg").symlink_to(tmp_path / "secret.jpg")
    (root / "up").symlink_to(tmp_path)
    assert code(root, b"file.jpg") == "symlink_outside_root"
    assert code(root, b"up/secret.jpg") == "symlink_outside_root"


def test_links_into_an_allowed_root_are_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "shared" / "inner").mkdir(parents=True)
    (tmp_path / "shared" / "inner" / "b.jpg").write_bytes(b"other")
    (root / "link").symlink_to(tmp_path / "shared" / "inner")
    (root / "all").symlink_to(tmp_path / "shared")
    (root / "up").symlink_to(tmp_path)
    allowed = [tmp_path / "shared"]
    assert read_photo(root, b"link/b.jpg", max_bytes=5, allowed_roots=allowed) == b"other"
    for relative in (b"link/b.jpg", b"up/secret.jpg"):
        assert code(root, relative) == "symlink_outside_root"
    for relative, expected in ((b"up/secret.jpg", "symlink_outside_root"), (b"all", "file_is_not_regular")):
        with pytest.raises(InputError) as caught:
            read_photo(root, relative, max_bytes=10, allowed_roots=allowed)
        assert caught.value.code == expected


@pytest.mark.parametrize("level", ["a", "a/job", "a/job/sub"])
def test_a_folder_that_became_a_link_out_of_the_allowed_root(tmp_path: Path, level: str) -> None:
    allowed = tmp_path / "allowed"
    (allowed / "a" / "job" / "sub").mkdir(parents=True)
    secret = tmp_path / "secret"
    (secret / "job" / "sub").mkdir(parents=True)
    for folder in (secret, secret / "sub", secret / "job" / "sub"):
        folder.mkdir(exist_ok=True)
        (folder / "a.jpg").write_bytes(b"secret")
    (allowed / level).rename(tmp_path / "away")
    (allowed / level).symlink_to(secret)
    with pytest.raises(InputError) as caught:
        read_photo(allowed / "a" / "job", b"sub/a.jpg", max_bytes=10, allowed_roots=[allowed])
    assert caught.value.code == "symlink_outside_root"


def test_a_folder_swapped_for_a_link_after_the_check(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between resolving and opening, `sub` becomes a link to a folder outside."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.jpg").write_bytes(b"secret")
    resolve = os.path.realpath

    def swap_after(path: bytes) -> bytes:
        real = resolve(path)
        if os.fsencode(path).endswith(b"a.jpg"):
            (root / "sub").rename(tmp_path / "moved")
            (root / "sub").symlink_to(tmp_path / "elsewhere")
        return real

    monkeypatch.setattr(os.path, "realpath", swap_after)
    assert code(root, b"sub/a.jpg") in ("symlink_outside_root", "file_gone")


def test_gone(root: Path) -> None:
    assert code(root, b"none.jpg") == "file_gone"
    assert code(root, b"none/a.jpg") == "file_gone"
    assert code(root, b"sub/a.jpg/deeper") == "file_gone"
    assert code(root / "none", b"a.jpg") == "file_gone"


@pytest.mark.timeout(10)
def test_pipes_devices_and_folders_are_refused_at_once(root: Path) -> None:
    os.mkfifo(root / "pipe.jpg")
    assert code(root, b"pipe.jpg") == "file_is_not_regular"
    assert code(root, b"sub") == "file_is_not_regular"
    assert code(root, b"") == "file_is_not_regular"
    assert code(Path("/dev"), b"zero") == "file_is_not_regular"


def test_too_large(root: Path) -> None:
    assert code(root, b"sub/a.jpg", max_bytes=4) == "photo_too_large_bytes"


def test_unreadable(root: Path, as_nobody: AsNobody) -> None:
    (root / "sub" / "a.jpg").chmod(0)
    with as_nobody(root):
        assert code(root, b"sub/a.jpg") == "file_unreadable"


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are counted in /proc")
def test_no_descriptor_is_left_open(root: Path) -> None:
    os.mkfifo(root / "pipe.jpg")
    before = len(os.listdir("/proc/self/fd"))
    for relative in (b"sub/a.jpg", b"none.jpg", b"pipe.jpg", b"sub/none.jpg"):
        try:
            read_photo(root, relative, max_bytes=2)
        except InputError:
            continue
    assert len(os.listdir("/proc/self/fd")) == before
