"""What a preparation hands to the fit: faces with labels and sides, and crops for measuring."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.training.folder import TrainingFolder
from models.split import Split


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Faces (n,) in one order; `crop_rows[i]` is the place of face i among the crops, -1 without one."""

    keys: list[bytes]
    labels: NDArray[np.int64]
    splits: NDArray[np.str_]
    crop_rows: NDArray[np.int64]
    #: Side of the crops in pixels.
    side: int
    backbone_sha256: str
    dataset_id: int
    #: The version whose weights it begins with, None for ImageNet's.
    parent_id: int | None

    def of(self, split: Split) -> NDArray[np.int64]:
        """Places of the faces of one side."""
        return np.flatnonzero(self.splits == split.value)

    def crops(self, folder: TrainingFolder, places: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Crops uint8 (k, side, side, 3) of the faces at these places that have one."""
        shape = (int(self.crop_rows.max()) + 1, self.side, self.side, 3)
        stored = np.memmap(folder.crops, np.uint8, "r", shape=shape)
        rows = self.crop_rows[places]
        return np.array(stored[rows[rows >= 0]])


def save_prepared(prepared: Prepared, folder: TrainingFolder) -> None:
    """Write the index, whole or not at all."""
    fresh = folder.path / "next-faces.npz"
    np.savez(
        fresh,
        keys=np.frombuffer(b"".join(prepared.keys), np.uint8).reshape(-1, 16),
        labels=prepared.labels,
        splits=prepared.splits,
        crop_rows=prepared.crop_rows,
        numbers=np.array([prepared.side, prepared.dataset_id, prepared.parent_id or 0]),
        backbone=np.array(prepared.backbone_sha256),
    )
    fresh.replace(folder.index)


def load_prepared(folder: TrainingFolder) -> Prepared | None:
    """The index, None where the preparation is not whole."""
    if not folder.index.exists():
        return None
    with np.load(folder.index, allow_pickle=False) as arrays:
        side, dataset_id, parent_id = arrays["numbers"].tolist()
        return Prepared(
            keys=[row.tobytes() for row in arrays["keys"]],
            labels=arrays["labels"],
            splits=arrays["splits"],
            crop_rows=arrays["crop_rows"],
            side=side,
            backbone_sha256=str(arrays["backbone"]),
            dataset_id=dataset_id,
            parent_id=parent_id or None,
        )


def check_enough(labels: NDArray[np.int64], splits: NDArray[np.str_]) -> None:
    """InputError dataset_too_small: two labels to tell apart, and faces to validate on."""
    training = labels[splits == Split.TRAIN.value]
    if len(np.unique(training)) < 2:
        raise InputError("dataset_too_small", "The training faces of the dataset have fewer than two labels.")
    if not (splits == Split.VALIDATION.value).any():
        raise InputError(
            "dataset_too_small",
            "The dataset has no validation face. Sides are decided a group of photos at a time; label faces "
            "of more photos.",
        )
