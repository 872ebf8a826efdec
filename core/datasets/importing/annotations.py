"""Find and read annotation files, in a folder or among uploaded files: all are indexed once, by name."""

import re
import unicodedata
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from core.errors import InputError
from core.library.files.archive import ArchiveLimits, walk_archive
from core.library.files.folder import walk_photos
from core.library.files.names import display_name, is_archive_name, is_photo_name
from core.library.files.reading import read_photo
from core.library.files.store import PhotoStore
from core.predict.listing.photos import UploadedFile

SUFFIX = b".xml"
MOST_BYTES = 2**20
#: Annotations of one archive, unpacked.
_MOST_ARCHIVE_BYTES = 2**30
#: Folders that only say what is in them; a photo and its annotation agree in all others. Without case, spaces
#: and punctuation.
_LAYOUT_FOLDERS = frozenset(
    (
        "image", "images", "img", "imgs", "jpegimage", "jpegimages", "photo", "photos", "picture", "pictures",
        "annotation", "annotations", "annot", "annots", "anno", "annos", "ann", "label", "labels", "xml",
        "xmls", "voc", "pascalvoc", "vocxml", "box", "boxes", "bbox", "bboxes",
    )
)  # fmt: skip


def is_annotation(name: bytes) -> bool:
    """Whether the name of a file has the suffix of annotations."""
    return name.lower().endswith(SUFFIX)


class AnnotationIndex:
    """The annotation files of a set. Each look-up costs the same, however large the set is.

    A photo has the annotation of its own name (in any case, without the suffix)
    1. in its folder;
    2. in a folder that differs only in layout words, as `set/Images/train` and `set/annotations/xmls/train`;
    3. anywhere, if no other annotation and no other photo of the set has that name.
    """

    def __init__(
        self,
        paths: Iterable[bytes],
        read: Callable[[bytes], bytes],
        photos: Callable[[], Iterable[bytes]],
    ) -> None:
        """`read` returns the bytes of a path, or raises InputError; `photos` lists the photos of the set."""
        self._read, self._photos = read, photos
        self._in_folder: defaultdict[str, list[bytes]] = defaultdict(list)
        self._in_place: defaultdict[str, list[bytes]] = defaultdict(list)
        self._by_stem: defaultdict[str, list[bytes]] = defaultdict(list)
        #: Paths that fit no photo so far.
        self.unused: set[bytes] = set()
        for path in paths:
            self._in_folder[_same_folder(path)].append(path)
            self._in_place[_same_place(path)].append(path)
            self._by_stem[_stem(path)].append(path)
            self.unused.add(path)

    def read(self, photo: bytes) -> bytes | None:
        """The bytes of a photo's annotation; None if it has none.

        Raises InputError annotation_ambiguous, or why the file cannot be read.
        """
        path = self.find(photo)
        if path is None:
            return None
        self.unused.discard(path)
        return self._read(path)

    def find(self, photo: bytes) -> bytes | None:
        """The path of a photo's annotation; None if it has none. Raises InputError annotation_ambiguous."""
        near = self._in_folder.get(_same_folder(photo)) or self._in_place.get(_same_place(photo))
        if near:
            return _choose(photo, near)
        far = self._by_stem.get(_stem(photo), [])
        return far[0] if len(far) == 1 and self._photo_stems[_stem(photo)] == 1 else None

    def explain_none(self, photo: bytes) -> InputError | None:
        """Why a photo has no annotation although a file elsewhere has its name; None if none has."""
        far = self._by_stem.get(_stem(photo), [])
        if not far:
            return None
        others = (
            f"{len(far)} annotation files" if len(far) > 1 else f"{self._photo_stems[_stem(photo)]} photos"
        )
        return InputError(
            "annotation_ambiguous",
            f"{display_name(far[0])} has the name of this photo in another folder, but {others} have it.",
        )

    @cached_property
    def _photo_stems(self) -> Counter[str]:
        """How many photos have the name of an annotation; read where a photo has none near it."""
        stems = (_stem(photo) for photo in self._photos())
        return Counter(stem for stem in stems if stem in self._by_stem)


def _choose(photo: bytes, paths: list[bytes]) -> bytes:
    """The only path, or the only one in the photo's own case."""
    exact = [path for path in paths if _raw_stem(path) == _raw_stem(photo)] or paths
    if len(exact) > 1:
        names = " and ".join(display_name(path) for path in sorted(exact)[:2])
        raise InputError(
            "annotation_ambiguous", f"{len(exact)} annotation files fit this photo, such as {names}."
        )
    return exact[0]


def folder_annotations(
    root: Path, allowed_roots: Sequence[Path] = (), check: Callable[[], None] = lambda: None
) -> AnnotationIndex:
    """The annotations of a folder of photos on disk; links may lead into `allowed_roots`.

    `check` is called for each folder and may raise.
    """

    def walk(wanted: Callable[[bytes], bool]) -> Iterator[bytes]:
        found = walk_photos(root, allowed_roots=allowed_roots, before_folder=check, wanted=wanted)
        return (entry.relative for entry in found if wanted(entry.relative))

    return AnnotationIndex(
        walk(is_annotation),
        lambda path: read_photo(root, path, max_bytes=MOST_BYTES, allowed_roots=allowed_roots),
        lambda: walk(is_photo_name),
    )


def upload_annotations(files: Sequence[UploadedFile], store: PhotoStore) -> AnnotationIndex:
    """The annotations among uploaded files and in archives; a path in an archive begins with its name."""
    readers: dict[bytes, Callable[[], bytes]] = {}
    for file in files:
        if is_annotation(file.locator):
            readers[file.locator] = _stored_reader(file, store)
        elif file.sha256 is not None and is_archive_name(file.locator):
            readers.update(_archive_readers(file.locator, store.path_of(file.sha256)))
    return AnnotationIndex(readers, lambda path: readers[path](), lambda: _uploaded_photos(files, store))


def _stored_reader(file: UploadedFile, store: PhotoStore) -> Callable[[], bytes]:
    def read() -> bytes:
        if file.sha256 is None:
            raise InputError(file.error_code or "file_gone", f"Its annotation: {file.error_message}")
        with store.open(file.sha256) as stream:
            return stream.read(MOST_BYTES + 1)

    return read


def _archive_readers(archive: bytes, path: Path) -> Mapping[bytes, Callable[[], bytes]]:
    """Readers by path; the files are in memory, compressed, since an archive is read from front to back."""
    limits = ArchiveLimits(max_member_bytes=MOST_BYTES, max_total_bytes=_MOST_ARCHIVE_BYTES)
    found = {}
    for entry in walk_archive(path, limits, wanted=is_annotation):
        # The listing of its photos reports what is wrong with the archive.
        if not is_annotation(entry.relative):
            continue
        try:
            data: bytes | InputError = (
                zlib.compress(entry.stream.read(), 1) if entry.stream else _unread(entry.error)
            )
        except InputError as error:
            data = error
        found[archive + b"/" + entry.relative] = _packed_reader(data)
    return found


def _unread(code: str | None) -> InputError:
    return InputError(code or "archive_damaged", "Its annotation in the archive cannot be read.")


def _packed_reader(data: bytes | InputError) -> Callable[[], bytes]:
    def read() -> bytes:
        if isinstance(data, InputError):
            raise data
        return zlib.decompress(data)

    return read


def _uploaded_photos(files: Sequence[UploadedFile], store: PhotoStore) -> Iterator[bytes]:
    for file in files:
        if file.sha256 is not None and is_archive_name(file.locator):
            for entry in walk_archive(store.path_of(file.sha256)):
                yield file.locator + b"/" + entry.relative
        elif is_photo_name(file.locator):
            yield file.locator


def _raw_stem(path: bytes) -> bytes:
    """The name without folder and suffix, as it is written."""
    return path.rpartition(b"/")[2].rpartition(b".")[0]


def _stem(path: bytes) -> str:
    return _folded(_raw_stem(path))


def _same_folder(path: bytes) -> str:
    """Equal for the files of one name in one folder."""
    return _folded(path.rpartition(b".")[0])


def _same_place(path: bytes) -> str:
    """Equal for the files of one name in folders that differ in layout words only."""
    *folders, name = _same_folder(path).split("/")
    return "/".join([*(folder for folder in folders if not is_layout_folder(folder)), name])


def is_layout_folder(name: str) -> bool:
    """Whether a folder's name only says what kind of files are in it."""
    return re.sub(r"[\W_]+", "", name.casefold().removesuffix(".zip")) in _LAYOUT_FOLDERS


def _folded(raw: bytes) -> str:
    """A name without case; accents that macOS has taken apart are joined."""
    return unicodedata.normalize("NFC", raw.decode("utf-8", "surrogateescape")).casefold()
