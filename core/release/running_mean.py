"""A running mean of a network's weights, better than its last ones (Tarvainen and Valpola 2017)."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

#: Batches between two updates: the mean changes slowly, and copying all weights takes time.
EVERY = 10
FILE = "mean.npz"


class RunningMean:
    """The mean of the weights of a fit, of which half is forgotten within `half_life` batches."""

    def __init__(self, network: keras.Model, half_life: int) -> None:
        self._kept = 0.5 ** (EVERY / half_life)
        self._updates = 0
        self._weights = [array.copy() for array in network.get_weights()]

    def update(self, network: keras.Model) -> None:
        """Mix the network's weights in; the first updates count for more, to forget the start soon."""
        self._updates += 1
        kept = min(self._kept, self._updates / (self._updates + 9))
        fresh = network.get_weights()
        self._weights = [kept * old + (1 - kept) * new for old, new in zip(self._weights, fresh, strict=True)]

    def fill(self, network: keras.Model, folder: Path, mixed: Sequence[tuple[int, float]] = ()) -> None:
        """Give the network the mean, or a mix of those that were kept, by epochs and share."""
        if not mixed:
            network.set_weights(self._weights)
            return
        kept = [_read(_kept(folder, epochs))[1] for epochs, _ in mixed]
        shares = np.array([share for _, share in mixed]) / sum(share for _, share in mixed)
        network.set_weights([np.tensordot(shares, arrays, 1) for arrays in zip(*kept, strict=True)])

    def save(self, folder: Path, *, keep: int | None = None) -> None:
        """Write the mean beside the state of the fit, in one step; `keep` it as that of these epochs."""
        fresh = folder / f"next.{FILE}"
        arrays = {f"w{index:03d}": array for index, array in enumerate(self._weights)}
        np.savez(fresh, updates=np.array(self._updates), **arrays)
        if keep is not None:
            shutil.copyfile(fresh, _kept(folder, keep))
        fresh.replace(folder / FILE)

    def load(self, folder: Path) -> None:
        """Go on with what `save` wrote."""
        self._updates, self._weights = _read(folder / FILE)


def _kept(folder: Path, epochs: int) -> Path:
    return folder / f"mean-{epochs}.npz"


def _read(file: Path) -> tuple[int, list[np.ndarray]]:
    with np.load(file, allow_pickle=False) as arrays:
        weights = [arrays[name] for name in sorted(arrays.files) if name != "updates"]
        return int(arrays["updates"]), weights
