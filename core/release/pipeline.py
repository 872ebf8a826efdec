"""The whole release training, step by step; each step keeps its result, so that a repeat is cheap."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from core.detection.card import CARD_FILE
from core.detection.classifier import softmax
from core.detection.crop import cut
from core.detection.decode import decode_photo
from core.detection.detector import LEAST_SIDE, face_boxes
from core.detection.finder import FaceFinder
from core.detection.options import DetectionOptions
from core.detection.weights import MOBILENET, YUNET, fetch_weights
from core.detection.yunet import SCORE
from core.release.card import WEIGHTS_FILE, Trained, write_champion
from core.release.fitting import Recipe, fill_narrow, fit
from core.release.metrics import MeasuredPhoto, counts_of, crop_metrics, photo_metrics
from core.release.pictures import Origin, Picture
from core.release.prepare import Prepared, prepare
from core.release.voc import AnnotatedPhoto
from core.training.metrics import best_temperature
from core.training.network.batches import plain_crops
from core.training.network.canvas import CanvasStore
from core.training.network.litert_file import Choice, choose_file, exported_logits
from core.training.network.network import load_half, load_imagenet, save_half
from models.split import Split

SUMMARY = (
    "Classifies detected faces as `with_mask`, `without_mask`, `incorrect` (nose or mouth uncovered, mask on "
    "the chin) or `not_a_face` (false detection). MobileNetV2, trained from {start}. It learned only from "
    "photos whose publisher states a licence: MIT, CC0 or CC BY 4.0."
)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Input, output and hyperparameters of a release training."""

    data: Path
    out: Path
    #: Folder of pretrained weights; missing ones are fetched.
    weights: Path
    name: str
    #: Of the wide network.
    recipe: Recipe
    #: Of a narrow network to be distilled from the wide one and shipped; None ships the wide one.
    narrow: Recipe | None = None
    #: A classifier's folder to start from; None starts from ImageNet.
    start: Path | None = None
    processes: int = 2


def train(plan: Plan) -> Path:
    """Train, evaluate, and write the classifier's folder `out/classifier`; returns it."""
    cv2.setNumThreads(1)
    fetch_weights([YUNET.name, MOBILENET.name], plan.weights, progress=print)
    prepared = prepare(plan.data, plan.out, plan.weights / YUNET.name, processes=plan.processes)
    network = fit(prepared.canvases, plan.recipe, plan.out / "wide", begin=partial(_begin, plan))
    if plan.narrow is not None:
        begin = partial(fill_narrow, wide=network)
        network = fit(prepared.canvases, plan.narrow, plan.out / "narrow", begin=begin, teacher=network)
    return finish(plan, prepared, network)


def _start(plan: Plan) -> str:
    """What the training started from, as the card says it."""
    if plan.start is None:
        return "ImageNet weights"
    earlier = json.loads((plan.start / CARD_FILE).read_text(encoding="utf-8"))
    return f"the weights of {earlier['name']}"


def _begin(plan: Plan, network: keras.Model) -> None:
    if plan.start is None:
        load_imagenet(network, plan.weights / MOBILENET.name)
    else:
        load_half(network, plan.start / WEIGHTS_FILE)


def finish(plan: Plan, prepared: Prepared, network: keras.Model) -> Path:
    """Export a fitted network, calibrate and evaluate it, and write its folder."""
    validation = measured_crops(prepared.canvases, Split.VALIDATION)
    crops, labels = plain_crops(prepared.canvases, validation, plan.recipe.side), prepared.canvases.labels
    choice = choose_file(network, _samples(prepared, plan.recipe), crops, labels[validation], plan.out)
    temperature = best_temperature(choice.logits, labels[validation])
    weights = plan.out / WEIGHTS_FILE
    save_half(network, weights)
    trained = Trained(
        name=plan.name,
        classifier=choice.file,
        weights=weights,
        side=plan.recipe.side,
        temperature=temperature,
        details=_details(plan, prepared, choice, temperature),
    )
    folder = plan.out / "classifier"
    write_champion(trained, folder)
    return folder


def measure_photos(
    prepared: Prepared, plan: Plan, split: Split, classifier: Path, temperature: float
) -> list[MeasuredPhoto]:
    """Every photo of a split with the probabilities that a LiteRT file gives."""
    return [
        photo.measured(softmax(exported_logits(classifier, photo.crops), temperature))
        for photo in photo_crops(prepared, plan.weights / YUNET.name, split, plan.recipe.side)
    ]


@dataclass(frozen=True, kw_only=True)
class PhotoCrops:
    """A photo's candidates: boxes (n, 4), scores (n,), crops uint8 (n, side, side, 3)."""

    truth: AnnotatedPhoto
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    crops: NDArray[np.uint8]

    def measured(self, probabilities: NDArray[np.floating]) -> MeasuredPhoto:
        """Add the classifier's probabilities (n, 4) of the boxes."""
        return MeasuredPhoto(
            truth=self.truth.boxes,
            labels=self.truth.labels,
            boxes=self.boxes,
            probabilities=probabilities,
            face_scores=self.scores,
        )


def photo_crops(prepared: Prepared, detector: Path, split: Split, side: int) -> Iterator[PhotoCrops]:
    """Every annotated photo of a split, detected with the default options of prediction.

    The rows kept by `prepare` cannot be used: their lower threshold changes how boxes are merged.
    """
    finder = FaceFinder(detector, DetectionOptions())
    for picture in prepared.pictures:
        if picture.path not in prepared.truth or picture.split is not split:
            continue
        photo = decode_photo(picture.path.read_bytes())
        rows = finder.find(photo)
        boxes = face_boxes(rows, width=photo.width, height=photo.height)
        large_enough = (boxes[:, 2:] - boxes[:, :2] >= LEAST_SIDE).all(axis=1)
        yield PhotoCrops(
            truth=prepared.truth[picture.path],
            boxes=boxes[large_enough],
            scores=rows[large_enough, SCORE],
            crops=cut(photo.rgb, boxes[large_enough], side=side),
        )


def measured_crops(canvases: CanvasStore, split: Split) -> NDArray[np.int64]:
    """Crops of a split without random background, which is too easy, and without drawn covers."""
    sources = canvases.sources
    left_out = np.char.endswith(sources, "background") | np.char.startswith(sources, "drawn/")
    return np.flatnonzero((canvases.splits == split) & ~left_out)


def covered_crops(canvases: CanvasStore) -> NDArray[np.int64]:
    """Test faces with a scarf, a hand, a cup or a bottle drawn over the mouth."""
    return np.flatnonzero((canvases.splits == Split.TEST) & np.char.startswith(canvases.sources, "drawn/"))


def _samples(prepared: Prepared, recipe: Recipe, *, count: int = 256) -> NDArray[np.uint8]:
    """Training crops that calibrate the ranges of the 8-bit network."""
    training = np.flatnonzero(prepared.canvases.splits == Split.TRAIN)
    chosen = np.random.default_rng(recipe.seed).choice(training, min(count, len(training)), replace=False)
    return plain_crops(prepared.canvases, chosen, recipe.side)


def _details(plan: Plan, prepared: Prepared, choice: Choice, temperature: float) -> dict[str, Any]:
    canvases = prepared.canvases
    photos = {
        split: measure_photos(prepared, plan, split, choice.file, temperature)
        for split in (Split.VALIDATION, Split.TEST)
    }
    of_crops = partial(_crop_entry, plan, prepared, choice, temperature)
    recipes = {"recipe": asdict(plan.recipe)}
    if plan.narrow is not None:
        recipes["narrow_recipe"] = asdict(plan.narrow)
    return {
        "summary": SUMMARY.format(start=_start(plan)),
        "network": {"kind": "MobileNetV2", "width": (plan.narrow or plan.recipe).width},
        **recipes,
        "export": {"kind": choice.kind, "agreement": choice.agreement},
        "data": {
            "text": _data_text(prepared.pictures),
            "crops": counts_of(canvases),
            "photos": {split.value: _photo_names(prepared.pictures, split) for split in photos},
        },
        "figures": {
            "photos": len(photos[Split.TEST]),
            "test": photo_metrics(photos[Split.TEST]),
            "validation": photo_metrics(photos[Split.VALIDATION]),
            "test_crops": of_crops(measured_crops(prepared.canvases, Split.TEST)),
            "covered_crops": of_crops(covered_crops(prepared.canvases)),
        },
    }


def _crop_entry(
    plan: Plan, prepared: Prepared, choice: Choice, temperature: float, chosen: NDArray[np.int64]
) -> dict[str, Any]:
    logits = exported_logits(choice.file, plain_crops(prepared.canvases, chosen, plan.recipe.side))
    return asdict(crop_metrics(logits, temperature, prepared.canvases, chosen))


def _photo_names(pictures: list[Picture], split: Split) -> list[str]:
    """File names of a split's whole photos, so that anyone can evaluate on exactly these."""
    return [p.path.name for p in pictures if p.origin is Origin.PHOTO and p.split is split]


def _data_text(pictures: list[Picture]) -> str:
    folders = Counter(picture.folder for picture in pictures)
    listed = ", ".join(f"{folder} {count}" for folder, count in sorted(folders.items()))
    splits = Counter(str(picture.split) for picture in pictures if picture.folder.startswith("photos"))
    return (
        f"Pictures by folder: {listed}. Near-duplicates (by perceptual and difference hash, over all folders)"
        " and pictures that show the same face form groups. A hash of the group's name assigns it to a split,"
        f" so no group is divided. Whole photos: {splits['train']} training, {splits['validation']} "
        f"validation, {splits['test']} test. Thresholds and temperature were chosen on validation data "
        "alone. Crops by source:"
    )
