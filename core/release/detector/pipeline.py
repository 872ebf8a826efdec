"""The whole training of a one-pass detector: prepare, fit, export, compare with YuNet, write its folder."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from core.detection.detector_card import DetectorLayout, write_detector
from core.detection.face_detector import open_detector
from core.detection.options import DetectionOptions
from core.detection.weights import YUNET, fetch_weights
from core.release.detector.comparison import Comparison, compare
from core.release.detector.evaluate import PASS_SIDE, measure
from core.release.detector.export import INT8_FILE, export_int8
from core.release.detector.learner import DetectorRecipe, OnePassLearner
from core.release.detector.network import build_network
from core.release.detector.prepare import prepare
from core.release.voc import AnnotatedPhoto, read_annotations
from core.training.detector.fit import AVERAGE_FILE, Pace, fit
from core.training.detector.scene_store import SceneStore, shrunk
from models.split import Split

#: Lower than in prediction: AP counts doubtful candidates too.
COMPARED = DetectionOptions(score_threshold=0.1)
#: How often a folder's scenes are picked, together; the share of a folder that no pattern fits is 1.
FOLDER_WEIGHTS = {
    "photos/*": 12.0,
    "more/photos/*": 1.0,
    "more/faces_only/*": 1.5,
    "more/people_unboxed/*": 0.5,
    "negatives*": 2.0,
    "crops/portraits/incorrect*": 2.0,
    "crops/portraits/*": 0.7,
    "crops/web/*": 2.0,
    "crops/tight/*": 0.3,
}
#: Training photos that calibrate the ranges of the 8-bit network.
SAMPLES = 100


@dataclass(frozen=True, kw_only=True)
class DetectorPlan:
    """Input, output and hyperparameters of a training."""

    data: Path
    out: Path
    #: Folder of pretrained weights; missing ones are fetched.
    weights: Path
    name: str
    recipe: DetectorRecipe = field(default_factory=DetectorRecipe)
    pace: Pace
    #: Held-back photos of a measurement during the fit.
    measured_photos: int = 60
    processes: int = 2


def train(plan: DetectorPlan) -> Path:
    """Train and return `out/detector`; a repeated call goes on where the last one was stopped."""
    fetch_weights([YUNET.name], plan.weights, progress=print)
    scenes = prepare(plan.data, plan.out, plan.weights / YUNET.name, processes=plan.processes)
    chosen = held_back(scenes, Split.VALIDATION)[: plan.measured_photos]
    measuring = partial(measure, scenes=scenes, chosen=chosen.tolist())
    network = fit(
        OnePassLearner(plan.recipe),
        scenes,
        training_weights(scenes),
        plan.recipe,
        plan.pace,
        plan.out / "fit",
        measure=measuring,
        report=_print,
    )
    return finish(plan, scenes, network)


def training_weights(scenes: SceneStore) -> dict[int, float]:
    """Scenes of the training split, and how often mosaics show each beside the others."""
    weights = {}
    for folder in np.unique(scenes.folders).tolist():
        of_folder = np.flatnonzero((scenes.folders == folder) & (scenes.splits == Split.TRAIN)).tolist()
        share = next((weight for pattern, weight in FOLDER_WEIGHTS.items() if fnmatch(folder, pattern)), 1.0)
        weights.update(dict.fromkeys(of_folder, share / max(1, len(of_folder))))
    return dict(sorted(weights.items()))


def finish(plan: DetectorPlan, scenes: SceneStore, network: keras.Model) -> Path:
    """Export a fitted network and write its folder with the comparison on the held-back test photos."""
    file, folder = plan.out / INT8_FILE, plan.out / "detector"
    export_int8(network, _samples(scenes, plan.recipe.seed), file)
    write_detector(file, folder, name=plan.name, layout=DetectorLayout.ONE_PASS, details={})
    photos = photos_of(scenes, plan.data, Split.TEST)
    compared = compare_all(folder, plan.weights, photos)
    details = {
        "recipe": asdict(plan.recipe),
        "steps": plan.pace.steps,
        "scenes": int((scenes.splits == Split.TRAIN).sum()),
        "test": {"photos": len(photos), **{name: each.as_json() for name, each in compared.items()}},
    }
    write_detector(file, folder, name=plan.name, layout=DetectorLayout.ONE_PASS, details=details)
    return folder


def compare_all(folder: Path, weights: Path, photos: Sequence[AnnotatedPhoto]) -> dict[str, Comparison]:
    """The detector of a folder and YuNet in several passes, on the same photos with the same options."""
    detectors = {"yunet": None, "trained": folder}
    return {
        name: compare(open_detector(place, weights, COMPARED), photos) for name, place in detectors.items()
    }


def averaged_network(plan: DetectorPlan) -> keras.Model:
    """The averaged network of a fit's last checkpoint, to measure or export it while the fit goes on."""
    network = build_network(plan.recipe.widths, plan.recipe.blocks)
    network.load_weights(plan.out / "fit" / AVERAGE_FILE)
    return network


def held_back(scenes: SceneStore, split: Split) -> NDArray[np.int64]:
    """Indices of a split's whole photos whose faces people boxed and labelled, in their stored order."""
    photos = np.char.startswith(scenes.folders, "photos/") | np.char.startswith(
        scenes.folders, "more/photos/"
    )
    return np.flatnonzero(photos & (scenes.splits == split))


def photos_of(scenes: SceneStore, data: Path, split: Split) -> list[AnnotatedPhoto]:
    """The whole photos of a split that people boxed and labelled, as they boxed them."""
    names = set(scenes.names[held_back(scenes, split)].tolist())
    return [photo for photo in drawn_photos(data) if photo.path.relative_to(data).as_posix() in names]


def drawn_photos(data: Path) -> list[AnnotatedPhoto]:
    """The whole photos that people boxed and labelled."""
    folders = [data / "photos", data / "more" / "photos"]
    return [
        photo
        for folder in folders
        if folder.exists()
        for photo in read_annotations(folder / "images", folder / "annotations")
    ]


def _print(line: str) -> None:
    print(line, flush=True)


def _samples(scenes: SceneStore, seed: int) -> list[NDArray[np.uint8]]:
    """Training photos as the pass sees them, all on squares of one size."""
    photos = held_back(scenes, Split.TRAIN)
    chosen = np.random.default_rng(seed).permutation(photos)[:SAMPLES]
    samples = []
    for index in chosen.tolist():
        small, _ = shrunk(scenes.rgb(index), PASS_SIDE)
        canvas = np.zeros((PASS_SIDE, PASS_SIDE, 3), np.uint8)
        canvas[: small.shape[0], : small.shape[1]] = small
        samples.append(canvas)
    return samples
