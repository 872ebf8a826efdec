"""A folder, a zip and an upload of the same share skip the same names, and count them by reason."""

import zipfile
from pathlib import Path

import pytest

from core.library.files.archive import ArchiveLimits, walk_archive
from core.library.files.folder import WalkTally, walk_photos
from core.library.files.skipping import SkippedNames, name_rules, skip_below_root, skip_of_path
from core.library.files.store import PhotoStore
from core.predict.listing.photos import UploadedFile, list_upload
from tests.unit.library.files.skipped_paths import PATHS

READ = sorted(path for path, line in PATHS.items() if line is None)


@pytest.fixture(scope="module")
def share(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The paths on disk; `share` itself is the root."""
    parent = tmp_path_factory.mktemp("nas")
    for path in PATHS:
        (parent / path).parent.mkdir(parents=True, exist_ok=True)
        (parent / path).write_bytes(b"x")
    return parent / "share"


def from_folder(share: Path) -> tuple[list[str], SkippedNames]:
    tally = WalkTally()
    found = [entry.name for entry in walk_photos(share, allowed_roots=[share], tally=tally)]
    assert tally.errors == 0
    return sorted(f"share/{name}" for name in found), tally.skipped


def from_zip(share: Path, path: Path) -> tuple[list[str], SkippedNames]:
    with zipfile.ZipFile(path, "w") as archive:
        for name in PATHS:
            archive.write(share.parent / name, name)
    tally = WalkTally()
    found = [entry.name for entry in walk_archive(path, tally=tally) if entry.error is None]
    return sorted(found), tally.skipped


def test_a_folder_and_a_zip_of_it_agree(share: Path, tmp_path: Path) -> None:
    found, skipped = from_folder(share)
    assert found == READ
    zipped, skipped_in_zip = from_zip(share, tmp_path / "share.zip")
    assert zipped == READ
    # A nested archive is a failed row of the zip's report.
    skipped_in_zip.archives = skipped.archives
    assert skipped_in_zip == skipped
    assert skipped.to_json() == {
        "not_photos": 3,
        "archives": 1,
        "hidden": 3,
        "system_folders": {
            "@eaDir": 2,
            **dict.fromkeys(
                (
                    *("#recycle", "#snapshot", "@Recycle", "@Recently-Snapshot", ".@__thumb", ".Trash-*"),
                    *(
                        "$RECYCLE.BIN",
                        "System Volume Information",
                        "lost+found",
                        ".Trashes",
                        ".zfs",
                        "__MACOSX",
                    ),
                ),
                1,
            ),
        },
        "system_files": dict.fromkeys(("._*", ".DS_Store", "Thumbs.db", "SYNOFILE_THUMB*"), 1),
    }


def test_an_upload_skips_what_nobody_sends_on_purpose(tmp_path: Path) -> None:
    files = [
        UploadedFile(locator=path.encode(), sha256="0" * 64, error_code=None, error_message=None)
        for path in PATHS
        if PATHS[path] != "archives"
    ]
    tally = WalkTally(skipped=SkippedNames(not_photos=7))
    listed = list_upload(
        files, store=PhotoStore(tmp_path), limits=ArchiveLimits(), skip=0, tally=tally, check=lambda: None
    )
    # A file that is sent by itself is read, whatever its name ends in.
    sent = sorted(READ + [path for path, line in PATHS.items() if line == "not_photos"])
    assert sorted(each.name for each in listed) == sent
    assert (tally.skipped.not_photos, tally.skipped.hidden) == (7, 3)
    assert tally.skipped.system_folders["@eaDir"] == 2


@pytest.mark.parametrize("path", PATHS)
def test_each_path_is_skipped_for_its_reason(path: str) -> None:
    skip = skip_of_path(path.encode())
    line = (
        None
        if skip is None
        else skip.system
        or {"archive": "archives", "not_a_photo": "not_photos"}.get(skip.reason, skip.reason.value)
    )
    assert line == PATHS[path]


def test_a_folder_that_a_person_chose_is_read_whatever_its_name() -> None:
    assert skip_below_root(b"#recycle/a.jpg") is None
    assert skip_below_root(b".photos/a.jpg") is None
    assert skip_below_root(b".a.jpg") is not None
    skip = skip_below_root(b"#recycle/@eaDir/a.jpg")
    assert skip is not None and skip.path == b"#recycle/@eaDir"


def test_the_sentences_name_count_and_reason() -> None:
    skipped = SkippedNames(not_photos=17, archives=1, hidden=2)
    skipped.system_folders.update({"#recycle": 1, "@eaDir": 12})
    skipped.system_files["Icon\r"] = 1
    assert skipped.sentences() == [
        "17 files skipped: not photos",
        "1 archive skipped: only an uploaded zip is opened",
        "2 hidden names skipped: they begin with a dot",
        "13 system folders skipped: @eaDir (12), #recycle",
        "1 system file skipped: Icon",
    ]
    assert skipped.total == 34
    assert SkippedNames.from_json(skipped.to_json()) == skipped
    assert SkippedNames(not_photos=1).sentences() == ["1 file skipped: not a photo"]


def test_what_a_browser_sends_is_counts_or_nothing() -> None:
    sent = {
        "not_photos": "7",
        "hidden": -1,
        "system_folders": {"@eaDir": 2, "<b>": 3},
        "system_files": [1],
        "x": 1,
    }
    assert SkippedNames.from_json(sent).to_json() == {"system_folders": {"@eaDir": 2}}


def test_the_browser_gets_the_same_lists() -> None:
    rules = name_rules()
    assert ".cr2" in rules["photos"] and "@eaDir" in rules["systemFolders"]
    assert set(rules["zips"]) < set(rules["archives"])
