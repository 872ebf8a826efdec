"""Face detectors that were trained on the service: evaluate, promote, roll back."""

import os
from collections.abc import Sequence
from pathlib import Path

from maskloop_client._async.downloads import Told, download
from maskloop_client._async.group import AsyncGroup
from maskloop_client._async.job import AsyncJob
from maskloop_client._async.rows import PAGE_SIZE, AsyncRows
from maskloop_client.models import Detector, DetectorPromotion, JobAnswer, OneDetector


class AsyncDetectors(AsyncGroup):
    """Face detectors. Jobs of the kind `train_detector` make them."""

    def list(self, *, page_size: int = PAGE_SIZE) -> AsyncRows[Detector]:
        """Detectors, newest first."""
        return self._rows("/detectors", "detectors", Detector, page_size=page_size)

    async def get(self, detector_id: int) -> OneDetector:
        """One detector with its card, its metrics and the gate."""
        return await self._sender.read(OneDetector, f"/detectors/{detector_id}")

    async def download(
        self, detector_id: int, to: str | os.PathLike[str], *, progress: Told | None = None
    ) -> Path:
        """Write the ONNX file of a detector to a file or into a folder."""
        path = f"/detectors/{detector_id}/file"
        return await download(self._sender, path, to, name=f"detector-{detector_id}.onnx", progress=progress)

    async def evaluate(self, detector_id: int, *, key: str | None = None) -> AsyncJob:
        """Measure a detector, and the one in use, on the boxed photos that are held back."""
        path = f"/detectors/{detector_id}/evaluate"
        return AsyncJob(self._sender, await self._sender.create(JobAnswer, path, key=key))

    async def promote(self, detector_id: int, *, overrule: bool = False, reason: str = "") -> OneDetector:
        """Let a detector that passes the gate find the faces of new jobs; `overrule` needs a reason."""
        path, body = f"/detectors/{detector_id}/promote", {"overrule": overrule, "reason": reason}
        return await self._sender.change(OneDetector, "POST", path, body)

    async def rollback(self, *, key: str | None = None) -> DetectorPromotion:
        """Let the detector before this one find the faces again, or the installed one."""
        return await self._sender.create(DetectorPromotion, "/detectors/rollback", key=key)

    async def promotions(self) -> Sequence[DetectorPromotion]:
        """The history of the detector in use, newest first."""
        return await self._list("/detectors/promotions", "promotions", DetectorPromotion)
