"""The folder of one training: what its stages hand on, so that a killed one goes on."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from core.settings import Settings
from models.training_epoch import TrainingStage


@dataclass(frozen=True, kw_only=True)
class TrainingFolder:
    """Paths below `training/JOB` of the data folder."""

    path: Path

    @property
    def start(self) -> Path:
        """Arrays that the fit begins with, float16."""
        return self.path / "start.npz"

    @property
    def index(self) -> Path:
        """Faces, labels and sides; written last, so that it says that the preparation is whole."""
        return self.path / "faces.npz"

    @property
    def crops(self) -> Path:
        """Crops as prediction sees them, raw."""
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
    """The folder of a training job; made where it is missing."""
    folder = TrainingFolder(path=settings.data / "training" / str(job_id))
    folder.path.mkdir(parents=True, exist_ok=True)
    return folder


def remove_folder(settings: Settings, job_id: int) -> None:
    """Remove what a training left; the version's files lie elsewhere."""
    shutil.rmtree(settings.data / "training" / str(job_id), ignore_errors=True)


def tensorboard_folder(settings: Settings, job_id: int) -> Path:
    """Where a training's TensorBoard logs are kept."""
    return settings.data / "tensorboard" / f"job-{job_id}"


def feature_cache(settings: Settings, backbone_sha256: str) -> Path:
    """The file of all features that a backbone has computed."""
    return settings.data / "features" / f"{backbone_sha256[:32]}.sqlite"


def kept_folders(settings: Settings) -> list[int]:
    """Jobs whose folders are there."""
    return [int(path.name) for path in (settings.data / "training").glob("[0-9]*")]
