"""Read exports by tools that need other versions of libraries than Maskloop, in an environment of their own.

python3 -m venv tools && tools/bin/pip install datumaro==1.13.0 label-studio-sdk==2.1.2
.venv/bin/python -m tests.unit.exports.by_other_tools tools/bin/python
"""

import argparse
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from core.exports.options import ExportFormat
from tests.unit.exports.test_formats import EMPTY, OTHER, PHOTO
from tests.unit.exports.test_round_trip import VALID, export_to

Boxes = dict[str, list[tuple[str, float, float, float, float]]]

#: Run by the other Python: prints the boxes by the stem of their photo.
_DATUMARO = """
import json, sys
from pathlib import Path
import datumaro
found = {}
read = datumaro.Dataset.import_from(sys.argv[2], sys.argv[1])
names = read.categories()[datumaro.AnnotationType.label]
for item in read:
    boxes = found.setdefault(Path(item.id).name, [])
    for each in item.annotations:
        if each.type == datumaro.AnnotationType.bbox:
            word = "" if each.label is None else names[each.label].name
            x, y, w, h = each.get_bbox()
            boxes.append([word, x, y, x + w, y + h])
print(json.dumps(found))
"""
_LABEL_STUDIO = """
import json, sys, tempfile
from pathlib import Path
from label_studio_sdk.converter.converter import Converter
root, out = Path(sys.argv[2]), tempfile.mkdtemp()
# Label Studio numbers tasks and annotations as it imports them.
tasks = json.loads((root / "tasks.json").read_text())
for number, task in enumerate(tasks):
    task["id"] = number
    for each in task["annotations"]:
        each["id"] = number
(root / "tasks.json").write_text(json.dumps(tasks))
converter = Converter((root / "label_config.xml").read_text(), project_dir=None, download_resources=False)
converter.convert_to_coco(str(root / "tasks.json"), out, output_image_dir=out, is_dir=False)
said = json.loads((Path(out) / "result.json").read_text())
names = {each["id"]: each["name"] for each in said["categories"]}
stems = {each["id"]: Path(each["file_name"]).stem for each in said["images"]}
found = {stem: [] for stem in stems.values()}
for each in said["annotations"]:
    x, y, w, h = each["bbox"]
    found[stems[each["image_id"]]].append([names[each["category_id"]], x, y, x + w, y + h])
print(json.dumps(found))
"""
#: The reader of each format, and its name for it.
READERS = {
    ExportFormat.COCO: (_DATUMARO, "coco"),
    ExportFormat.VOC: (_DATUMARO, "voc"),
    ExportFormat.CVAT: (_DATUMARO, "cvat"),
    ExportFormat.DARKNET: (_DATUMARO, "yolo"),
    ExportFormat.WIDER_FACE: (_DATUMARO, "wider_face"),
    ExportFormat.LABEL_STUDIO: (_LABEL_STUDIO, "label_studio"),
}


def main() -> int:
    """Read each format; returns how many were not read as they were written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("python", type=Path, help="The Python of the other environment.")
    python = parser.parse_args().python.absolute()
    wrong = 0
    for fmt in READERS:
        said = _differences(fmt, python)
        wrong += bool(said)
        print(f"{fmt.value}: {said or 'read as it was written'}", flush=True)
    return wrong


def _differences(fmt: ExportFormat, python: Path) -> str:
    """What was read in another way than it was written; empty if nothing."""
    # Predictions of Label Studio are no annotations.
    faces = [face for face in PHOTO.faces if face.decided or fmt is not ExportFormat.LABEL_STUDIO]
    photos = (replace(PHOTO, faces=tuple(faces)), EMPTY, OTHER, VALID)
    with TemporaryDirectory() as folder:
        with zipfile.ZipFile(export_to(Path(folder), fmt, *photos)) as archive:
            archive.extractall(Path(folder) / "set")
        code, name = READERS[fmt]
        command = [python, "-c", code, name, Path(folder) / "set"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return done.stderr.strip().rpartition("\n")[2]
    read = json.loads(done.stdout.splitlines()[-1])
    for photo in photos:
        wanted = sorted(
            ("" if fmt is ExportFormat.WIDER_FACE else face.class_name, face.x1, face.y1, face.x2, face.y2)
            for face in photo.faces
        )
        found = sorted(
            ("" if fmt is ExportFormat.WIDER_FACE else word, *corners)
            for word, *corners in read.get(photo.stem, [])
        )
        if [word for word, *_ in found] != [word for word, *_ in wanted] or any(
            abs(one - other) > 1
            for (_, *ours), (_, *theirs) in zip(found, wanted, strict=True)
            for one, other in zip(ours, theirs, strict=True)
        ):
            return f"{photo.stem}: {found} instead of {wanted}"
    return ""


if __name__ == "__main__":
    sys.exit(main())
