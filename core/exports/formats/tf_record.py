"""TFRecord: shards of `tf.train.Example`, with the field names of TensorFlow's object detection API.

TensorFlow is not imported: a record is a length, the bytes and two checksums, and an Example is a small
protocol buffer message. Both are among TensorFlow's stable file formats.
"""

import struct
from collections.abc import Iterator, Sequence

from google_crc32c import value as crc32c
from typing_extensions import override

from core.exports.archive import ExportArchive
from core.exports.formats.base import PhotoFormat
from core.exports.record import CLASSES, ExportedPhoto

#: A shard that has so many bytes takes no further record; TensorFlow advises 100 MB or more.
SHARD_BYTES = 1 << 28
_MASK = 0xA282EAD8
#: Protocol buffers' wire type of strings, messages and packed numbers.
_LENGTH_DELIMITED = 2
#: Numbers of the fields of `Feature`.
_BYTES, _FLOATS, _INTEGERS = 1, 2, 3
#: A feature: strings, floats or integers, told apart by the type of the first.
Values = Sequence[bytes] | Sequence[float] | Sequence[int]


class TfRecord(PhotoFormat):
    """`SPLIT-000000.tfrecord` and so on, and `label_map.pbtxt`; classes count from 1."""

    def __init__(self, archive: ExportArchive) -> None:
        super().__init__(archive)
        self._picture = b""

    @override
    def picture_path(self, photo: ExportedPhoto) -> str:
        return photo.file_name

    @override
    def add_picture(self, name: str, data: bytes, photo: ExportedPhoto) -> None:
        # The record, which `add` writes, holds both.
        self._picture = data

    @override
    def add(self, photo: ExportedPhoto) -> None:
        data, self._picture = self._picture, b""
        self.archive.write_line(self._shard(photo.split), framed(encode_example(_features(photo, data))))

    @override
    def finish(self) -> None:
        for spool, name in self.spools("record"):
            pieces = self.archive.read_spool(spool)
            self.archive.add_pieces(f"{name}.tfrecord", pieces, packed=False)
        items = (f"item {{\n  id: {number}\n  name: '{name}'\n}}\n" for number, name in enumerate(CLASSES, 1))
        self.archive.add("label_map.pbtxt", "".join(items).encode())

    def _shard(self, split: str) -> str:
        start = f"record-{split}-"
        known = [spool for spool in self.archive.spools() if spool.startswith(start)]
        if known and self.archive.spool_size(known[-1]) < SHARD_BYTES:
            return known[-1]
        return f"{start}{len(known):06}"


def _features(photo: ExportedPhoto, picture: bytes) -> Iterator[tuple[str, Values, int]]:
    """Name, values and kind of each feature; corners are shares of the picture from 0 to 1."""
    credit = photo.credit
    texts = {
        "image/filename": photo.file_name,
        "image/source_id": str(photo.photo_id),
        "image/key/sha256": photo.sha256,
        "image/licence": (credit.licence or "") if credit else "",
        "image/attribution": credit.attribution if credit else "",
    }
    if picture:
        yield "image/encoded", [picture], _BYTES
        ending = photo.file_name.rpartition(".")[2]
        texts["image/format"] = "jpeg" if ending == "jpg" else ending
    for name, text in texts.items():
        yield name, [text.encode("utf-8", "backslashreplace")], _BYTES
    numbers = {"image/height": photo.height, "image/width": photo.width}
    for name, number in (numbers | {"image/all_faces_boxed": int(photo.all_boxed)}).items():
        yield name, [number], _INTEGERS
    faces, start = photo.faces, "image/object"
    for side, corners, length in (
        ("xmin", [face.x1 for face in faces], photo.width),
        ("xmax", [face.x2 for face in faces], photo.width),
        ("ymin", [face.y1 for face in faces], photo.height),
        ("ymax", [face.y2 for face in faces], photo.height),
    ):
        yield f"{start}/bbox/{side}", [min(max(place / length, 0.0), 1.0) for place in corners], _FLOATS
    yield f"{start}/class/text", [face.class_name.encode() for face in faces], _BYTES
    yield f"{start}/class/label", [face.class_index + 1 for face in faces], _INTEGERS
    yield f"{start}/id", [face.face_id for face in faces], _INTEGERS
    yield f"{start}/decided", [int(face.decided) for face in faces], _INTEGERS
    yield f"{start}/score", [face.score for face in faces], _FLOATS


def framed(data: bytes) -> bytes:
    """One record of a TFRecord file: length, its checksum, the data, its checksum; little-endian."""
    length = struct.pack("<Q", len(data))
    return b"".join((length, _masked(length), data, _masked(data)))


def _masked(data: bytes) -> bytes:
    """The CRC32C, rotated by 15 bits and moved by a constant, since data may hold checksums itself."""
    crc = crc32c(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + _MASK) & 0xFFFFFFFF)


def encode_example(features: Iterator[tuple[str, Values, int]]) -> bytes:
    """A `tf.train.Example`: Features, a map of names to lists of bytes, floats or integers."""
    entries = (
        _message(1, _message(1, name.encode()) + _message(2, _message(kind, _list_of(values, kind))))
        for name, values, kind in features
    )
    return _message(1, b"".join(entries))


def _list_of(values: Values, kind: int) -> bytes:
    if kind == _BYTES:
        return b"".join(_message(1, value) for value in values if isinstance(value, bytes))
    if not values:
        return b""
    if kind == _FLOATS:
        return _message(1, struct.pack(f"<{len(values)}f", *values))
    return _message(1, b"".join(_varint(int(value)) for value in values))


def _message(field: int, data: bytes) -> bytes:
    return b"".join((_varint(field << 3 | _LENGTH_DELIMITED), _varint(len(data)), data))


def _varint(number: int) -> bytes:
    """A whole number from 0, seven bits a byte, the lowest first."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
