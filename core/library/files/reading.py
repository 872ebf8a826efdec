"""Read a photo's file safely: never outside its folder, never blocked by a pipe or device."""

import errno
import hashlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from core.errors import InputError, TransientError
from core.library.files.bucket import read_object
from core.library.files.descriptors import is_below, open_real, real_roots
from core.library.files.names import display_name
from core.settings import Settings
from core.storage.address import is_address
from core.storage.inputs import input_buckets

_CHUNK = 1 << 20


def read_photo(root: Path, relative: bytes, *, max_bytes: int, allowed_roots: Sequence[Path] = ()) -> bytes:
    """Current bytes of the file at `relative` under `root`.

    Links may lead into `root` and into `allowed_roots`. The path is resolved, then opened part by part
    without following links, so a link that replaces a part in between cannot lead outside. A FIFO or device
    is opened without blocking and refused.

    Raises InputError: file_gone, file_unreadable, file_is_not_regular, symlink_outside_root,
    photo_too_large_bytes. Raises TransientError: file_read_failed (the disk or the network share), or
    too_many_open_files.
    """
    real = _resolve(os.path.realpath(os.fsencode(root)), real_roots(root, allowed_roots), relative)
    try:
        descriptor = open_real(real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        raise _named(error, relative) from error
    try:
        return _read(descriptor, relative, max_bytes)
    except OSError as error:
        raise _named(error, relative) from error
    finally:
        os.close(descriptor)


def open_file(root: Path, relative: bytes, *, max_bytes: int, allowed_roots: Sequence[Path] = ()) -> BinaryIO:
    """The file at `relative` under `root`, to read as a stream; the caller closes it.

    Opened as safely as `read_photo` does, and raises as it does. It may grow while it is read.
    """
    real = _resolve(os.path.realpath(os.fsencode(root)), real_roots(root, allowed_roots), relative)
    try:
        descriptor = open_real(real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        raise _named(error, relative) from error
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_size <= max_bytes:
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise InputError("file_is_not_regular", f"{display_name(relative)} is not an ordinary file.")
    raise _too_large(relative, max_bytes)


def photo_erased() -> InputError:
    """The error of a photo whose picture was deleted."""
    return InputError("photo_erased", "The picture was deleted when its retention ended; its results stay.")


def missing_from_store(name: str) -> TransientError:
    """A stored file is missing: a share that is not mounted, or damage, never a result of the photo."""
    return TransientError(
        "stored_file_missing",
        f"The stored file of {name} is not in the data folder. Check that its disk is mounted, then retry.",
    )


def read_unchanged_photo(location: bytes, sha256: str, settings: Settings) -> bytes:
    """Bytes of the file at an absolute path, or of an object by its address, which must have this SHA-256.

    Raises InputError folder_not_allowed or bucket_not_allowed outside what may be read, photo_changed, and
    what `read_photo` raises.
    """
    if is_address(os.fsdecode(location)):
        folder, _, key = os.fsdecode(location).rpartition("/")
        objects = input_buckets(settings).open(folder)
        data = read_object(objects, key.encode(), max_bytes=settings.max_photo_bytes)
        return _unchanged(data, sha256)
    path = Path(os.fsdecode(location))
    root = next((root for root in settings.roots if path.is_relative_to(root)), None)
    if root is None:
        raise InputError("folder_not_allowed", "The photo's folder is not among those that may be read.")
    data = read_photo(
        root,
        os.fsencode(path.relative_to(root)),
        max_bytes=settings.max_photo_bytes,
        allowed_roots=settings.roots,
    )
    return _unchanged(data, sha256)


def _unchanged(data: bytes, sha256: str) -> bytes:
    if hashlib.sha256(data).hexdigest() != sha256:
        raise InputError("photo_changed", "The file has changed since it was read.")
    return data


def _resolve(folder: bytes, roots: list[bytes], relative: bytes) -> bytes:
    """The real path of `relative`, a path below `folder`, if it is below one of `roots`."""
    if b"\0" in relative or relative.startswith(b"/") or b".." in relative.split(b"/"):
        raise InputError("symlink_outside_root", f"{display_name(relative)} leads outside its folder.")
    real = os.path.realpath(os.path.join(folder, relative))
    if real in roots:
        raise InputError("file_is_not_regular", f"{display_name(relative)} is not a file.")
    if any(is_below(root, real) for root in roots):
        return real
    name = display_name(relative)
    raise InputError("symlink_outside_root", f"{name} is a link out of the folders that may be read.")


def _read(descriptor: int, relative: bytes, max_bytes: int) -> bytes:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise InputError("file_is_not_regular", f"{display_name(relative)} is not an ordinary file.")
    if status.st_size > max_bytes:
        raise _too_large(relative, max_bytes)
    blocks, total = [], 0
    # In one piece: joining many takes the memory twice.
    while block := os.read(descriptor, max(_CHUNK, status.st_size - total + 1)):
        total += len(block)
        # The file may have grown since `fstat`.
        if total > max_bytes:
            raise _too_large(relative, max_bytes)
        blocks.append(block)
    return b"".join(blocks)


def _too_large(relative: bytes, max_bytes: int) -> InputError:
    return InputError(
        "photo_too_large_bytes", f"{display_name(relative)} has more bytes than the limit of {max_bytes:,}."
    )


def _named(error: OSError, relative: bytes) -> InputError | TransientError:
    name = display_name(relative)
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ESTALE):
        return InputError("file_gone", f"{name} is no longer there.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.ENAMETOOLONG):
        return InputError("file_unreadable", f"The service may not read {name}.")
    if error.errno == errno.ELOOP:
        return InputError("symlink_outside_root", f"{name} became a link while it was opened.")
    if error.errno in (errno.ENXIO, errno.EISDIR, errno.ENODEV):
        return InputError("file_is_not_regular", f"{name} is not an ordinary file.")
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return TransientError("too_many_open_files", "The service has too many files open.")
    return TransientError("file_read_failed", f"{name} could not be read: {error.strerror}.")
