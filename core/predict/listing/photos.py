"""List the photos of a folder, an upload or a selection, in an order that the next attempt can continue."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.item_errors import ItemErrors
from core.library.files.archive import ArchiveEntry, ArchiveLimits, walk_archive
from core.library.files.bucket import walk_bucket
from core.library.files.folder import FOLDER_UNREADABLE, FolderEntry, WalkTally, walk_photos
from core.library.files.names import display_name, is_archive_name
from core.library.files.skipping import Skip, SkipReason, skip_below_root
from core.library.files.store import PhotoStore
from core.library.selection.queries import SelectedPhoto, Slice
from core.storage.objects import ObjectFolder


@dataclass(frozen=True, kw_only=True)
class ListedPhoto:
    """A future row of the job: a photo to read, or the reason why it cannot be read."""

    locator: bytes
    #: Set if the bytes are in the photo store.
    stored_sha256: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    #: Set if the photo is in the library already, with the path, name or address to show.
    photo_id: int | None = None
    place: str | None = None
    #: Annotation of a labelled set, as in `JobPhoto.truth`; None in other jobs.
    truth: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """The locator as text, or the place of a photo of the library."""
        return display_name(self.locator) if self.place is None else self.place


@dataclass(frozen=True, kw_only=True)
class UploadedFile:
    """One file of an upload."""

    locator: bytes
    sha256: str | None
    error_code: str | None
    error_message: str | None
    #: The size that was announced.
    bytes: int = 0


#: A file that was sent is read whatever its name ends in: its bytes tell what it is.
_SENT_ON_PURPOSE = (SkipReason.NOT_A_PHOTO, SkipReason.ARCHIVE)
_MESSAGES = {
    "archive_damaged": "The archive, or this file in it, is cut off or damaged.",
    "archive_duplicate": "The archive holds two files of this name; the first one counts.",
    "archive_encrypted": "The file is encrypted; unpack it with its password and submit the photos.",
    "archive_link": "The archive holds a link here, not a photo.",
    "archive_method_not_supported": "The file is packed by a method that is not read; use plain zip.",
    "archive_nested": "An archive inside an archive is not opened; submit it by itself.",
    "archive_overlapping": "Files of the archive share the same bytes, as in a zip bomb.",
    "archive_path_outside": "The file's path leads out of the archive.",
    "archive_too_large": "The file unpacks to more than is allowed.",
    "archive_too_many_members": "The archive holds more than 250,000 files. Split it, or choose its folder.",
    "empty_file": "The file is empty.",
    "file_gone": "The file is no longer there.",
    "file_is_not_regular": "This is a device, pipe or socket, not a file.",
    "file_unreadable": "The service may not read this file.",
    "folder_unreadable": "The service may not read this folder.",
    "not_an_archive": "The file is no zip archive, whatever its name says.",
    "symlink_outside_root": "The link leads out of the folders that may be read, and is not followed.",
}


def list_folder(
    root: Path,
    *,
    allowed_roots: Sequence[Path],
    recursive: bool,
    after: bytes | None,
    after_folder: bool,
    tally: WalkTally,
    check: Callable[[], None],
) -> Iterator[ListedPhoto]:
    """Photos of a folder; `after` is the locator of the last one that an earlier attempt wrote down.

    `after_folder` says that it was a folder that could not be read. Links may lead into `allowed_roots`; a
    folder outside them is listed where the request allowed it. `check` is called often and may raise.
    """
    entries = walk_photos(root, allowed_roots=allowed_roots, tally=tally, before_folder=check)
    return _listed(entries, recursive, after, after_folder, check)


def list_bucket(
    objects: ObjectFolder,
    *,
    recursive: bool,
    after: bytes | None,
    tally: WalkTally,
    check: Callable[[], None],
) -> Iterator[ListedPhoto]:
    """Photos below a prefix of a bucket, in the same order; arguments as of `list_folder`."""
    entries = walk_bucket(objects, tally=tally, before_folder=check)
    return _listed(entries, recursive, after, False, check)


def _listed(
    entries: Iterator[FolderEntry],
    recursive: bool,
    after: bytes | None,
    after_folder: bool,
    check: Callable[[], None],
) -> Iterator[ListedPhoto]:
    passed = None if after is None else _order(after, is_folder=after_folder)
    for entry in entries:
        check()
        order = _order(entry.relative, is_folder=entry.error == FOLDER_UNREADABLE)
        if (passed is None or order > passed) and (recursive or b"/" not in entry.relative):
            yield _from_folder(entry)


def list_upload(
    files: Sequence[UploadedFile],
    *,
    store: PhotoStore,
    limits: ArchiveLimits,
    skip: int,
    tally: WalkTally,
    check: Callable[[], None],
) -> Iterator[ListedPhoto]:
    """Photos of an upload, archives opened; the first `skip` are listed by an earlier attempt."""
    errors = ItemErrors()
    for position, (file, entry) in enumerate(_entries(files, store, limits, tally)):
        check()
        if position < skip:
            continue
        yield _from_file(file) if entry is None else _from_archive(file.locator, entry, store, limits, errors)


def list_selected(
    read_slice: Callable[[int], Slice], *, after: int, check: Callable[[], None]
) -> Iterator[ListedPhoto]:
    """Selected photos of the library by id, from the photo id `after` on.

    `read_slice` reads the slice after an id. `check` is called before each slice and may raise.
    """
    start: int | None = after
    while start is not None:
        check()
        slice_ = read_slice(start)
        yield from map(_from_library, slice_.photos)
        start = slice_.next_after


def _entries(
    files: Sequence[UploadedFile], store: PhotoStore, limits: ArchiveLimits, tally: WalkTally
) -> Iterator[tuple[UploadedFile, ArchiveEntry | None]]:
    """Each file, and for an archive each of its members in turn."""
    skipped: list[Skip] = []
    for file in files:
        skip = skip_below_root(file.locator)
        if skip is not None and skip.reason not in _SENT_ON_PURPOSE:
            skipped.append(skip)
        elif file.sha256 is None or not is_archive_name(file.locator):
            yield file, None
        else:
            for entry in walk_archive(store.local(file.sha256), limits, tally=tally):
                yield file, entry
    tally.skip(*skipped)


def _order(locator: bytes, *, is_folder: bool) -> tuple[tuple[int, bytes], ...]:
    """Sort key equal to the walk's order: a folder's own photos first, then its sub-folders."""
    *folders, name = locator.split(b"/")
    return (*((1, folder) for folder in folders), (int(is_folder), name))


def _from_folder(entry: FolderEntry) -> ListedPhoto:
    return ListedPhoto(
        locator=entry.relative,
        error_code=entry.error,
        error_message=entry.error and refusal_message(entry.error),
    )


def _from_file(file: UploadedFile) -> ListedPhoto:
    return ListedPhoto(
        locator=file.locator,
        stored_sha256=file.sha256,
        error_code=file.error_code,
        error_message=file.error_message,
    )


def _from_library(photo: SelectedPhoto) -> ListedPhoto:
    return ListedPhoto(
        locator=photo.name.encode("utf-8", "surrogateescape"),
        stored_sha256=photo.sha256 if photo.stored else None,
        photo_id=photo.photo_id,
        place=photo.name,
    )


def _from_archive(
    archive: bytes, entry: ArchiveEntry, store: PhotoStore, limits: ArchiveLimits, errors: ItemErrors
) -> ListedPhoto:
    """Unpack one member into the photo store."""
    locator = archive + (b"/" + entry.relative if entry.relative else b"")
    if entry.stream is None:
        code = entry.error or "archive_damaged"
        return ListedPhoto(locator=locator, error_code=code, error_message=refusal_message(code))
    try:
        stored = store.put(entry.stream, max_bytes=limits.max_member_bytes)
    except Exception as error:
        failure = errors.input_error(error, name=display_name(locator))
        return ListedPhoto(locator=locator, error_code=failure.code, error_message=failure.message)
    return ListedPhoto(locator=locator, stored_sha256=stored.sha256)


def refusal_message(code: str) -> str:
    """The message of an error code; KeyError for codes that do not come from a listing."""
    return _MESSAGES[code]
