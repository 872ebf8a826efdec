"""`python -m benchmarks.accuracy IMAGES ANNOTATIONS`: average precision of detection on Pascal VOC photos.

`core.evaluation.average_precision` defines the metric, `core.release.metrics` the classes and sizes. With
`--split test` only the photos that the classifier's card lists as test photos are measured.
"""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.measured_photos import measure, of_split
from core.detection.card import CHAMPION
from core.detection.detector import FaceMaskDetector
from core.detection.options import DetectionOptions
from core.detection.weights import YUNET, fetch_weights
from core.errors import MaskloopError
from core.release.card import task_table
from core.release.metrics import photo_metrics
from core.release.voc import read_annotations

TITLES = {"three": "Three classes", "two": "Two classes", "face": "Faces, any label"}


def main() -> int:
    """Measure, and print the metrics as Markdown tables or as JSON."""
    given = _arguments()
    try:
        photos = list(read_annotations(given.images, given.annotations))
        photos = [photo for photo in photos if photo.path.name not in given.without]
        if given.split:
            photos = of_split(photos, given.classifier, given.split)
        fetch_weights([YUNET.name], given.weights)
        options = DetectionOptions(smallest_face=given.smallest_face)
        detector = FaceMaskDetector(
            given.weights,
            options=options,
            classifier=given.classifier,
            detector=given.detector,
            threads=given.threads,
        )
        measured = list(measure(detector, options, photos))
    except MaskloopError as error:
        print(f"{error.code}: {error.message}", file=sys.stderr)
        return 1
    metrics = photo_metrics(measured)
    print(json.dumps(metrics, indent=1) if given.json else _text(metrics, len(measured)))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("images", type=Path, help="folder of photos")
    parser.add_argument("annotations", type=Path, help="folder of Pascal VOC .xml files")
    parser.add_argument("--split", choices=["validation", "test"], help="measure only this split")
    parser.add_argument("--weights", type=Path, default=Path("weights"), help="folder of pretrained weights")
    parser.add_argument("--classifier", type=Path, default=CHAMPION, help="a classifier's folder")
    parser.add_argument("--detector", type=Path, help="a one-pass face detector's folder; default: YuNet")
    parser.add_argument("--without", nargs="+", default=[], help="file names of photos to skip")
    parser.add_argument("--smallest-face", type=float, default=16.0, help="in pixels, as for a job")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser.parse_args()


def _text(metrics: dict[str, dict[str, object]], photos: int) -> str:
    lines = [f"{photos} photos, AP at IoU 0.5"]
    for task, title in TITLES.items():
        lines += ["", *task_table(metrics[task], title)]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
