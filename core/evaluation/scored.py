"""Test faces with what a version says of them: what every figure is computed from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models import Label

LABELS = tuple(Label)


@dataclass(frozen=True, kw_only=True)
class ScoredFaces:
    """Arrays of n faces; raises ValueError where their shapes differ."""

    #: Calibrated, (n, 4) float64 in the order of `Label`.
    probabilities: NDArray[np.float64]
    #: Places in `Label`, (n,) int64.
    labels: NDArray[np.int64]
    #: Faces of one photo are no independent witnesses; intervals draw photos, (n,) int64.
    photos: NDArray[np.int64]

    def __post_init__(self) -> None:
        count = len(self.labels)
        if self.probabilities.shape != (count, len(LABELS)) or self.photos.shape != (count,):
            raise ValueError("probabilities, labels and photos are not of the same faces")

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable label of each face, (n,)."""
        return self.probabilities.argmax(axis=1)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, chosen: NDArray[np.bool_]) -> "ScoredFaces":
        return ScoredFaces(
            probabilities=self.probabilities[chosen], labels=self.labels[chosen], photos=self.photos[chosen]
        )
