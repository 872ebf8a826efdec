"""Pascal VOC: one XML file a photo, and lists of the splits."""

from typing_extensions import override

from core.boxes.formats import voc_annotation
from core.exports.formats.base import PhotoFormat
from core.exports.record import CLASSES, ExportedPhoto

_SPLITS = {"train": "train", "validation": "val", "test": "test"}


class PascalVoc(PhotoFormat):
    """`JPEGImages`, `Annotations` and `ImageSets/Main/SPLIT.txt`."""

    @override
    def picture_path(self, photo: ExportedPhoto) -> str:
        return f"JPEGImages/{photo.file_name}"

    @override
    def add(self, photo: ExportedPhoto) -> None:
        self.archive.add(f"Annotations/{photo.stem}.xml", voc_xml(photo))
        self.archive.write_line(f"set-{photo.split}", f"{photo.stem}\n".encode())

    @override
    def finish(self) -> None:
        # CVAT and datumaro read classes of one's own by it: name, colour, parts, actions.
        lines = ["# label:color_rgb:parts:actions", *(f"{name}:::" for name in CLASSES)]
        self.archive.add("labelmap.txt", "\n".join([*lines, ""]).encode())
        for spool, split in self.spools("set"):
            self.archive.add_pieces(f"ImageSets/Main/{_SPLITS[split]}.txt", self.archive.read_spool(spool))


def voc_xml(photo: ExportedPhoto) -> bytes:
    """The annotation file of a photo."""
    return voc_annotation(
        file_name=photo.file_name,
        credit=photo.credit,
        size=(photo.width, photo.height),
        all_boxed=photo.all_boxed,
        objects=[(face.class_name, (face.x1, face.y1, face.x2, face.y2)) for face in photo.faces],
    )
