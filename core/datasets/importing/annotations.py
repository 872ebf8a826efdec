"""Find and read annotation files, in a folder or among uploaded files."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from core.errors import InputError
from core.library.files.archive import ArchiveLimits, walk_archive
from core.library.files.names import is_archive_name
from core.library.files.reading import read_photo
from core.library.files.store import PhotoStore
from core.predict.listing.photos import UploadedFile

_PHOTO_FOLDERS = (b"images", b"JPEGImages", b"image", b"photos", b"imgs")
_ANNOTATION_FOLDERS = (b"annotations", b"Annotations", b"labels", b"xml", b"xmls")
SUFFIX = b".xml"
MOST_BYTES = 2**20
#: The bytes of the annotation at a relative path; None where there is none.
ReadAnnotation = Callable[[bytes], bytes | None]


def annotation_paths(photo: bytes) -> Iterator[bytes]:
    """Relative paths where the annotation of a photo may be, nearest first.

    Next to the photo; in an annotation folder within its folder, or in one that replaces its photo folder.
    """
    stem = photo.rpartition(b".")[0]
    yield stem + SUFFIX
    *folders, name = stem.split(b"/")
    for inner in _ANNOTATION_FOLDERS:
        yield b"/".join([*folders, inner, name]) + SUFFIX
        for at, folder in enumerate(folders):
            if folder in _PHOTO_FOLDERS:
                yield b"/".join([*folders[:at], inner, *folders[at + 1 :], name]) + SUFFIX


def is_annotation(name: bytes) -> bool:
    """Whether the name of a file has the suffix of annotations."""
    return name.lower().endswith(SUFFIX)


def folder_annotations(root: Path, allowed_roots: Sequence[Path] = ()) -> ReadAnnotation:
    """Reads annotations from a folder of photos on disk; links may lead into `allowed_roots`."""
    raw_root = os.fsencode(root)

    def read(relative: bytes) -> bytes | None:
        # Most paths do not exist, and this check is far cheaper than opening a file safely.
        if not os.path.lexists(os.path.join(raw_root, relative)):
            return None
        return read_photo(root, relative, max_bytes=MOST_BYTES, allowed_roots=allowed_roots)

    return read


def upload_annotations(files: Sequence[UploadedFile], store: PhotoStore) -> ReadAnnotation:
    """Reads annotations from uploaded files and archives; a path in an archive begins with its name."""
    found: dict[bytes, bytes] = {}
    for file in files:
        if file.sha256 is None:
            continue
        if is_annotation(file.locator):
            found[file.locator] = _read_stored(store, file.sha256)
        elif is_archive_name(file.locator):
            found.update(_read_archive(file.locator, store.path_of(file.sha256)))
    return found.get


def _read_stored(store: PhotoStore, sha256: str) -> bytes:
    with store.open(sha256) as stream:
        return stream.read(MOST_BYTES + 1)


def _read_archive(archive: bytes, path: Path) -> Mapping[bytes, bytes]:
    limits = ArchiveLimits(max_member_bytes=MOST_BYTES)
    found = {}
    for entry in walk_archive(path, limits, wanted=is_annotation):
        try:
            if entry.stream is not None:
                found[archive + b"/" + entry.relative] = entry.stream.read()
        except InputError:
            # The listing of its photos reports what is wrong with the archive.
            continue
    return found
