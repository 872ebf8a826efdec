"""YOLO text files: Ultralytics' layout with `data.yaml`, and Darknet's with `obj.data`.

One line a face: class number, centre, width and height as shares of the picture, as both programs read them.
"""

from typing_extensions import override

from core.exports.formats.base import PhotoFormat
from core.exports.record import CLASSES, ExportedFace, ExportedPhoto

_SPLITS = {"train": "train", "validation": "val", "test": "test"}


def yolo_lines(photo: ExportedPhoto) -> bytes:
    """The text file of a photo; empty without faces, which both programs take as a negative."""
    return "".join(f"{_line(face, photo.width, photo.height)}\n" for face in photo.faces).encode()


def _line(face: ExportedFace, width: int, height: int) -> str:
    x1, x2 = (min(max(x / width, 0.0), 1.0) for x in (face.x1, face.x2))
    y1, y2 = (min(max(y / height, 0.0), 1.0) for y in (face.y1, face.y2))
    return f"{face.class_index} {(x1 + x2) / 2:.6f} {(y1 + y2) / 2:.6f} {x2 - x1:.6f} {y2 - y1:.6f}"


class UltralyticsYolo(PhotoFormat):
    """`images/SPLIT`, `labels/SPLIT` and `data.yaml`, as Ultralytics trains from."""

    @override
    def picture_path(self, photo: ExportedPhoto) -> str:
        return f"images/{_SPLITS[photo.split]}/{photo.file_name}"

    @override
    def add(self, photo: ExportedPhoto) -> None:
        self.archive.add(f"labels/{_SPLITS[photo.split]}/{photo.stem}.txt", yolo_lines(photo))
        self.archive.write_line(f"seen-{photo.split}", b".")

    @override
    def finish(self) -> None:
        seen = [split for _, split in self.spools("seen")]
        # Ultralytics needs both; an export without splits validates on what it trains from.
        train = "train" if "train" in seen or not seen else _SPLITS[seen[0]]
        val = "val" if "validation" in seen else train
        lines = ["path: .", f"train: images/{train}", f"val: images/{val}"]
        lines += ["test: images/test"] if "test" in seen else []
        lines += ["names:", *(f"  {number}: {name}" for number, name in enumerate(CLASSES))]
        self.archive.add("data.yaml", "\n".join([*lines, ""]).encode())


class Darknet(PhotoFormat):
    """`obj_SPLIT_data`, lists of pictures, `obj.names` and `obj.data`."""

    @override
    def picture_path(self, photo: ExportedPhoto) -> str:
        return f"obj_{photo.split}_data/{photo.file_name}"

    @override
    def add(self, photo: ExportedPhoto) -> None:
        self.archive.add(f"obj_{photo.split}_data/{photo.stem}.txt", yolo_lines(photo))
        self.archive.write_line(f"list-{photo.split}", f"data/{self.picture_path(photo)}\n".encode())

    @override
    def finish(self) -> None:
        lists = self.spools("list")
        names = {"train": "train", "validation": "valid", "test": "test"}
        for spool, split in lists:
            self.archive.add_pieces(f"{names[split]}.txt", self.archive.read_spool(spool))
        lines = [f"classes = {len(CLASSES)}"]
        lines += [f"{names[split]} = data/{names[split]}.txt" for _, split in lists]
        lines += ["names = data/obj.names", "backup = backup/"]
        self.archive.add("obj.data", "\n".join([*lines, ""]).encode())
        self.archive.add("obj.names", "\n".join([*CLASSES, ""]).encode())
