"""The folder of one training of a detector: decoded photos, checkpoints, the fitted file."""

from dataclasses import dataclass
from pathlib import Path

from core.settings import Settings
from core.storage.shared_folder import SharedFolder
from core.training.folder import training_folder


@dataclass(frozen=True, kw_only=True)
class DetectorFolder:
    """Paths below `training/JOB` of the data folder; a killed training resumes from them.

    With an object store it resumes at any host, from the last `push`.
    """

    shared: SharedFolder

    @property
    def path(self) -> Path:
        """The folder itself."""
        return self.shared.path

    @property
    def start(self) -> Path:
        """The ONNX file that the fit starts from."""
        return self.path / "start.onnx"

    @property
    def parent(self) -> Path:
        """Id of the version of that file; empty for the installed detector."""
        return self.path / "parent.txt"

    @property
    def fit(self) -> Path:
        """Checkpoints and the log of the fit."""
        return self.path / "fit"

    @property
    def calibration(self) -> Path:
        """How far the scores of the fitted network were moved, as JSON."""
        return self.path / "calibration.json"

    @property
    def fitted(self) -> Path:
        """The ONNX file of the fitted network; written when the fit has ended."""
        return self.path / "fitted.onnx"


def detector_folder(settings: Settings, job_id: int) -> DetectorFolder:
    """The folder of a training job; created if missing. `remove_folder` of trainings removes it."""
    return DetectorFolder(shared=training_folder(settings, job_id).shared)
