"""The fit of a training: the head on kept features, then, where asked for, the upper blocks."""

import keras

from core.training.backbone import open_network, save_arrays
from core.training.features import FeatureCache
from core.training.fine_tune import (
    RATE_FROM_CHAMPION,
    RATE_FROM_IMAGENET,
    ValidationCrops,
    fine_tune_stage,
)
from core.training.folder import TrainingFolder
from core.training.head import FaceFeatures, head_stage, put_head
from core.training.network.canvas import open_canvases
from core.training.options import Start, TrainOptions
from core.training.prepared import Prepared
from core.training.stage import Stage, Watch, fit_stage
from models.split import Split


def fit(
    prepared: Prepared, options: TrainOptions, folder: TrainingFolder, cache: FeatureCache, watch: Watch
) -> None:
    """Fit and write the network's arrays; a fit that was killed goes on after its last epoch."""
    keras.utils.set_random_seed(options.seed)
    network = open_network(folder.start, prepared.side)
    head = _head(network, prepared, options, cache)
    whole = fit_stage(head, folder.checkpoint(head.kind), watch)
    put_head(network, head.model)
    if options.fine_tune_epochs and whole:
        upper = _fine_tune(network, prepared, options, folder)
        fit_stage(upper, folder.checkpoint(upper.kind), watch)
    save_arrays(network, folder.fitted)


def _head(network: keras.Model, prepared: Prepared, options: TrainOptions, cache: FeatureCache) -> Stage:
    def features(split: Split) -> FaceFeatures:
        places = prepared.of(split)
        rows = cache.get([prepared.keys[place] for place in places])
        return FaceFeatures(rows=rows, labels=prepared.labels[places])

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
    places = prepared.of(Split.VALIDATION)
    return fine_tune_stage(
        network,
        open_canvases(folder.path),
        ValidationCrops(crops=prepared.crops(folder, places), labels=prepared.labels[places]),
        epochs=options.fine_tune_epochs,
        patience=options.patience,
        rate=RATE_FROM_IMAGENET if options.start is Start.IMAGENET else RATE_FROM_CHAMPION,
        seed=options.seed,
    )
