"""Lists of the photos of each split, as `train.txt` of YOLO and `ImageSets/Main/val.txt` of Pascal VOC."""

import io
import unicodedata

from core.datasets.importing.formats.record import split_word
from core.datasets.importing.formats.set_files import SetFiles
from core.errors import InputError
from core.labels.text_encoding import guess_encoding
from core.library.files.names import is_photo_name
from models import Split

_LONGEST_LINE = 4096


class SplitLists:
    """The split of photos by name; a name that is in the lists of several splits has none."""

    def __init__(self, files: SetFiles) -> None:
        self._splits: dict[str, Split | None] = {}
        for path in files.ending(b".txt"):
            split = split_word(path.rpartition(b"/")[2].rpartition(b".")[0].decode("utf-8", "replace"))
            if split is not None:
                self._add(files, path, split)

    def split_of(self, photo: bytes) -> Split | None:
        """The split of the photo at a path; None if no list, or more than one, names it."""
        return self._splits.get(_stem(photo.decode("utf-8", "replace")))

    def _add(self, files: SetFiles, path: bytes, split: Split) -> None:
        try:
            with io.TextIOWrapper(files.open(path), guess_encoding(files.head(path)), "replace") as lines:
                while line := lines.readline(_LONGEST_LINE):
                    name = line.strip().replace("\\", "/")
                    if name and (" " not in name or is_photo_name(name.encode())):
                        key = _stem(name)
                        self._splits[key] = split if self._splits.get(key, split) is split else None
        except InputError:
            # The photos it names then have no split, as the preview shows.
            return


def _stem(name: str) -> str:
    base = name.rpartition("/")[2]
    if is_photo_name(base.encode("utf-8", "surrogateescape")):
        base = base.rpartition(".")[0]
    return unicodedata.normalize("NFC", base).casefold()
