# Made of `_async/detectors.py` by `generate_sync.py`: change that file, not this one.
"""Face detectors that were trained on the service: evaluate, promote, roll back."""

import os
from collections.abc import Sequence
from pathlib import Path

from maskloop_client._sync.downloads import Told, download
from maskloop_client._sync.group import Group
from maskloop_client._sync.job import Job
from maskloop_client._sync.rows import PAGE_SIZE, Rows
from maskloop_client.models import Detector, DetectorPromotion, JobAnswer, OneDetector


class Detectors(Group):
    """Face detectors. Jobs of the kind `train_detector` make them."""

    def list(self, *, page_size: int = PAGE_SIZE) -> Rows[Detector]:
        """Detectors, newest first."""
        return self._rows("/detectors", "detectors", Detector, page_size=page_size)

    def get(self, detector_id: int) -> OneDetector:
        """One detector with its card, its metrics and the gate."""
        return self._sender.read(OneDetector, f"/detectors/{detector_id}")

    def download(self, detector_id: int, to: str | os.PathLike[str], *, progress: Told | None = None) -> Path:
        """Write the ONNX file of a detector to a file or into a folder."""
        path = f"/detectors/{detector_id}/file"
        return download(self._sender, path, to, name=f"detector-{detector_id}.onnx", progress=progress)

    def evaluate(self, detector_id: int, *, key: str | None = None) -> Job:
        """Measure a detector, and the one in use, on the boxed photos that are held back."""
        path = f"/detectors/{detector_id}/evaluate"
        return Job(self._sender, self._sender.create(JobAnswer, path, key=key))

    def promote(self, detector_id: int, *, overrule: bool = False, reason: str = "") -> OneDetector:
        """Let a detector that passes the gate find the faces of new jobs; `overrule` needs a reason."""
        path, body = f"/detectors/{detector_id}/promote", {"overrule": overrule, "reason": reason}
        return self._sender.change(OneDetector, "POST", path, body)

    def rollback(self, *, key: str | None = None) -> DetectorPromotion:
        """Let the detector before this one find the faces again, or the installed one."""
        return self._sender.create(DetectorPromotion, "/detectors/rollback", key=key)

    def promotions(self) -> Sequence[DetectorPromotion]:
        """The history of the detector in use, newest first."""
        return self._list("/detectors/promotions", "promotions", DetectorPromotion)
