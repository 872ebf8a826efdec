"""Walk the photos of a zip or tar file; a bad member does not affect the others."""

import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from core.errors import InputError
from core.library.files.archive_member import MemberStream, member_name
from core.library.files.folder import WalkTally
from core.library.files.names import display_name, is_archive_name, is_photo_name
from core.library.files.packed_tar import PackedStream, is_packed_tar, walk_packed_tar
from core.library.files.skipping import Skip, skip_of_path
from core.library.files.tar import TarStream, is_tar, walk_tar
from core.library.files.zip_directory import has_more_members

_LOCAL_HEADER = 30
#: A member up to this size is accepted at any compression ratio.
_NEVER_A_BOMB = 16 * 1024 * 1024
_METHODS_READ = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))


@dataclass(frozen=True, kw_only=True)
class ArchiveLimits:
    """Limits of an archive. Sizes are checked as declared, and again while a member is read."""

    #: Memory holds about 750 bytes of each.
    max_members: int = 250_000
    max_member_bytes: int = 256 * 1024 * 1024
    max_total_bytes: int = 64 * 1024**3
    #: Decompressed bytes per compressed byte; a member above it and above 16 MB counts as a zip bomb.
    max_ratio: float = 200.0


@dataclass(frozen=True, kw_only=True)
class ArchiveEntry:
    """One photo of an archive, or one member that is refused."""

    #: Path inside the archive, UTF-8, separated by `/`; empty for an error of the whole archive.
    relative: bytes
    #: Declared size in bytes.
    size: int = 0
    #: Code of the error, None where `stream` can be read.
    error: str | None = None
    #: The photo's bytes; read them before the next entry. Reading raises InputError: archive_damaged,
    #: archive_too_large.
    stream: MemberStream | TarStream | PackedStream | None = None

    @property
    def name(self) -> str:
        """The path as display text."""
        return display_name(self.relative)


def walk_archive(
    path: Path,
    limits: ArchiveLimits | None = None,
    *,
    tally: WalkTally | None = None,
    wanted: Callable[[bytes], bool] = is_photo_name,
) -> Iterator[ArchiveEntry]:
    """Yield every photo of a zip or tar in its own order; skipped names are counted in `tally`.

    `wanted` selects files by name. Nothing is extracted to disk. An archive that cannot be opened gives a
    single entry with the code empty_file, file_gone, file_unreadable, not_an_archive, archive_damaged or
    archive_too_many_members. A refused member gives an entry with archive_path_outside, archive_link,
    archive_encrypted, archive_nested, archive_duplicate, archive_overlapping, archive_method_not_supported,
    archive_too_large or archive_damaged.
    """
    walk = _ArchiveWalk(limits or ArchiveLimits(), tally if tally is not None else WalkTally(), wanted)
    if is_tar(path):
        yield from walk.tar_entries(path)
        return
    if is_packed_tar(path):
        yield from walk.packed_tar_entries(path)
        return
    try:
        archive = _open(path, walk.limits)
    except InputError as error:
        walk.tally.count(error.code)
        yield ArchiveEntry(relative=b"", error=error.code)
        return
    with closing(archive):
        yield from walk.entries(archive)


def _open(path: Path, limits: ArchiveLimits) -> zipfile.ZipFile:
    """Open the archive. Raises InputError with the codes that `walk_archive` lists."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
        if has_more_members(path, limits.max_members):
            message = f"The archive has more than {limits.max_members:,} members."
            raise InputError("archive_too_many_members", message)
        archive = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise InputError("file_gone", "The archive is no longer there.") from error
    except OSError as error:
        raise InputError("file_unreadable", "The archive cannot be read.") from error
    # zipfile raises all of these on damaged directories.
    except (zipfile.BadZipFile, ValueError, NotImplementedError, LookupError, OverflowError) as error:
        raise _open_error(start) from error
    return archive


def _open_error(start: bytes) -> InputError:
    if not start:
        return InputError("empty_file", "The archive is empty.")
    if start[:2] != b"PK":
        return InputError("not_an_archive", "The file is neither a zip nor a tar, although its name says so.")
    return InputError("archive_damaged", "The archive is truncated or damaged.")


class _ArchiveWalk:
    """State of one walk: names seen and skipped, bytes decompressed."""

    def __init__(self, limits: ArchiveLimits, tally: WalkTally, wanted: Callable[[bytes], bool]) -> None:
        self.wanted = wanted
        self.limits = limits
        self.tally = tally
        self.seen: set[bytes] = set()
        self.skipped: list[Skip] = []
        self.bytes_out = 0

    def entries(self, archive: zipfile.ZipFile) -> Iterator[ArchiveEntry]:
        overlapping = _overlapping(archive.infolist())
        for info in archive.infolist():
            if info.is_dir():
                continue
            name = member_name(info)
            skip = skip_of_path(name, self._is_wanted)
            if skip is not None:
                self.skipped.append(skip)
                continue
            error = self._refusal(info, name, overlapping)
            self.seen.add(name)
            yield from self._entry(archive, info, name, error)
        self.tally.skip(*self.skipped)

    def tar_entries(self, path: Path) -> Iterator[ArchiveEntry]:
        limits = self.limits
        found = walk_tar(path, max_members=limits.max_members, max_member_bytes=limits.max_member_bytes)
        for member in found:
            skip = skip_of_path(member.name, self._is_wanted) if member.name else None
            if skip is not None:
                self.skipped.append(skip)
                continue
            error = member.error or ("archive_nested" if is_archive_name(member.name) else None)
            self.tally.count(error)
            if error is not None:
                yield ArchiveEntry(relative=member.name, size=member.size, error=error)
                continue
            with closing(TarStream(path, member)) as stream:
                yield ArchiveEntry(relative=member.name, size=member.size, stream=stream)
        self.tally.skip(*self.skipped)

    def packed_tar_entries(self, path: Path) -> Iterator[ArchiveEntry]:
        limits = self.limits
        # As for a zip: what inflates beyond any photo is a bomb.
        inflated_most = max(_NEVER_A_BOMB, limits.max_ratio * path.stat().st_size)
        found = walk_packed_tar(
            path,
            max_members=limits.max_members,
            max_member_bytes=limits.max_member_bytes,
            max_total_bytes=int(min(limits.max_total_bytes, inflated_most)),
        )
        for member, stream in found:
            skip = skip_of_path(member.name, self._is_wanted) if member.name else None
            if skip is not None:
                self.skipped.append(skip)
                continue
            error = member.error or ("archive_nested" if is_archive_name(member.name) else None)
            self.tally.count(error)
            yield ArchiveEntry(
                relative=member.name, size=member.size, error=error, stream=None if error else stream
            )
        self.tally.skip(*self.skipped)

    def _is_wanted(self, name: bytes) -> bool:
        """Whether a member is an entry: archives become errors."""
        return self.wanted(name) or is_archive_name(name)

    def _refusal(self, info: zipfile.ZipInfo, name: bytes, overlapping: set[int]) -> str | None:
        """Code of why a member is not opened, None if it may be."""
        if _leads_outside(name):
            return "archive_path_outside"
        if is_archive_name(name):
            return "archive_nested"
        if stat.S_ISLNK(info.external_attr >> 16):
            return "archive_link"
        if info.flag_bits & 0x1:
            return "archive_encrypted"
        if info.compress_type not in _METHODS_READ:
            return "archive_method_not_supported"
        if name in self.seen:
            return "archive_duplicate"
        if id(info) in overlapping:
            return "archive_overlapping"
        return "archive_too_large" if self._is_too_large(info) else None

    def _is_too_large(self, info: zipfile.ZipInfo) -> bool:
        inflated_most = self.limits.max_ratio * max(info.compress_size, 1)
        is_bomb = info.file_size > max(_NEVER_A_BOMB, inflated_most)
        is_over = self.bytes_out + info.file_size > self.limits.max_total_bytes
        return is_bomb or is_over or info.file_size > self.limits.max_member_bytes

    def _entry(
        self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: bytes, error: str | None
    ) -> Iterator[ArchiveEntry]:
        """The member's entry; its stream is closed before the next entry."""
        if error is None:
            try:
                stream = MemberStream(archive, info, self.limits.max_member_bytes)
            except InputError as refusal:
                error = refusal.code
        self.tally.count(error)
        if error is not None:
            yield ArchiveEntry(relative=name, size=info.file_size, error=error)
            return
        with closing(stream):
            yield ArchiveEntry(relative=name, size=info.file_size, stream=stream)
            self.bytes_out += stream.bytes_out


def _leads_outside(name: bytes) -> bool:
    return name.startswith(b"/") or b".." in name.split(b"/") or name[1:2] == b":"


def _overlapping(members: list[zipfile.ZipInfo]) -> set[int]:
    """`id` of members whose bytes include another member's start, as in zip bombs that reuse bytes."""
    found = set()
    ordered = sorted(members, key=lambda info: info.header_offset)
    for info, following in pairwise(ordered):
        if info.header_offset + _LOCAL_HEADER + info.compress_size > following.header_offset:
            found.add(id(info))
    return found
