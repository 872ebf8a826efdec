"""The second batch of a detector's training: the fit; after a kill it resumes at its last checkpoint."""

import json
import time
from collections.abc import Sequence
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.detection.detector import face_boxes
from core.detection.finder import FaceFinder
from core.detection.photo import DecodedPhoto
from core.detectors.folder import DetectorFolder
from core.detectors.job_kind import FIT_DETECTOR_STAGE, TRAIN_DETECTOR, TrainDetectorOptions
from core.detectors.measure import MEASURED, Truth, look, metrics_of
from core.detectors.queries import is_detector_outdated, is_detector_stop_requested
from core.jobs.finish import finish_batch
from core.jobs.store import add_event
from core.number_text import metric
from core.training.detector.calibration import calibrating_shift
from core.training.detector.fit import FitRecipe, Pace, fit
from core.training.detector.network import blended, shifted, to_onnx
from core.training.detector.scene_store import SceneStore
from core.training.detector.yunet import YuNetLearner
from core.training.folder import remove_folder
from core.training.store import write_steps
from core.versions.detectors.gate import DetectorMetrics
from models import EventLevel, Job, Split
from workers.engine import BatchRun, handles
from workers.training.detector_photos import prepare_photos
from workers.training.sharing import share, share_checkpoint

#: Of a mosaic: side in pixels, and how many a batch has.
SIDE, BATCH = 320, 8
#: Measurements of a fit, and the validation photos of each.
_MEASUREMENTS, _MEASURED_PHOTOS = 10, 60
_REPORT_SECONDS = 1.0
#: How often the fit looks whether a photo that it learns from was removed.
_OUTDATED_SECONDS = 10.0


@handles(FIT_DETECTOR_STAGE)
def fit_detector(run: BatchRun) -> None:
    """Fit, and finish the batch, which opens the evaluation."""
    began = time.monotonic()
    fit_photos(run)
    line = f"Trained in {time.monotonic() - began:.0f} s."
    with run.db.write() as session:
        add_event(session, run.claim.job_id, EventLevel.INFO, "detector_fitted", line)
        finish_batch(session, run.claim)


def fit_photos(run: BatchRun) -> DetectorFolder:
    """Prepare and fit what is missing: a removed photo takes the folder of a training with it."""
    folder = prepare_photos(run)
    while not folder.fitted.exists():
        progress = _Progress(run, folder)
        if not progress.fit():
            remove_folder(run.settings, run.claim.job_id)
            line = "Photos were removed, or are no longer marked as boxed: it restarts without them."
            with run.db.write() as session:
                add_event(session, run.claim.job_id, EventLevel.WARNING, "training_restarted", line)
            folder = prepare_photos(run)
    return folder


def _pace(steps: int) -> Pace:
    part = max(1, steps // _MEASUREMENTS)
    return Pace(steps=steps, logged=max(1, steps // 100), kept=min(50, part), measured=part)


class _Progress:
    """One run of a fit: what it tells the job, and what makes it end."""

    def __init__(self, run: BatchRun, folder: DetectorFolder) -> None:
        self._run, self._folder = run, folder
        with run.db.read() as session:
            self._options: TrainDetectorOptions = TRAIN_DETECTOR.options_of(
                session.scalars(select(Job).where(Job.id == run.claim.job_id)).one()
            )
        self._pace = _pace(self._options.steps)
        self._scenes = SceneStore(folder.path)
        self._validation = _truths(self._scenes)
        self._reported_at = self._looked_at = float("-inf")
        self._stop = self._outdated = False

    def fit(self) -> bool:
        """Fit and write the file; false where a photo of it was removed meanwhile."""
        options, start = self._options, self._folder.start.read_bytes()
        recipe = FitRecipe(
            side=SIDE, batch=BATCH, rate=options.rate, weight_decay=0.0, seed=options.seed, smallest=10.0
        )
        learner = YuNetLearner(start, side=SIDE)
        training = {
            index: 1.0 for index, split in enumerate(self._scenes.splits.tolist()) if split == Split.TRAIN
        }
        averaged = fit(
            learner,
            self._scenes,
            training,
            recipe,
            self._pace,
            self._folder.fit,
            measure=lambda network: self._measure(to_onnx(learner.loaded, network)),
            on_step=self._on_step,
        )
        if self._outdated:
            return False
        self._finish(start, blended(start, to_onnx(learner.loaded, averaged), options.share))
        return True

    def _on_step(self, done: int) -> bool:
        """Whether to end the fit; raises Interrupted where the batch must be released."""
        self._run.check()
        if done and done % self._pace.kept == 0:
            share_checkpoint(self._run, self._folder.shared)
        now = time.monotonic()
        if now - self._reported_at >= _REPORT_SECONDS:
            self._reported_at = now
            self._stop = self._run.write(partial(self._write_steps, done=done))
        if now - self._looked_at >= _OUTDATED_SECONDS:
            self._looked_at = now
            with self._run.db.read() as session:
                self._outdated = is_detector_outdated(session, self._scenes.names.tolist())
        return self._stop or self._outdated

    def _write_steps(self, session: Session, *, done: int) -> bool:
        """Whether to end the fit."""
        write_steps(session, self._run.claim, done=done, found=self._options.steps + 1)
        return is_detector_stop_requested(session, self._run.claim.job_id)

    def _measure(self, file: bytes) -> dict[str, float]:
        """Metrics on the validation photos, for the log of the fit and that of the job."""
        found = self._metrics(file)
        line = (
            f"On {len(self._validation)} validation photos: AP {metric(found.ap_03)} at IoU 0.3, "
            f"{metric(found.ap_05)} at 0.5."
        )
        self._run.write(
            lambda session: add_event(
                session, self._run.claim.job_id, EventLevel.INFO, "detector_measured", line
            )
        )
        return {"ap_03": found.ap_03 or 0.0, "ap_05": found.ap_05 or 0.0, "recall": found.recall or 0.0}

    def _metrics(self, file: bytes) -> DetectorMetrics:
        finder, seen = FaceFinder(file, MEASURED), []
        for each in self._validation:
            self._run.check()
            seen.append(look(finder, each))
        return metrics_of(seen)

    def _finish(self, start: bytes, fitted: bytes) -> None:
        """Write the file with scores that mean what those of the detector at the start meant."""
        wanted = self._metrics(start).false_faces
        shift = calibrating_shift(lambda by: self._metrics(shifted(fitted, by)).false_faces, wanted)
        partial = self._folder.path / "next-fitted.onnx"
        partial.write_bytes(shifted(fitted, shift))
        self._folder.calibration.write_text(json.dumps({"shift": round(shift, 3)}))
        partial.replace(self._folder.fitted)
        share(self._run, self._folder.shared)


def _truths(scenes: SceneStore) -> Sequence[Truth]:
    """The first validation photos that have faces, as detectors are measured on them."""
    truths: list[Truth] = []
    for index, split in enumerate(scenes.splits.tolist()):
        faces = scenes.faces(index)
        if split != Split.VALIDATION or not len(faces.boxes) or len(truths) == _MEASURED_PHOTOS:
            continue
        rgb = scenes.rgb(index)
        height, width = rgb.shape[:2]
        # As the product shows them: the network answers for smaller boxes.
        boxes = face_boxes(faces.boxes, width=width, height=height)
        decoded = DecodedPhoto(rgb=rgb, width=width, height=height, format="JPEG")
        truths.append(Truth(decoded=decoded, boxes=boxes, ignored=faces.ignored))
    return truths
