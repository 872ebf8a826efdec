"""Read annotations by their path, from a folder or from what a browser sent."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from core.datasets.importing.annotation import MOST_BYTES, SUFFIX
from core.errors import InputError
from core.library.files.archive import ArchiveLimits, walk_archive
from core.library.files.names import is_archive_name
from core.library.files.reading import read_photo
from core.library.files.store import PhotoStore
from core.predict.listing.photos import UploadedFile

#: The bytes of the annotation at a relative path; None where there is none.
ReadAnnotation = Callable[[bytes], bytes | None]


def is_annotation(name: bytes) -> bool:
    """Whether a file's name is that of an annotation."""
    return name.lower().endswith(SUFFIX)


def folder_annotations(root: Path) -> ReadAnnotation:
    """Annotations that lie in a folder beside its photos."""
    raw_root = os.fsencode(root)

    def read(relative: bytes) -> bytes | None:
        # Most places hold nothing: asking for the name alone is far cheaper than opening step by step.
        if not os.path.lexists(os.path.join(raw_root, relative)):
            return None
        return read_photo(root, relative, max_bytes=MOST_BYTES)

    return read


def upload_annotations(files: Sequence[UploadedFile], store: PhotoStore) -> ReadAnnotation:
    """Annotations among uploaded files, and in uploaded archives under the archive's name."""
    found: dict[bytes, bytes] = {}
    for file in files:
        if file.sha256 is None:
            continue
        if is_annotation(file.locator):
            found[file.locator] = _stored(store, file.sha256)
        elif is_archive_name(file.locator):
            found.update(_in_archive(file.locator, store.path_of(file.sha256)))
    return found.get


def _stored(store: PhotoStore, sha256: str) -> bytes:
    with store.open(sha256) as stream:
        return stream.read(MOST_BYTES + 1)


def _in_archive(archive: bytes, path: Path) -> Mapping[bytes, bytes]:
    limits = ArchiveLimits(max_member_bytes=MOST_BYTES)
    found = {}
    for entry in walk_archive(path, limits, wanted=is_annotation):
        try:
            if entry.stream is not None:
                found[archive + b"/" + entry.relative] = entry.stream.read()
        except InputError:
            # What is wrong with the archive is told where its photos are listed.
            continue
    return found
