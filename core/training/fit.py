"""Fit a training: first the head on cached features, then, if the options say so, the upper blocks."""

from pathlib import Path

import keras
import tensorflow as tf

from core.training.backbone import open_network, save_arrays
from core.training.features import FeatureCache
from core.training.fine_tune import (
    RATE_FROM_CHAMPION,
    RATE_FROM_IMAGENET,
    ValidationCrops,
    fine_tune_stage,
)
from core.training.folder import Prepared, TrainingFolder
from core.training.head import FaceFeatures, copy_head, head_stage
from core.training.network.canvas import open_canvases
from core.training.options import Start, TrainOptions
from core.training.progress import EpochMetrics
from core.training.stage import FitCallbacks, Stage, fit_stage
from models.split import Split

_LOGGED = ("loss", "accuracy", "validation_loss", "validation_accuracy", "validation_macro_f1", "rate")


class TensorBoardLog:
    """One TensorBoard log per stage. A resumed fit writes earlier epochs again, as the same points."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, metrics: EpochMetrics) -> None:
        """Add the metrics of an epoch."""
        writer = tf.summary.create_file_writer(str(self._folder / metrics.stage.value))
        with writer.as_default(step=metrics.number):
            for name in _LOGGED:
                tf.summary.scalar(name, getattr(metrics, name))
        writer.close()


def fit(
    prepared: Prepared,
    options: TrainOptions,
    folder: TrainingFolder,
    cache: FeatureCache,
    callbacks: FitCallbacks,
) -> None:
    """Fit, and write the network's arrays; a killed fit resumes after its last epoch."""
    keras.utils.set_random_seed(options.seed)
    network = open_network(folder.start, prepared.side)
    head = _head(network, prepared, options, cache)
    completed = fit_stage(head, folder.checkpoint(head.kind), callbacks)
    copy_head(head.model, network)
    if options.fine_tune_epochs and completed:
        upper = _fine_tune(network, prepared, options, folder)
        fit_stage(upper, folder.checkpoint(upper.kind), callbacks)
    save_arrays(network, folder.fitted)


def _head(network: keras.Model, prepared: Prepared, options: TrainOptions, cache: FeatureCache) -> Stage:
    def features(split: Split) -> FaceFeatures:
        indices = prepared.indices(split)
        rows = cache.get([prepared.keys[index] for index in indices])
        return FaceFeatures(rows=rows, labels=prepared.labels[indices])

    return head_stage(
        network,
        features(Split.TRAIN),
        features(Split.VALIDATION),
        epochs=options.head_epochs,
        patience=options.patience,
        seed=options.seed,
    )


def _fine_tune(
    network: keras.Model, prepared: Prepared, options: TrainOptions, folder: TrainingFolder
) -> Stage:
    indices = prepared.indices(Split.VALIDATION)
    return fine_tune_stage(
        network,
        open_canvases(folder.path),
        ValidationCrops(crops=prepared.read_crops(folder, indices), labels=prepared.labels[indices]),
        epochs=options.fine_tune_epochs,
        patience=options.patience,
        rate=RATE_FROM_IMAGENET if options.start is Start.IMAGENET else RATE_FROM_CHAMPION,
        seed=options.seed,
    )
