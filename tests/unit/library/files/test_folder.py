"""Walking a folder: every photo once, in order, with any name; never outside; bounded memory."""

import os
import tracemalloc
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from core.errors import InputError
from core.library.files import folder as folder_module
from core.library.files.folder import FolderEntry, WalkTally, check_root, walk_photos
from core.library.files.skipping import SkippedNames
from tests.unit.library.files.conftest import AsNobody


def walked(root: Path, tally: WalkTally | None = None) -> list[FolderEntry]:
    return list(walk_photos(root, allowed_roots=[root], tally=tally))


def names(root: Path) -> list[bytes]:
    return [entry.relative for entry in walked(root)]


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")


def test_photos_come_sorted_folder_by_folder(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.PNG", "sub/z.webp", "sub/deep/q.heic", "also/k.gif", "notes.txt"):
        touch(tmp_path / name)
    for hidden in (".hidden.jpg", ".git/x.jpg"):
        touch(tmp_path / hidden)
    tally = WalkTally()
    found = [entry.relative for entry in walked(tmp_path, tally)]
    assert found == [b"a.PNG", b"b.jpg", b"also/k.gif", b"sub/z.webp", b"sub/deep/q.heic"]
    skipped = SkippedNames(not_photos=1, hidden=2)
    assert tally == WalkTally(photos=5, errors=0, folders=4, skipped=skipped)


def test_size_and_time_are_given(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"12345")
    os.utime(tmp_path / "a.jpg", (1_000_000, 1_000_000))
    assert walked(tmp_path) == [FolderEntry(relative=b"a.jpg", size=5, mtime=1_000_000.0)]


def test_names_of_any_kind_survive(tmp_path: Path) -> None:
    raw = [b"two\nlines.jpg", b"latin-\xe9.jpg", "口罩.jpg".encode(), b"quote'\".jpg", b"-rf.jpg", b" .jpg"]
    for name in raw:
        with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:
            file.write(name)
    entries = walked(tmp_path)
    assert [entry.relative for entry in entries] == sorted(raw)
    for entry in entries:
        assert "\n" not in entry.name
        assert (tmp_path / os.fsdecode(entry.relative)).read_bytes() == entry.relative


def test_links_out_of_the_root_are_errors(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    touch(outside / "secret.jpg")
    root = tmp_path / "root"
    touch(root / "own.jpg")
    (root / "file.jpg").symlink_to(outside / "secret.jpg")
    (root / "relative.jpg").symlink_to("../outside/secret.jpg")
    (root / "folder").symlink_to(outside)
    found = {entry.relative: entry.error for entry in walked(root)}
    assert found == {
        b"own.jpg": None,
        b"file.jpg": "symlink_outside_root",
        b"relative.jpg": "symlink_outside_root",
        b"folder": "symlink_outside_root",
    }


def test_a_root_whose_name_begins_another_is_not_inside_it(tmp_path: Path) -> None:
    touch(tmp_path / "photos-private" / "a.jpg")
    touch(tmp_path / "photos" / "b.jpg")
    (tmp_path / "photos" / "link.jpg").symlink_to(tmp_path / "photos-private" / "a.jpg")
    assert {entry.error for entry in walked(tmp_path / "photos")} == {None, "symlink_outside_root"}
    with pytest.raises(InputError):
        check_root(tmp_path / "photos-private", [tmp_path / "photos"])


def test_links_inside_the_root_and_loops(tmp_path: Path) -> None:
    touch(tmp_path / "sub" / "a.jpg")
    (tmp_path / "again.jpg").symlink_to("sub/a.jpg")
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    (tmp_path / "self.jpg").symlink_to("self.jpg")
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "gone.jpg").symlink_to("nothing.jpg")
    found = {entry.relative: entry.error for entry in walked(tmp_path)}
    assert found[b"sub/a.jpg"] is None
    assert found[b"again.jpg"] is None
    assert found[b"gone.jpg"] == "file_gone"
    assert found[b"self.jpg"] in ("file_unreadable", "file_gone")
    assert len(found) == 4


def walked_within(root: Path, allowed: Path) -> dict[bytes, str | None]:
    entries = list(walk_photos(root, allowed_roots=[allowed]))
    found = {entry.relative: entry.error for entry in entries}
    assert len(found) == len(entries)
    return found


def test_links_into_an_allowed_root_are_followed(tmp_path: Path) -> None:
    allowed, root = tmp_path / "allowed", tmp_path / "allowed" / "job"
    touch(root / "own.jpg")
    touch(allowed / "camera" / "day" / "a.jpg")
    touch(tmp_path / "secret" / "s.jpg")
    (root / "m").symlink_to(allowed / "camera")
    (root / "one.jpg").symlink_to(allowed / "camera" / "day" / "a.jpg")
    (root / "out").symlink_to(tmp_path / "secret")
    (allowed / "camera" / "out").symlink_to(tmp_path / "secret")
    assert walked_within(root, allowed) == {
        b"own.jpg": None,
        b"one.jpg": None,
        b"out": "symlink_outside_root",
        b"m/out": "symlink_outside_root",
        b"m/day/a.jpg": None,
    }


def test_a_folder_behind_several_links_is_read_once_and_loops_end(tmp_path: Path) -> None:
    root, other = tmp_path / "job", tmp_path / "other"
    for path in (root / "own.jpg", root / ".hidden" / "h.jpg", other / "a.jpg", other / "sub" / "b.jpg"):
        touch(path)
    (root / "1").symlink_to(other / "sub")
    (root / "2").symlink_to(other)
    (root / "3").symlink_to(other)
    (root / "4").symlink_to(root)
    (root / "5").symlink_to(tmp_path)
    (root / "6").symlink_to(root / ".hidden")
    (other / "back").symlink_to(root)
    (other / "self").symlink_to("self")
    found = walked_within(root, tmp_path)
    assert sorted(found) == [b"1/b.jpg", b"2/a.jpg", b"6/h.jpg", b"own.jpg"]


def test_a_link_that_is_turned_outside_during_the_walk_is_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "allowed" / "job"
    touch(root / "a" / "a.jpg")
    touch(tmp_path / "allowed" / "other" / "b.jpg")
    touch(tmp_path / "secret" / "s.jpg")
    (root / "link").symlink_to(tmp_path / "allowed" / "other")
    walk = walk_photos(root, allowed_roots=[tmp_path / "allowed"])
    assert next(walk).relative == b"a/a.jpg"
    (root / "link").unlink()
    (root / "link").symlink_to(tmp_path / "secret")
    assert [(entry.relative, entry.error) for entry in walk] == [(b"link", "folder_unreadable")]


_LEVELS = ("a", "a/job", "a/job/c", "a/job/c/d")


def _swap(allowed: Path, level: str, secret: Path) -> None:
    """A link to a folder outside takes the place of a folder; inside it looks the same."""
    (allowed / level).rename(allowed.parent / "away")
    target = secret
    for part in _LEVELS[_LEVELS.index(level) + 1 :]:
        target = target / part.rpartition("/")[2]
        touch(target / "secret.jpg")
    touch(secret / "secret.jpg")
    (allowed / level).symlink_to(secret)


@pytest.mark.parametrize("moment", ["before the walk", "between check and listing", "while it is listed"])
@pytest.mark.parametrize("level", _LEVELS)
def test_a_folder_that_becomes_a_link_leads_nowhere_else(
    tmp_path: Path, level: str, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed, secret = tmp_path / "allowed", tmp_path / "secret"
    for name in ("1.jpg", "2.jpg", "c/3.jpg", "c/d/4.jpg"):
        touch(allowed / "a" / "job" / name)
    job = check_root(allowed / "a" / "job", [allowed])
    swapped: list[str] = []

    def swap() -> None:
        if not swapped:
            swapped.append(level)
            _swap(allowed, level, secret)

    if moment == "before the walk":
        swap()
    if moment == "between check and listing":
        open_folder = folder_module.opened_folder

        def swap_and_open(real: bytes) -> AbstractContextManager[int]:
            # At the level itself, or where the walk begins for the levels above it.
            if os.fsdecode(real) == str(allowed / level) or level == "a":
                swap()
            return open_folder(real)

        monkeypatch.setattr(folder_module, "opened_folder", swap_and_open)
    found: list[bytes] = []
    try:
        for entry in walk_photos(job, allowed_roots=[allowed]):
            found.append(entry.relative)
            if moment == "while it is listed" and entry.name.endswith(("2.jpg", "3.jpg", "4.jpg")):
                swap()
    except InputError as error:
        assert error.code in ("folder_not_allowed", "folder_not_found")
    assert swapped
    assert not [name for name in found if b"secret" in name]


def test_the_size_behind_a_link_is_not_read_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, secret = tmp_path / "root", tmp_path / "secret"
    touch(root / "sub" / "a.jpg")
    (root / "link.jpg").symlink_to(root / "sub" / "a.jpg")
    secret.mkdir()
    (secret / "a.jpg").write_bytes(b"1234567")
    status_of = folder_module.status_of

    def swap_and_look(real: bytes) -> os.stat_result:
        (root / "sub").rename(tmp_path / "away")
        (root / "sub").symlink_to(secret)
        return status_of(real)

    monkeypatch.setattr(folder_module, "status_of", swap_and_look)
    entry = next(walk_photos(root, allowed_roots=[root]))
    assert (entry.relative, entry.error, entry.size) == (b"link.jpg", "file_unreadable", 0)


def test_pipes_and_folders_are_errors(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder.jpg").mkdir()
    assert walked(tmp_path) == [FolderEntry(relative=b"pipe.jpg", error="file_is_not_regular")]


def test_an_unreadable_sub_folder_does_not_affect_the_others(tmp_path: Path, as_nobody: AsNobody) -> None:
    for name in ("a.jpg", "closed/b.jpg", "open/c.jpg"):
        touch(tmp_path / name)
    (tmp_path / "closed").chmod(0)
    with as_nobody(tmp_path):
        found = [(entry.relative, entry.error) for entry in walked(tmp_path)]
    (tmp_path / "closed").chmod(0o755)
    assert found == [(b"a.jpg", None), (b"closed", "folder_unreadable"), (b"open/c.jpg", None)]


def test_unreadable_root_says_so(tmp_path: Path, as_nobody: AsNobody) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    with as_nobody(tmp_path):
        assert code(tmp_path / "closed", [tmp_path]) == "folder_unreadable"


def test_large_folders_are_walked_in_slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [f"{number:03}.jpg".encode() for number in range(100)]
    for name in expected:
        touch(tmp_path / name.decode())
    for size in (1, 7, 50, 100, 101):
        monkeypatch.setattr(folder_module, "_SLICE", size)
        assert names(tmp_path) == expected


def test_memory_stays_flat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a slice is in memory: 20,000 names take less than 2,000 entries would."""
    for number in range(20_000):
        (tmp_path / f"{number:06}-{'x' * 60}.jpg").touch()
    monkeypatch.setattr(folder_module, "_SLICE", 2_000)
    tracemalloc.start()
    count = sum(1 for _ in walk_photos(tmp_path, allowed_roots=[tmp_path]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 1_500_000


def code(path: Path, allowed: list[Path]) -> str:
    with pytest.raises(InputError) as caught:
        check_root(path, allowed)
    return caught.value.code


def test_roots_are_checked(tmp_path: Path) -> None:
    touch(tmp_path / "allowed" / "a.jpg")
    (tmp_path / "allowed" / "way_out").symlink_to(tmp_path)
    allowed = [tmp_path / "allowed"]
    assert check_root(tmp_path / "allowed", allowed) == tmp_path / "allowed"
    assert code(tmp_path / "allowed" / "none", allowed) == "folder_not_found"
    assert code(tmp_path / "allowed" / "a.jpg" / "x", allowed) == "folder_not_found"
    assert code(tmp_path / "allowed" / "a.jpg", allowed) == "folder_not_a_directory"
    assert code(tmp_path / "allowed" / "..", allowed) == "folder_not_allowed"
    assert code(tmp_path / "allowed" / "way_out", allowed) == "folder_not_allowed"
    assert code(tmp_path / "allowed", []) == "folder_not_allowed"
    assert code(Path("\0"), allowed) == "folder_not_found"


def test_a_folder_whose_name_is_not_text(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), b"\xff\xfe")))
    odd.mkdir()
    assert code(odd, [tmp_path]) == "folder_name_not_text"
