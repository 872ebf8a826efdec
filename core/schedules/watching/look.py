"""One look at a watched folder: what is there, and what of it is new."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.library.files.scan import ScannedFile, scan_photos
from core.schedules.watching.settling import fingerprint_of

#: Files compared with the database at a time.
_CHUNK = 5_000

#: Those of the fingerprints that were taken already.
ReadTaken = Callable[[Sequence[bytes]], set[bytes]]
New = list[tuple[bytes, ScannedFile]]


@dataclass(kw_only=True)
class Look:
    """Counts of a look; complete when it has ended."""

    photos: int = 0
    unreadable: list[bytes] = field(default_factory=list)


def find_new(
    root: Path,
    look: Look,
    *,
    allowed_roots: Sequence[Path],
    recursive: bool,
    read_taken: ReadTaken,
    check: Callable[[], None],
) -> Iterator[New]:
    """Yield the files that were not taken, with their fingerprints, in chunks; counts into `look`.

    Raises as `scan_photos` does.
    """
    files = scan_photos(
        root,
        allowed_roots=allowed_roots,
        recursive=recursive,
        check=check,
        on_unreadable=look.unreadable.append,
    )
    for chunk in _chunks(files):
        look.photos += len(chunk)
        by_print = {fingerprint_of(file): file for file in chunk}
        taken = read_taken(list(by_print))
        yield [(key, file) for key, file in by_print.items() if key not in taken]


def _chunks(files: Iterable[ScannedFile]) -> Iterator[list[ScannedFile]]:
    source = iter(files)
    while chunk := list(itertools.islice(source, _CHUNK)):
        yield chunk
