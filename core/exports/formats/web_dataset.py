"""WebDataset: tar shards with a picture and a JSON file a sample, which trainers read as a stream."""

import json
import tarfile
from typing import Any

from typing_extensions import override

from core.exports.formats.base import PhotoFormat
from core.exports.record import ExportedPhoto

#: A shard that has so many bytes takes no further sample.
SHARD_BYTES = 1 << 30
_END = b"\0" * 1024


class WebDataset(PhotoFormat):
    """`SPLIT-000000.tar` and so on; samples are named by the hash of the photo."""

    @override
    def picture_path(self, photo: ExportedPhoto) -> str:
        return photo.file_name

    @override
    def add_picture(self, name: str, data: bytes, photo: ExportedPhoto) -> None:
        self._write(photo, name, data)

    @override
    def add(self, photo: ExportedPhoto) -> None:
        self._write(photo, f"{photo.stem}.json", json.dumps(_described(photo), ensure_ascii=False).encode())

    @override
    def finish(self) -> None:
        for spool, name in self.spools("shard"):
            self.archive.write_line(spool, _END)
            self.archive.add_pieces(f"{name}.tar", self.archive.read_spool(spool), packed=False)

    def _write(self, photo: ExportedPhoto, name: str, data: bytes) -> None:
        """Append a member; the files of one sample follow each other, in one shard."""
        member = tarfile.TarInfo(name)
        member.size = len(data)
        padding = b"\0" * (-len(data) % tarfile.BLOCKSIZE)
        self.archive.write_line(self._shard(photo, name), member.tobuf() + data + padding)

    def _shard(self, photo: ExportedPhoto, name: str) -> str:
        """The newest shard of the split, or the next one where a sample begins and that one is full."""
        start = f"shard-{photo.split}-"
        known = [spool for spool in self.archive.spools() if spool.startswith(start)]
        newest = known[-1] if known else f"{start}{0:06}"
        begins = name == self.picture_path(photo)
        if begins and self.archive.spool_size(newest) >= SHARD_BYTES:
            return f"{start}{len(known):06}"
        return newest


def _described(photo: ExportedPhoto) -> dict[str, Any]:
    return {
        "photo_id": photo.photo_id,
        "sha256": photo.sha256,
        "width": photo.width,
        "height": photo.height,
        "all_faces_boxed": photo.all_boxed,
        "licence": (photo.credit.licence or "") if photo.credit else "",
        "attribution": photo.credit.attribution if photo.credit else "",
        "split": photo.split,
        "objects": [
            {
                "id": face.face_id,
                "bbox": [round(value, 2) for value in (face.x1, face.y1, face.width, face.height)],
                "category": face.class_name,
                "decided": face.decided,
                "confidence": face.confidence,
                "score": round(face.score, 4),
            }
            for face in photo.faces
        ],
    }
