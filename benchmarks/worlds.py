"""`python -m benchmarks.worlds`: accuracy on several sets of photos, at IoU 0.5 and 0.3, by face size.

`--own FOLDER` is the training folder's `photos`: only photos that the classifier's card lists under the test
split are measured. `--world FOLDER` (any number) is a set that no classifier has learned from. Both have
`images` and `annotations` (Pascal VOC). `--negatives FOLDER` holds photos without people.

AP counts as the field does: every face is a row for every label, with detector score x label probability. A
true face is found if a face that the product shows, so one whose most probable label is not `not_a_face`,
overlaps it by IoU 0.3. Labels that were found wrong by eye are corrected (`label_corrections.json`, by the
hash of the photo's file) unless `--as-published` is given.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2

from benchmarks.measured_photos import corrected, measure, of_split
from benchmarks.worlds_metrics import World, world_metrics
from benchmarks.worlds_tables import lines
from core.detection.card import CHAMPION
from core.detection.decode import decode_photo
from core.detection.detector import FaceMaskDetector
from core.detection.options import DetectionOptions
from core.detection.weights import YUNET, fetch_weights
from core.errors import MaskloopError
from core.release.voc import PHOTO_ENDINGS, read_annotations
from models.label import Label


def main() -> int:
    """Measure, and print Markdown tables or JSON."""
    given = _arguments()
    try:
        fetch_weights([YUNET.name], given.weights)
        options = DetectionOptions(smallest_face=given.smallest_face, score_threshold=given.score_threshold)
        detector = FaceMaskDetector(
            given.weights,
            options=options,
            classifier=given.classifier,
            detector=given.detector,
            threads=given.threads,
        )
        metrics = dict(_metrics(detector, options, given))
        if given.negatives is not None:
            metrics["negatives"] = _false_faces(detector, options, given.negatives)
    except MaskloopError as error:
        print(f"{error.code}: {error.message}", file=sys.stderr)
        return 1
    print(json.dumps(metrics, indent=1) if given.json else "\n".join(lines(metrics)))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.worlds", description=__doc__)
    parser.add_argument("--own", type=Path, help="photos of the training folder; the test split is measured")
    parser.add_argument("--split", choices=["validation", "test"], default="test", help="of --own")
    parser.add_argument("--world", type=Path, nargs="+", default=[], help="folders of other photos")
    parser.add_argument("--negatives", type=Path, help="folder of photos without people")
    parser.add_argument(
        "--as-published", action="store_true", help="without the labels corrected in label_corrections.json"
    )
    parser.add_argument("--weights", type=Path, default=Path("weights"), help="folder of pretrained weights")
    parser.add_argument("--classifier", type=Path, default=CHAMPION, help="a classifier's folder")
    parser.add_argument("--detector", type=Path, help="a one-pass face detector's folder; default: YuNet")
    parser.add_argument("--smallest-face", type=float, default=16.0, help="in pixels, as for a job")
    parser.add_argument("--score-threshold", type=float, default=0.3, help="of the detector, as for a job")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser.parse_args()


def _metrics(
    detector: FaceMaskDetector, options: DetectionOptions, given: argparse.Namespace
) -> Iterator[tuple[str, dict[str, Any]]]:
    for folder in [*filter(None, [given.own]), *given.world]:
        photos = list(read_annotations(folder / "images", folder / "annotations"))
        if folder == given.own:
            photos = of_split(photos, given.classifier, given.split)
        if not given.as_published:
            photos = list(corrected(photos))
        world = World(photos=tuple(measure(detector, options, photos)))
        yield (
            f"{folder.name}, {given.split} split" if folder == given.own else folder.name,
            world_metrics(world),
        )


def _false_faces(detector: FaceMaskDetector, options: DetectionOptions, folder: Path) -> dict[str, Any]:
    """Faces that are shown in photos without people."""
    cv2.setNumThreads(1)
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PHOTO_ENDINGS)
    photos = (decode_photo(file.read_bytes(), min_scale=options.min_decode_scale) for file in files)
    shown = sum(face.label is not Label.NOT_A_FACE for photo in photos for face in detector.detect(photo))
    return {"photos": len(files), "false_faces": shown, "a_photo": round(shown / max(len(files), 1), 4)}


if __name__ == "__main__":
    sys.exit(main())
