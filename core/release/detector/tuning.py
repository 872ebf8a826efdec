"""Fine-tune YuNet on the prepared scenes, and compare the result with YuNet in the same passes."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import keras

from core.detection.detector_card import DetectorLayout, write_detector
from core.detection.finder import FaceFinder
from core.detection.weights import YUNET, fetch_weights
from core.release.detector.comparison import compare
from core.release.detector.pipeline import COMPARED, compare_all, photos_of, training_weights
from core.release.detector.prepare import prepare
from core.release.voc import AnnotatedPhoto
from core.training.detector.calibration import calibrating_shift
from core.training.detector.fit import FitRecipe, Pace, fit
from core.training.detector.network import blended, shifted, to_onnx
from core.training.detector.scene_store import SceneStore
from core.training.detector.yunet import YuNetLearner
from models.split import Split

TUNED_FILE = "detector.onnx"
#: A lower rate than that of a network that begins with nothing, and smaller faces.
TUNING = FitRecipe(batch=8, rate=3e-4, weight_decay=0.0, smallest=10.0)


@dataclass(frozen=True, kw_only=True)
class TuningPlan:
    """Input, output and hyperparameters of a tuning."""

    data: Path
    out: Path
    weights: Path
    name: str
    recipe: FitRecipe = field(default_factory=lambda: TUNING)
    pace: Pace
    #: Share of the tuned weights in the result; the rest are YuNet's.
    share: float = 0.5
    measured_photos: int = 60
    processes: int = 2


def tune(plan: TuningPlan) -> Path:
    """Tune and return `out/tuned`; a repeated call goes on where the last one was stopped."""
    fetch_weights([YUNET.name], plan.weights, progress=print)
    file = plan.weights / YUNET.name
    scenes = prepare(plan.data, plan.out, file, processes=plan.processes)
    photos = photos_of(scenes, plan.data, Split.VALIDATION)[: plan.measured_photos]
    keras.utils.set_random_seed(plan.recipe.seed)
    learner = YuNetLearner(file.read_bytes(), side=plan.recipe.side)

    print(json.dumps({"step": 0, **measure_file(file.read_bytes(), photos)}), flush=True)
    fit(
        learner,
        scenes,
        training_weights(scenes),
        plan.recipe,
        plan.pace,
        plan.out / "tuning",
        measure=lambda averaged: measure_file(to_onnx(learner.loaded, averaged), photos),
        report=lambda line: print(line, flush=True),
    )
    tuned = blended(file.read_bytes(), learner.file(), plan.share)
    wanted = measure_file(file.read_bytes(), photos)["false_faces"]
    shift = calibrating_shift(lambda by: measure_file(shifted(tuned, by), photos)["false_faces"], wanted)
    return _finish(plan, scenes, shifted(tuned, shift), shift)


def _finish(plan: TuningPlan, scenes: SceneStore, tuned: bytes, shift: float) -> Path:
    """Write the folder of the tuned network with the comparison on the held-back test photos."""
    file, folder = plan.out / TUNED_FILE, plan.out / "tuned"
    file.write_bytes(tuned)
    write_detector(file, folder, name=plan.name, layout=DetectorLayout.YUNET, details={})
    photos = photos_of(scenes, plan.data, Split.TEST)
    compared = compare_all(folder, plan.weights, photos)
    details = {
        "start": YUNET.sha256,
        "recipe": asdict(plan.recipe),
        "steps": plan.pace.steps,
        "share": plan.share,
        "calibration": {"shift": round(shift, 3)},
        "scenes": int((scenes.splits == Split.TRAIN).sum()),
        "test": {"photos": len(photos), **{name: each.as_json() for name, each in compared.items()}},
    }
    write_detector(file, folder, name=plan.name, layout=DetectorLayout.YUNET, details=details)
    return folder


def measure_file(file: bytes, photos: Sequence[AnnotatedPhoto]) -> dict[str, float]:
    """Metrics of an ONNX file in the product's passes over photos, against the boxes that people drew."""
    found = compare(FaceFinder(file, COMPARED), photos)
    return {**found.found, "false_faces": found.false_faces, "milliseconds": found.milliseconds}
