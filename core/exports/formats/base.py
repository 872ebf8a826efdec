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
    """Writes one format; all that it remembers between photos is in the spools of the archive.

    A format is either a `PhotoFormat` or a `CropFormat`.
    """

    def __init__(self, archive: ExportArchive) -> None:
        self.archive = archive

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

    def values(self, spool: str) -> Iterator[Any]:
        """The values of a spool that `write_json` wrote, one by one."""
        rest = b""
        for piece in self.archive.read_spool(spool):
            *lines, rest = (rest + piece).split(b"\n")
            yield from map(json.loads, lines)

    def note_licence(self, spool: str, photo: ExportedPhoto) -> None:
        """Append the licence of a photo to a spool, with its address."""
        if photo.credit and photo.credit.licence:
            self.write_json(spool, [photo.credit.licence, photo.credit.licence_url or ""])

    def licences(self, spool: str) -> list[tuple[str, str]]:
        """Name and address of each licence of a spool, once; there are few."""
        return sorted({(name, url) for name, url in self.values(spool)})

    def spools(self, kind: str) -> list[tuple[str, str]]:
        """Spools `kind-SPLIT` as pairs of name and split."""
        start = f"{kind}-"
        return [(name, name.removeprefix(start)) for name in self.archive.spools() if name.startswith(start)]

    def json_array(self, spool: str) -> Iterator[bytes]:
        """The values of a spool as one JSON array, piece by piece."""
        yield b"[\n"
        yield from between_lines(self.archive.read_spool(spool), _SEPARATED)
        yield b"\n]"


class PhotoFormat(Format):
    """A format of whole photos with the boxes of their faces."""

    @abstractmethod
    def picture_path(self, photo: ExportedPhoto) -> str:
        """Where the picture stands in the zip."""


class CropFormat(Format):
    """A format of crops of faces."""

    @abstractmethod
    def crop_path(self, photo: ExportedPhoto, face: ExportedFace) -> str:
        """Where the crop of a face stands in the zip."""


def between_lines(pieces: Iterator[bytes], separator: bytes) -> Iterator[bytes]:
    """Text of lines, with the separator in place of the line ends; the last line has none."""
    held = b""
    for piece in pieces:
        yield held
        held = separator if piece.endswith(b"\n") else b""
        yield piece.removesuffix(b"\n").replace(b"\n", separator)
