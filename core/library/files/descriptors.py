"""Open files and folders by descriptor, so that a folder replaced by a link in between leads nowhere else.

A path is resolved and checked first, then opened part by part from the top of the file system without
following any link: what is opened is what was checked, or nothing.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

#: Enough to go through a folder that may be entered but not listed.
_STEP = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def real_roots(folder: Path, allowed_roots: Sequence[Path]) -> list[bytes]:
    """Real paths of the folders into which links may lead from `folder`.

    The folder itself is one of them only where it is below no allowed root, as a command may ask for it:
    below one, it may have become a link out of it since it was checked.
    """
    allowed = [os.path.realpath(os.fsencode(root)) for root in allowed_roots]
    named = [*(os.path.abspath(os.fsencode(root)) for root in allowed_roots), *allowed]  # noqa: PTH100
    own = os.fsencode(folder)
    if any(is_below(root, own) for root in named):
        return allowed
    return [os.path.realpath(own), *allowed]


def is_below(root: bytes, path: bytes) -> bool:
    """Whether an absolute path is `root` or below it, by its name alone."""
    return path.startswith(b"/") and os.path.commonpath([root, path]) == root


def open_real(path: bytes, flags: int) -> int:
    """A descriptor of an absolute path; OSError ELOOP or ENOTDIR if any part of it is a link."""
    *above, name = path.strip(b"/").split(b"/")
    folder = os.open(b"/", _STEP)
    try:
        for part in above:
            inner = os.open(part, _STEP, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(name or b".", flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    finally:
        os.close(folder)


@contextmanager
def opened_folder(real: bytes) -> Iterator[int]:
    """A descriptor of a folder whose real path this is, to list it; OSError as `open_real`."""
    descriptor = open_real(real, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def status_of(real: bytes) -> os.stat_result:
    """The status of a file whose real path this is; OSError as `open_real`."""
    folder, name = os.path.split(real)
    with opened_place(folder) as descriptor:
        return os.stat(name or b".", dir_fd=descriptor, follow_symlinks=False)


@contextmanager
def opened_place(real: bytes) -> Iterator[int]:
    """A descriptor of a folder that need not be readable, to look a name up in it; OSError as `open_real`."""
    descriptor = open_real(real, _STEP)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
