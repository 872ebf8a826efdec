"""Find what a set says about a photo by the photo's path: annotations are indexed once, by name."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Generic, TypeVar

from core.datasets.importing.formats.record import split_word
from core.errors import InputError
from core.library.files.names import display_name, is_photo_name

SaidT = TypeVar("SaidT")
#: Folders that only say what is in them; a photo and its annotation agree in all others. Without case, spaces
#: and punctuation.
_LAYOUT_FOLDERS = frozenset(
    (
        "image", "images", "img", "imgs", "jpegimage", "jpegimages", "photo", "photos", "picture", "pictures",
        "annotation", "annotations", "annot", "annots", "anno", "annos", "ann", "label", "labels", "xml",
        "xmls", "voc", "pascalvoc", "vocxml", "box", "boxes", "bbox", "bboxes",
    )
)  # fmt: skip


class AnnotationIndex(Generic[SaidT]):
    """The annotations of a set by path. Each look-up costs the same, however large the set is.

    A path is that of an annotation file, or the one at which a file about many photos says that a photo is.
    A photo has the annotation of its own name (in any case, without the suffix)
    1. in its folder;
    2. in a folder that differs only in layout words, as `set/Images/train` and `set/annotations/xmls/train`;
    3. in a folder of the same name, if no other such folder has that name;
    4. anywhere, if no other annotation and no other photo of the set has that name.
    """

    def __init__(
        self,
        paths: Iterable[bytes],
        read: Callable[[bytes], SaidT],
        photos: Callable[[], Iterable[bytes]],
        *,
        aliases: Mapping[bytes, bytes] | None = None,
    ) -> None:
        """`read` returns what stands at a path, or raises InputError; `photos` lists the photos of the set.

        `aliases` are those of `paths` that are other names of others.
        """
        self._read, self._photos, self._aliases = read, photos, aliases or {}
        self._in_folder: defaultdict[str, list[bytes]] = defaultdict(list)
        self._in_place: defaultdict[str, list[bytes]] = defaultdict(list)
        self._by_stem: defaultdict[str, list[bytes]] = defaultdict(list)
        #: Paths that fit no photo so far.
        self.unused: set[bytes] = set()
        for path in paths:
            self._in_folder[_same_folder(path)].append(path)
            self._in_place[_same_place(path)].append(path)
            self._by_stem[_stem(path)].append(path)
            if path not in self._aliases:
                self.unused.add(path)

    def read(self, photo: bytes) -> SaidT | None:
        """What the annotation of a photo says; None if it has none.

        Raises InputError annotation_ambiguous, or why the file cannot be read.
        """
        path = self.find(photo)
        if path is None:
            return None
        self.unused.discard(self._aliases.get(path, path))
        return self._read(path)

    def find(self, photo: bytes) -> bytes | None:
        """The path of a photo's annotation; None if it has none. Raises InputError annotation_ambiguous."""
        near = self._in_folder.get(_same_folder(photo)) or self._in_place.get(_same_place(photo))
        near = [path for path in near or () if _may_be(photo, path)]
        if near:
            return _choose(photo, near)
        far = [path for path in self._far(photo) if _may_be(photo, path)]
        if (alike := _in_folder_of_same_name(photo, far)) is not None:
            return alike
        is_only = len({self._aliases.get(path, path) for path in far}) == 1
        return far[0] if is_only and self._photo_stems[_stem(photo)] == 1 else None

    def _far(self, photo: bytes) -> list[bytes]:
        """The paths of this name in any folder."""
        return self._by_stem.get(_stem(photo), [])

    def explain_none(self, photo: bytes) -> InputError | None:
        """Why a photo has no annotation although a file elsewhere has its name; None if none has."""
        far = self._far(photo)
        if not far:
            return None
        records = len({self._aliases.get(path, path) for path in far})
        others = f"{records} annotation files" if records > 1 else f"{self._photo_stems[_stem(photo)]} photos"
        return InputError(
            "annotation_ambiguous",
            f"{display_name(far[0])} has the name of this photo in another folder, but {others} have it.",
        )

    @cached_property
    def _photo_stems(self) -> Counter[str]:
        """How many photos have the name of an annotation; read where a photo has none near it."""
        stems = (_stem(photo) for photo in self._photos())
        return Counter(stem for stem in stems if stem in self._by_stem)


#: Of the photos of one stem, so many folders are compared.
_MOST_ALIKE = 500


def _in_folder_of_same_name(photo: bytes, far: list[bytes]) -> bytes | None:
    """The only path that shares the most folders above its name with the photo; None if it shares none."""
    if len(far) > _MOST_ALIKE:
        return None
    shared = sorted(((_shared_folders(photo, path), path) for path in far), reverse=True)
    if not shared or shared[0][0] == 0 or (len(shared) > 1 and shared[1][0] == shared[0][0]):
        return None
    return shared[0][1]


def _shared_folders(one: bytes, other: bytes) -> int:
    """How many folders above the name are the same, from the innermost on, without layout words."""
    pairs = zip(_folders(one), _folders(other), strict=False)
    return next((count for count, (a, b) in enumerate(pairs) if a != b), min(_depth(one), _depth(other)))


def _folders(path: bytes) -> list[str]:
    """The folders above a name, the innermost first; `train2017` and `train` are one."""
    folders = _same_place(path).split("/")[-2::-1]
    return [split.value if (split := split_word(each)) is not None else each for each in folders]


def _depth(path: bytes) -> int:
    return _same_place(path).count("/")


def _may_be(photo: bytes, path: bytes) -> bool:
    """Whether a path that is one of a photo has the photo's own suffix: `a.png` is not `a.jpg`."""
    if not is_photo_name(path):
        return True
    return _kind(photo) == _kind(path)


def _kind(path: bytes) -> bytes:
    suffix = path.rpartition(b".")[2].lower()
    return b"jpg" if suffix in (b"jpeg", b"jpe", b"jfif") else suffix


def _choose(photo: bytes, paths: list[bytes]) -> bytes:
    """The only path, or the only one in the photo's own case."""
    exact = [path for path in paths if _raw_stem(path) == _raw_stem(photo)] or paths
    if len(exact) > 1:
        names = " and ".join(display_name(path) for path in sorted(exact)[:2])
        raise InputError(
            "annotation_ambiguous", f"{len(exact)} annotation files fit this photo, such as {names}."
        )
    return exact[0]


def _raw_stem(path: bytes) -> bytes:
    """The name without folder and suffix, as it is written."""
    name = path.rpartition(b"/")[2]
    return name.rpartition(b".")[0] or name


def _stem(path: bytes) -> str:
    return _folded(_raw_stem(path))


def _same_folder(path: bytes) -> str:
    """Equal for the files of one name in one folder."""
    folder, slash, _ = path.rpartition(b"/")
    return _folded(folder + slash + _raw_stem(path))


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
