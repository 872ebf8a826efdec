"""Average precision agrees with COCO's own evaluator on the same boxes."""

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from core.evaluation.average_precision import Matches, PhotoBoxes, SizeRange, average_precision, match

PHOTOS = 40
SIZES = (SizeRange(), SizeRange(smallest=32), SizeRange(smallest=16, largest=32))
#: Recalls at which COCO samples the precision-recall curve.
RECALLS_101 = np.linspace(0, 1, 101)


def random_boxes(rng: np.random.Generator, count: int) -> np.ndarray:
    """Corners float (n, 4) of crowded boxes, so that a detection often overlaps several of them."""
    corners = rng.uniform(0, 30, (count, 2))
    return np.hstack([corners, corners + rng.uniform(12, 60, (count, 2))])


def random_photo(rng: np.random.Generator) -> PhotoBoxes:
    """Most boxes found, shifted and some of them twice; and false positives."""
    truth = random_boxes(rng, int(rng.integers(0, 9)))
    found = truth[rng.random(len(truth)) < 0.8]
    detected = np.vstack([found, found[::2], random_boxes(rng, int(rng.integers(1, 5)))])
    detected[:, :2] += rng.normal(0, 3, (len(detected), 2))
    detected[:, 2:] += rng.normal(0, 3, (len(detected), 2))
    detected[:, 2:] = np.maximum(detected[:, 2:], detected[:, :2] + 2)
    return PhotoBoxes(truth=truth, detected=detected, scores=rng.random(len(detected)))


def coco_average_precision(photos: list[PhotoBoxes], sizes: SizeRange, recalls: np.ndarray) -> float:
    """COCO's AP at IoU 0.5: the mean of the interpolated precision at these recalls."""
    truth = COCO()
    truth.dataset = {
        "images": [{"id": image} for image in range(len(photos))],
        "categories": [{"id": 1}],
        "annotations": [
            {
                "id": number,
                "image_id": image,
                "category_id": 1,
                "iscrowd": 0,
                "bbox": box,
                "area": box[2] * box[3],
            }
            for number, (image, box) in enumerate(_listed([photo.truth for photo in photos]), 1)
        ],
    }
    truth.createIndex()
    scores = np.concatenate([photo.scores for photo in photos])
    found = [
        {"image_id": image, "category_id": 1, "bbox": box, "score": float(score)}
        for (image, box), score in zip(_listed([photo.detected for photo in photos]), scores, strict=True)
    ]
    evaluator = COCOeval(truth, truth.loadRes(found), "bbox")
    evaluator.params.iouThrs = np.array([0.5])
    evaluator.params.recThrs = recalls
    evaluator.params.maxDets = [1000]
    evaluator.params.areaRng = [[sizes.smallest**2, min(sizes.largest, 1e5) ** 2]]
    evaluator.params.areaRngLbl = ["range"]
    evaluator.evaluate()
    evaluator.accumulate()
    return float(evaluator.eval["precision"].mean())


def _listed(boxes: list[np.ndarray]) -> list[tuple[int, list[float]]]:
    """Index of the photo, and [x, y, width, height], of each box."""
    return [
        (image, [x1, y1, x2 - x1, y2 - y1])
        for image, of_photo in enumerate(boxes)
        for x1, y1, x2, y2 in of_photo.tolist()
    ]


def sampled_average_precision(matches: list[Matches]) -> float:
    """The 101-point AP of our matches."""
    scores = np.concatenate([each.scores for each in matches])
    hits = np.concatenate([each.hits for each in matches])[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    envelope = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
    recall = np.cumsum(hits) / sum(each.truth for each in matches)
    return float(envelope[np.searchsorted(recall, RECALLS_101, side="left")].mean())


@pytest.mark.parametrize("sizes", SIZES, ids=["all", "32+", "16-32"])
@pytest.mark.parametrize("seed", range(5))
def test_average_precision_is_cocos(seed: int, sizes: SizeRange) -> None:
    rng = np.random.default_rng(seed)
    photos = [random_photo(rng) for _ in range(PHOTOS)]
    matches = [match(photo, sizes) for photo in photos]
    ours = average_precision(matches)
    assert 0.2 < ours.average < 0.95
    # At every recall that the boxes allow, the mean of COCO's curve is the exact area below it.
    every_recall = np.arange(1, ours.truth + 1) / ours.truth
    assert ours.average == pytest.approx(coco_average_precision(photos, sizes, every_recall), abs=1e-9)
    assert sampled_average_precision(matches) == pytest.approx(
        coco_average_precision(photos, sizes, RECALLS_101), abs=1e-9
    )
