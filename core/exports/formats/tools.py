"""Files of labelling tools: Label Studio, CVAT for images, CreateML."""

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from typing_extensions import override

from core.exports.formats.base import PhotoFormat
from core.exports.record import CLASSES, ExportedFace, ExportedPhoto

_TASKS = "tasks-all"


class LabelStudio(PhotoFormat):
    """`tasks.json` for Label Studio's import, with local files; predicted labels are its `predictions`."""

    @override
    def picture_path(self, photo: ExportedPhoto) -> str:
        return f"images/{photo.file_name}"

    @override
    def add(self, photo: ExportedPhoto) -> None:
        decided = [face for face in photo.faces if face.decided]
        guessed = [face for face in photo.faces if not face.decided]
        task: dict[str, Any] = {
            "data": {
                "image": f"/data/local-files/?d={self.picture_path(photo)}",
                "split": photo.split,
                "attribution": photo.credit.attribution if photo.credit else "",
            },
            "annotations": [{"result": [_region(photo, face) for face in decided]}],
        }
        if guessed:
            task["predictions"] = [{"result": [_region(photo, face) for face in guessed]}]
        self.write_json(_TASKS, task)

    @override
    def finish(self) -> None:
        self.archive.add_pieces("tasks.json", self.json_array(_TASKS))
        labels = "".join(f'    <Label value="{name}"/>\n' for name in CLASSES)
        config = (
            '<View>\n  <Image name="image" value="$image"/>\n'
            f'  <RectangleLabels name="label" toName="image">\n{labels}  </RectangleLabels>\n</View>\n'
        )
        self.archive.add("label_config.xml", config.encode())


def _region(photo: ExportedPhoto, face: ExportedFace) -> dict[str, Any]:
    """One region; places are per cent of the picture."""
    value = {
        "x": 100 * face.x1 / photo.width,
        "y": 100 * face.y1 / photo.height,
        "width": 100 * face.width / photo.width,
        "height": 100 * face.height / photo.height,
        "rotation": 0,
        "rectanglelabels": [face.class_name],
    }
    region: dict[str, Any] = {
        "id": str(face.face_id),
        "type": "rectanglelabels",
        "from_name": "label",
        "to_name": "image",
        "original_width": photo.width,
        "original_height": photo.height,
        "image_rotation": 0,
        "value": value,
    }
    return region if face.confidence is None else region | {"score": round(face.confidence, 4)}


class Cvat(PhotoFormat):
    """`annotations.xml` of CVAT for images 1.1, as a project has it."""

    @override
    def picture_path(self, photo: ExportedPhoto) -> str:
        return f"images/{photo.split}/{photo.file_name}"

    @override
    def add(self, photo: ExportedPhoto) -> None:
        name = f"{photo.split}/{photo.file_name}"
        lines = [
            f"  <image id={quoteattr(str(photo.photo_id))} name={quoteattr(name)}"
            f" subset={quoteattr(photo.split)} width={quoteattr(str(photo.width))}"
            f" height={quoteattr(str(photo.height))}>"
        ]
        lines += [_cvat_box(face) for face in photo.faces]
        self.archive.write_line("images-all", "\n".join([*lines, "  </image>\n"]).encode())
        self.archive.write_line(f"seen-{photo.split}", b".")

    @override
    def finish(self) -> None:
        self.archive.add_pieces("annotations.xml", self._file())

    def _file(self) -> Iterator[bytes]:
        yield b'<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n'
        labels = "".join(
            f"<label><name>{escape(name)}</name><attributes><attribute><name>decided</name>"
            "<mutable>False</mutable><input_type>checkbox</input_type><default_value>false</default_value>"
            "<values>false</values></attribute></attributes></label>"
            for name in CLASSES
        )
        splits = [split for _, split in self.spools("seen")]
        tasks = "".join(f"<task><name>{each}</name><subset>{each}</subset></task>" for each in splits)
        # A project, since only its photos have subsets.
        yield (
            f"  <meta><project><name>Maskloop</name><tasks>{tasks}</tasks><labels>{labels}</labels>"
            f"<subsets>{chr(10).join(splits)}</subsets></project></meta>\n"
        ).encode()
        yield from self.archive.read_spool("images-all")
        yield b"</annotations>\n"


def _cvat_box(face: ExportedFace) -> str:
    places = {"xtl": face.x1, "ytl": face.y1, "xbr": face.x2, "ybr": face.y2}
    corners = " ".join(f'{name}="{value:.2f}"' for name, value in places.items())
    source = "manual" if face.decided else "auto"
    return (
        f'    <box label={quoteattr(face.class_name)} source="{source}" occluded="0" {corners} z_order="0">'
        f'<attribute name="decided">{str(face.decided).lower()}</attribute></box>'
    )


class CreateMl(PhotoFormat):
    """A folder a split with its pictures and `_annotations.createml.json`; places are centre and size."""

    @override
    def picture_path(self, photo: ExportedPhoto) -> str:
        return f"{photo.split}/{photo.file_name}"

    @override
    def add(self, photo: ExportedPhoto) -> None:
        boxes = [
            {
                "label": face.class_name,
                "coordinates": {
                    "x": round((face.x1 + face.x2) / 2, 2),
                    "y": round((face.y1 + face.y2) / 2, 2),
                    "width": round(face.width, 2),
                    "height": round(face.height, 2),
                },
            }
            for face in photo.faces
        ]
        self.write_json(f"photos-{photo.split}", {"image": photo.file_name, "annotations": boxes})

    @override
    def finish(self) -> None:
        for spool, split in self.spools("photos"):
            self.archive.add_pieces(f"{split}/_annotations.createml.json", self.json_array(spool))
