"""Batches for the network: how often each crop is sampled, and the random augmentation of crops."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch

import numpy as np
from numpy.typing import NDArray

from core.training.network.augmentation import augment, centre_window
from core.training.network.canvas import CanvasStore
from models.label import Label
from models.split import Split

#: A label weighs at most this many times what the lightest one weighs.
MAX_RATIO = 10.0
#: Drawn masks teach the rare label but look artificial, so each weighs less than a real one.
DRAWN_WEIGHT = 0.5


def label_weights(labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Weight of each label, float64 (4,), mean 1 over these labels (n,); 0 for a label that does not occur.

    A weight is one over the square root of the label's share: with the full inverse a handful of faces would
    dominate.
    """
    counts = np.bincount(labels, minlength=len(Label))
    weights = np.zeros(len(Label))
    present = counts > 0
    weights[present] = counts[present] ** -0.5
    weights[present] = np.minimum(weights[present], MAX_RATIO * weights[present].min())
    return weights / weights[labels].mean()


def balanced_sampling(labels: NDArray[np.int64], drawn: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Probability that each crop (n,) is picked, summing to 1; `drawn` (n,) marks crops with drawn masks."""
    weights = label_weights(labels)[labels] * np.where(drawn, DRAWN_WEIGHT, 1.0)
    return weights / weights.sum()


#: How often a label, and within it a source, is picked. The classifier is made for whole photos, so they
#: weigh most; drawn masks stay few enough that the network does not learn to recognise the drawing.
LABEL_SHARES = {
    Label.WITH_MASK: 0.31,
    Label.WITHOUT_MASK: 0.25,
    Label.INCORRECT: 0.20,
    Label.NOT_A_FACE: 0.24,
}
SOURCE_WEIGHTS = {
    "photos": 5.0,
    "photos/unboxed": 0.7,
    "photos/false_alarms": 11.5,
    "photos/background": 2.0,
    "negatives/false_alarms": 2.0,
    "negatives/background": 1.5,
    "negatives/other_views/likely": 3.6,
    "negatives/other_views/unlikely": 3.4,
    "crops/web/*": 2.0,
    "crops/tight/*": 0.7,
    "crops/portraits/incorrect*": 5.0,
    "crops/portraits/*": 2.0,
    "drawn/worn": 1.0,
    "drawn/scarf": 0.7,
    "drawn/hand": 0.8,
    "drawn/cup": 0.7,
    "drawn/bottle": 0.8,
    "drawn/*": 2.0,
}
#: Batches made ahead of the network.
AHEAD = 4

Batch = tuple[NDArray[np.float32], NDArray[np.float32]]


def sampling_weights(canvases: CanvasStore) -> NDArray[np.float64]:
    """Probability that each training canvas is picked, float64 (n,), 0 outside the training split."""
    weights = np.zeros(len(canvases.labels))
    training = canvases.splits == Split.TRAIN
    for label, share in LABEL_SHARES.items():
        of_label = training & (canvases.labels == list(Label).index(label))
        for source in np.unique(canvases.sources[of_label]):
            chosen = of_label & (canvases.sources == source)
            weights[chosen] = source_weight(str(source)) / chosen.sum()
        if of_label.any():
            weights[of_label] *= share / weights[of_label].sum()
    return weights / weights.sum()


def source_weight(source: str) -> float:
    """The weight of the first pattern that matches; 1 for a source that matches none."""
    return next((weight for pattern, weight in SOURCE_WEIGHTS.items() if fnmatch(source, pattern)), 1.0)


class TrainingBatches:
    """Augmented batches: crops float32 (b, side, side, 3) and one-hot labels float32 (b, 4).

    A batch depends on seed, epoch and index alone, so a resumed training sees the same ones.
    """

    def __init__(
        self,
        canvases: CanvasStore,
        *,
        side: int,
        batch: int,
        seed: int,
        weights: NDArray[np.float64] | None = None,
    ) -> None:
        """`weights` (n,) are probabilities of the canvases; by default `sampling_weights` gives them."""
        self._canvases = canvases
        self._weights = sampling_weights(canvases) if weights is None else weights
        self._side, self._batch, self._seed = side, batch, seed

    def batch(self, epoch: int, index: int) -> Batch:
        """Make one batch."""
        rng = np.random.default_rng([self._seed, epoch, index])
        chosen = rng.choice(len(self._weights), self._batch, p=self._weights)
        crops = np.empty((self._batch, self._side, self._side, 3), np.float32)
        for crop, index_of_canvas in zip(crops, chosen, strict=True):
            crop[:] = augment(self._canvases.pixels[index_of_canvas], self._side, rng)
        return crops, np.eye(4, dtype=np.float32)[self._canvases.labels[chosen]]

    def epoch(self, epoch: int, steps: int) -> Iterator[Batch]:
        """The batches of an epoch; a thread prepares the next ones while the network trains."""
        with ThreadPoolExecutor(1) as pool:
            ahead = deque(pool.submit(self.batch, epoch, index) for index in range(min(AHEAD, steps)))
            for index in range(len(ahead), steps + len(ahead)):
                yield ahead.popleft().result()
                if index < steps:
                    ahead.append(pool.submit(self.batch, epoch, index))


def plain_crops(canvases: CanvasStore, chosen: NDArray[np.int64], side: int) -> NDArray[np.uint8]:
    """Crops as prediction sees them, without augmentation: uint8 (n, side, side, 3)."""
    return np.stack([centre_window(canvases.pixels[index], side) for index in chosen])
