"""The files of a set besides its photos, as streams: in a folder, among uploaded files, in archives."""

import io
import operator
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from core.errors import InputError
from core.library.files.archive import ArchiveLimits, walk_archive
from core.library.files.archive_member import MemberStream, member_name
from core.library.files.bucket import read_object, walk_bucket
from core.library.files.folder import WalkTally, walk_photos
from core.library.files.names import is_archive_name, is_photo_name
from core.library.files.packed_tar import is_packed_tar
from core.library.files.reading import open_file
from core.library.files.store import ByteSource, PhotoStore
from core.library.files.tar import TarMember, TarStream, is_tar, walk_tar
from core.predict.listing.photos import UploadedFile
from core.storage.objects import ObjectFolder

#: Endings of files that say something about photos.
SUFFIXES = (
    b".xml", b".json", b".jsonl", b".ndjson", b".txt", b".csv", b".tsv", b".yaml", b".yml", b".names",
    b".data", b".cls", b".parquet",
)  # fmt: skip
#: Of a file for one photo.
MOST_BYTES = 2**20
#: Of a file for a whole set, which is read as a stream.
MOST_SET_BYTES = 4 * 2**30


def is_set_file(name: bytes) -> bool:
    """Whether a file of this name may say something about photos."""
    return name.lower().endswith(SUFFIXES)


@dataclass(frozen=True, kw_only=True)
class SetFiles:
    """The files of a set that may say something about its photos, and the names of its photos."""

    #: By path; each opens a stream, or raises InputError.
    openers: Mapping[bytes, Callable[[], BinaryIO]]
    photos: Callable[[], Iterator[bytes]]
    #: Opens a photo, or raises InputError.
    open_photo: Callable[[bytes], BinaryIO] = lambda _path: _no_photo()
    #: What an import would list, each with the code why it cannot be read; it counts what it skips.
    listing: Callable[[WalkTally], Iterator[tuple[bytes, str | None]]] | None = None

    def list_photos(self, tally: WalkTally) -> Iterator[tuple[bytes, str | None]]:
        """What an import would list: photos, and what cannot be read with the code of its error."""
        tally.also_read = is_set_file
        return self.listing(tally) if self.listing else ((path, None) for path in self.photos())

    def ending(self, *suffixes: bytes) -> list[bytes]:
        """The paths with one of these endings, sorted."""
        return sorted(path for path in self.openers if path.lower().endswith(suffixes))

    def open(self, path: bytes) -> BinaryIO:
        """A stream of the file; raises InputError, also KeyError for another path."""
        return self.openers[path]()

    def read(self, path: bytes, most: int = MOST_BYTES) -> bytes:
        """All bytes of a small file; raises InputError, photo_too_large_bytes beyond `most`."""
        with closing(self.open(path)) as stream:
            data = stream.read(most + 1)
        if len(data) > most:
            raise InputError("photo_too_large_bytes", f"The file has more than {most:,} bytes.")
        return data

    def head(self, path: bytes, size: int = 2**16) -> bytes:
        """The first bytes of a file; empty where it cannot be read."""
        try:
            with closing(self.open(path)) as stream:
                return stream.read(size)
        except InputError:
            return b""


def folder_files(
    root: Path,
    allowed_roots: Sequence[Path] = (),
    check: Callable[[], None] = lambda: None,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> SetFiles:
    """Of a folder on disk; links may lead into `allowed_roots`. `check` is called often and may raise.

    The files are listed until `stop` says so.
    """

    def walk(wanted: Callable[[bytes], bool]) -> Iterator[bytes]:
        found = walk_photos(root, allowed_roots=allowed_roots, before_folder=check, wanted=wanted)
        for entry in found:
            if stop():
                return
            if wanted(entry.relative):
                yield entry.relative

    def opener(path: bytes) -> Callable[[], BinaryIO]:
        return lambda: open_file(root, path, max_bytes=MOST_SET_BYTES, allowed_roots=allowed_roots)

    def listing(tally: WalkTally) -> Iterator[tuple[bytes, str | None]]:
        found = walk_photos(root, allowed_roots=allowed_roots, before_folder=check, tally=tally)
        return ((entry.relative, entry.error) for entry in found)

    return SetFiles(
        openers={path: opener(path) for path in walk(is_set_file)},
        photos=lambda: walk(is_photo_name),
        open_photo=lambda path: opener(path)(),
        listing=listing,
    )


def bucket_files(
    objects: ObjectFolder,
    check: Callable[[], None] = lambda: None,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> SetFiles:
    """Of a prefix of a bucket; files that describe the set are fetched when they are opened."""

    def walk(wanted: Callable[[bytes], bool]) -> Iterator[bytes]:
        for entry in walk_bucket(objects, tally=WalkTally(), before_folder=check, wanted=wanted):
            if stop():
                return
            yield entry.relative

    def opener(path: bytes) -> Callable[[], BinaryIO]:
        return lambda: io.BytesIO(read_object(objects, path, max_bytes=MOST_SET_BYTES))

    return SetFiles(
        openers={path: opener(path) for path in walk(is_set_file)},
        photos=lambda: walk(is_photo_name),
        open_photo=lambda path: opener(path)(),
    )


def upload_files(files: Sequence[UploadedFile], store: PhotoStore) -> SetFiles:
    """Of an upload and the archives in it; a path in an archive begins with the archive's name."""
    openers: dict[bytes, Callable[[], BinaryIO]] = {}
    for file in files:
        if is_set_file(file.locator):
            openers[file.locator] = _stored_opener(file, store)
        elif file.sha256 is not None and is_archive_name(file.locator):
            openers.update(_member_openers(file.locator, store.local(file.sha256)))
    return SetFiles(
        openers=openers,
        photos=lambda: _readable(_uploaded_photos(files, store, WalkTally())),
        open_photo=lambda path: _open_uploaded_photo(files, store, path),
        listing=lambda tally: _uploaded_photos(files, store, tally),
    )


def archive_files(path: Path) -> SetFiles:
    """Of one zip or tar on disk; its paths begin with its name, as in an upload."""
    name = os.fsencode(path.name)
    return SetFiles(
        openers=_member_openers(name, path),
        photos=lambda: _readable(_archive_photos(name, path, WalkTally())),
        open_photo=lambda photo: _open_member(path, photo.removeprefix(name + b"/")),
        listing=lambda tally: _archive_photos(name, path, tally),
    )


def _stored_opener(file: UploadedFile, store: PhotoStore) -> Callable[[], BinaryIO]:
    def open_stored() -> BinaryIO:
        if file.sha256 is None:
            raise InputError(file.error_code or "file_gone", f"Its annotation: {file.error_message}")
        return store.open(file.sha256)

    return open_stored


def _member_openers(archive: bytes, path: Path) -> Mapping[bytes, Callable[[], BinaryIO]]:
    """Openers of the members of a zip; it stays open as long as they are kept."""
    if is_tar(path):
        return _tar_openers(archive, path)
    if is_packed_tar(path):
        return _packed_tar_openers(archive, path)
    limits = ArchiveLimits(max_member_bytes=MOST_SET_BYTES)
    # The listing of its photos reports what is wrong with the archive.
    found = {
        entry.relative: entry.error
        for entry in walk_archive(path, limits, wanted=is_set_file)
        if is_set_file(entry.relative)
    }
    if not found:
        return {}
    opened = zipfile.ZipFile(path)
    members = {member_name(info): info for info in reversed(opened.infolist())}

    def opener(name: bytes) -> Callable[[], BinaryIO]:
        def open_member() -> BinaryIO:
            if found[name] is not None:
                code = found[name] or "archive_damaged"
                raise InputError(code, "Its annotation in the archive cannot be read.")
            return buffered(MemberStream(opened, members[name], MOST_SET_BYTES))

        return open_member

    return {archive + b"/" + name: opener(name) for name in found}


def _tar_openers(archive: bytes, path: Path) -> Mapping[bytes, Callable[[], BinaryIO]]:
    limits = ArchiveLimits(max_member_bytes=MOST_SET_BYTES)

    def opener(member: TarMember) -> Callable[[], BinaryIO]:
        def open_member() -> BinaryIO:
            if member.error is not None:
                raise InputError(member.error, "Its annotation in the archive cannot be read.")
            return buffered(TarStream(path, member))

        return open_member

    found = walk_tar(path, max_members=limits.max_members, max_member_bytes=MOST_SET_BYTES)
    return {archive + b"/" + each.name: opener(each) for each in found if is_set_file(each.name)}


def _packed_tar_openers(archive: bytes, path: Path) -> Mapping[bytes, Callable[[], BinaryIO]]:
    """Openers of the members of a compressed tar, which one pass copies into a file of their own."""
    copies = _Copies()
    copied = copies.file
    places: dict[bytes, tuple[int, int]] = {}
    limits = ArchiveLimits(max_member_bytes=MOST_SET_BYTES)
    for entry in walk_archive(path, limits, wanted=is_set_file):
        if entry.stream is None or not is_set_file(entry.relative):
            continue
        start = copied.tell()
        try:
            shutil.copyfileobj(entry.stream, copied)
        except InputError:
            # The listing of its photos reports what is wrong with the archive; what came before counts.
            break
        places[entry.relative] = start, copied.tell() - start
    copied.flush()
    return {
        archive + b"/" + name: partial(_open_part, copies, start, size)
        for name, (start, size) in places.items()
    }


class _Copies:
    """A file that the system deletes when nothing opens parts of it any more."""

    def __init__(self) -> None:
        self.file = TemporaryFile()  # noqa: SIM115

    def __del__(self) -> None:
        self.file.close()


def _open_part(copies: _Copies, start: int, size: int) -> BinaryIO:
    """A part of the copies as a file of its own."""
    return buffered(_Part(copies, start, size))


class _Part:
    """Bytes of a part of a file, by positions of its own."""

    def __init__(self, copies: _Copies, start: int, size: int) -> None:
        self._copies, self._at, self._left = copies, start, size

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; all remaining bytes where it is negative."""
        data = os.pread(
            self._copies.file.fileno(), self._left if size < 0 else min(size, self._left), self._at
        )
        self._at, self._left = self._at + len(data), self._left - len(data)
        return data


class _Raw(io.RawIOBase):
    """Any source of bytes as a raw stream; InputError of the source passes through."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        data = self._source.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed and isinstance(self._source, MemberStream | TarStream):
            self._source.close()
        super().close()


def buffered(source: ByteSource) -> BinaryIO:
    """A source of bytes as a file."""
    return cast(BinaryIO, io.BufferedReader(_Raw(source)))


def _open_uploaded_photo(files: Sequence[UploadedFile], store: PhotoStore, path: bytes) -> BinaryIO:
    """A photo of an upload by its path, which may lead into an archive."""
    for file in files:
        if file.sha256 is None:
            continue
        if file.locator == path:
            return store.open(file.sha256)
        if is_archive_name(file.locator) and path.startswith(file.locator + b"/"):
            return _open_member(store.local(file.sha256), path.removeprefix(file.locator + b"/"))
    return _no_photo()


def _open_member(archive: Path, member: bytes) -> BinaryIO:
    for entry in walk_archive(archive, wanted=partial(operator.eq, member)):
        if entry.relative == member and entry.stream is not None:
            return io.BytesIO(entry.stream.read())
    return _no_photo()


def _no_photo() -> BinaryIO:
    raise InputError("file_gone", "The photo cannot be read.")


def _uploaded_photos(
    files: Sequence[UploadedFile], store: PhotoStore, tally: WalkTally
) -> Iterator[tuple[bytes, str | None]]:
    for file in files:
        if file.sha256 is not None and is_archive_name(file.locator):
            yield from _archive_photos(file.locator, store.local(file.sha256), tally)
        elif is_photo_name(file.locator) or (file.error_code and is_archive_name(file.locator)):
            yield file.locator, file.error_code


def _archive_photos(archive: bytes, path: Path, tally: WalkTally) -> Iterator[tuple[bytes, str | None]]:
    for entry in walk_archive(path, tally=tally):
        yield archive + (b"/" + entry.relative if entry.relative else b""), entry.error


def _readable(listed: Iterator[tuple[bytes, str | None]]) -> Iterator[bytes]:
    return (path for path, error in listed if error is None)
