"""The folder of one training: its prepared faces and crops, checkpoints and exported files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.settings import Settings
from core.storage.installation import open_objects
from core.storage.objects import ObjectFolder
from core.storage.shared_folder import SharedFolder
from core.training.features import FeatureCache
from models.split import Split
from models.training_epoch import TrainingStage

#: Name of the job kind that trains face detectors: its folders hold whole photos, of no dataset.
DETECTOR_TRAINING = "train_detector"


@dataclass(frozen=True, kw_only=True)
class TrainingFolder:
    """Paths below `training/JOB` of the data folder; a killed training resumes from them.

    With an object store it resumes at any host, from the last `push`.
    """

    path: Path
    #: Its place in the object store.
    objects: ObjectFolder | None = None

    @property
    def shared(self) -> SharedFolder:
        """The folder as hosts share it."""
        return SharedFolder(path=self.path, objects=self.objects)

    @property
    def features(self) -> Path:
        """Features of the faces, for a host whose cache lacks them."""
        return self.path / "features.npz"

    @property
    def start(self) -> Path:
        """Arrays that the fit starts from, float16."""
        return self.path / "start.npz"

    @property
    def index(self) -> Path:
        """Faces, labels and splits; written last, so its existence means that preparation is complete."""
        return self.path / "faces.npz"

    @property
    def crops(self) -> Path:
        """Crops as prediction sees them, raw bytes."""
        return self.path / "crops.raw"

    @property
    def fitted(self) -> Path:
        """Arrays of the fitted network, float16; written when the fit has ended."""
        return self.path / "fitted.npz"

    @property
    def exported(self) -> Path:
        """Folder of the exported files."""
        return self.path / "exported"

    def checkpoint(self, stage: TrainingStage) -> Path:
        """State after the last finished epoch of a stage."""
        return self.path / f"{stage.value}.npz"


def training_folder(settings: Settings, job_id: int) -> TrainingFolder:
    """The folder of a training job; created if missing."""
    folder = _folder(settings, job_id)
    folder.path.mkdir(parents=True, exist_ok=True)
    return folder


def remove_folder(settings: Settings, job_id: int) -> None:
    """Remove the folder of a training; the files of its version are kept elsewhere."""
    _folder(settings, job_id).shared.remove()


def list_folders(settings: Settings) -> list[int]:
    """Ids of the jobs that have a folder, here or in the object store."""
    names = {path.name for path in (settings.data / "training").glob("[0-9]*")}
    objects = open_objects(settings, "training")
    if objects is not None:
        names.update(name for name in objects.list_folder()[0] if name.isdecimal())
    return sorted(map(int, names))


def _folder(settings: Settings, job_id: int) -> TrainingFolder:
    objects = open_objects(settings, "training")
    place = None if objects is None else objects.below(str(job_id))
    return TrainingFolder(path=settings.data / "training" / str(job_id), objects=place)


def tensorboard_folder(settings: Settings, job_id: int) -> Path:
    """The folder of a training's TensorBoard logs."""
    return settings.data / "tensorboard" / f"job-{job_id}"


def feature_cache(settings: Settings, backbone_sha256: str) -> Path:
    """The file of all features that a backbone has computed."""
    return settings.data / "features" / f"{backbone_sha256[:32]}.sqlite"


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What preparation hands to the fit: faces (n,) in one order, with labels and splits.

    `crop_rows[i]` is the row of face i in the file of crops, -1 where it has none.
    """

    keys: list[bytes]
    labels: NDArray[np.int64]
    splits: NDArray[np.str_]
    crop_rows: NDArray[np.int64]
    #: Side of the crops in pixels.
    side: int
    backbone_sha256: str
    dataset_id: int
    #: The version whose weights the fit starts from; None for ImageNet weights.
    parent_id: int | None

    def indices(self, split: Split) -> NDArray[np.int64]:
        """Indices of the faces of one split."""
        return np.flatnonzero(self.splits == split.value)

    def read_crops(self, folder: TrainingFolder, indices: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Crops uint8 (k, side, side, 3) of those of the faces that have one."""
        shape = (int(self.crop_rows.max()) + 1, self.side, self.side, 3)
        stored = np.memmap(folder.crops, np.uint8, "r", shape=shape)
        rows = self.crop_rows[indices]
        return np.array(stored[rows[rows >= 0]])


def save_prepared(prepared: Prepared, folder: TrainingFolder) -> None:
    """Write the index atomically."""
    partial = folder.path / "next-faces.npz"
    np.savez(
        partial,
        keys=np.frombuffer(b"".join(prepared.keys), np.uint8).reshape(-1, 16),
        labels=prepared.labels,
        splits=prepared.splits,
        crop_rows=prepared.crop_rows,
        numbers=np.array([prepared.side, prepared.dataset_id, prepared.parent_id or 0]),
        backbone=np.array(prepared.backbone_sha256),
    )
    partial.replace(folder.index)


def load_prepared(folder: TrainingFolder) -> Prepared | None:
    """Read the index; None where preparation is not complete."""
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


def keep_features(folder: TrainingFolder, keys: list[bytes], cache: FeatureCache) -> None:
    """Write the features of the faces beside the crops, for other hosts; nothing without an object store."""
    if folder.objects is not None:
        partial = folder.path / "next-features.npz"
        rows = cache.get(keys).astype(np.float16)
        np.savez(partial, keys=np.frombuffer(b"".join(keys), np.uint8).reshape(-1, 16), rows=rows)
        partial.replace(folder.features)


def fill_cache(folder: TrainingFolder, keys: list[bytes], cache: FeatureCache) -> None:
    """Give this host's cache the features that another host has computed, where it lacks some."""
    if folder.features.exists() and not set(keys) <= cache.known(keys):
        with np.load(folder.features, allow_pickle=False) as arrays:
            cache.put([row.tobytes() for row in arrays["keys"]], arrays["rows"])


def check_enough(labels: NDArray[np.int64], splits: NDArray[np.str_]) -> None:
    """Raise InputError dataset_too_small without two training labels or without a validation face."""
    training = labels[splits == Split.TRAIN.value]
    if len(np.unique(training)) < 2:
        raise InputError("dataset_too_small", "The training faces of the dataset have fewer than two labels.")
    if not (splits == Split.VALIDATION.value).any():
        raise InputError(
            "dataset_too_small",
            "The dataset has no validation face. Splits are assigned to groups of photos; label faces of "
            "more photos.",
        )
