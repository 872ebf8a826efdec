"""What every format does: name the picture, describe the photo, write files that are complete at the end."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from core.exports.archive import ExportArchive
from core.exports.record import ExportedFace, ExportedPhoto

#: Between the values of an array.
_SEPARATED = b",\n"


class Format(ABC):
    """Writes one format; all that it remembers between photos is in the spools of the archive."""

    #: Whether it holds crops of faces instead of photos.
    takes_crops = False

    def __init__(self, archive: ExportArchive) -> None:
        self.archive = archive

    @abstractmethod
    def picture_path(self, photo: ExportedPhoto) -> str:
        """Where the picture stands in the zip."""

    def crop_path(self, photo: ExportedPhoto, face: ExportedFace) -> str:
        """Where the crop of a face stands in the zip."""
        raise NotImplementedError

    def add_picture(self, name: str, data: bytes, photo: ExportedPhoto) -> None:
        """Write a picture: `name` is what `picture_path` or `crop_path` gave; before `add` of its photo."""
        self.archive.add(name, data, packed=False)

    @abstractmethod
    def add(self, photo: ExportedPhoto) -> None:
        """Describe a photo."""

    def finish(self) -> None:  # noqa: B027 - some formats end with their last photo
        """Write what is complete only now."""

    def write_json(self, spool: str, value: Any) -> None:
        """Append a value to a spool that holds one JSON value a line."""
        self.archive.write_line(spool, json.dumps(value, ensure_ascii=False).encode() + b"\n")

    def spools(self, kind: str) -> list[tuple[str, str]]:
        """Spools `kind-SPLIT` as pairs of name and split."""
        start = f"{kind}-"
        return [(name, name.removeprefix(start)) for name in self.archive.spools() if name.startswith(start)]

    def json_array(self, spool: str) -> Iterator[bytes]:
        """The values of a spool as one JSON array, piece by piece."""
        yield b"[\n"
        yield from between_lines(self.archive.read_spool(spool), _SEPARATED)
        yield b"\n]"


def between_lines(pieces: Iterator[bytes], separator: bytes) -> Iterator[bytes]:
    """Text of lines, with the separator in place of the line ends; the last line has none."""
    held = b""
    for piece in pieces:
        yield held
        held = separator if piece.endswith(b"\n") else b""
        yield piece.removesuffix(b"\n").replace(b"\n", separator)
