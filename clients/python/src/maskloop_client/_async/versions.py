"""Classifier versions and their evaluations: compare, promote, roll back."""

import os
from collections.abc import Sequence
from pathlib import Path

from maskloop_client._async.downloads import Told, download
from maskloop_client._async.group import AsyncGroup
from maskloop_client._async.job import AsyncJob
from maskloop_client._async.rows import PAGE_SIZE, AsyncRows
from maskloop_client._async.uploads import AsyncUploads
from maskloop_client.models import (
    Evaluation,
    JobAnswer,
    OneEvaluation,
    OneVersion,
    Promotion,
    TestFace,
    Training,
    Version,
    VersionComparison,
)


class AsyncVersions(AsyncGroup):
    """Classifier versions. Jobs of the kinds `train` and `import_version` make them."""

    def list(self, *, page_size: int = PAGE_SIZE) -> AsyncRows[Version]:
        """Versions, newest first."""
        return self._rows("/versions", "versions", Version, page_size=page_size)

    async def get(self, version_id: int) -> OneVersion:
        """One version with its card, files, evaluations and the gate."""
        return await self._sender.read(OneVersion, f"/versions/{version_id}")

    async def champion(self) -> OneVersion:
        """The version that new jobs predict with."""
        return await self._sender.read(OneVersion, "/versions/champion")

    async def download(
        self, version_id: int, kind: str, to: str | os.PathLike[str], *, progress: Told | None = None
    ) -> Path:
        """Write a file of a version to a file or into a folder; `kind` is one of its `files`."""
        path = f"/versions/{version_id}/files/{kind}"
        return await download(self._sender, path, to, name=f"version-{version_id}-{kind}", progress=progress)

    async def export(
        self, version_id: int, to: str | os.PathLike[str], *, progress: Told | None = None
    ) -> Path:
        """Write a zip of the files that other programs can use, with examples, to a file or into a folder."""
        path = f"/versions/{version_id}/export"
        return await download(self._sender, path, to, name=f"version-{version_id}.zip", progress=progress)

    async def import_file(
        self,
        file: str | os.PathLike[str],
        labels: Sequence[str],
        *,
        scaling: str = "bytes",
        colours: str = "rgb",
        side: int | None = None,
        context: float = 1.35,
        name: str = "",
        key: str | None = None,
    ) -> AsyncJob:
        """Send the ONNX or Keras file of a classifier, and request its import as a version.

        `labels` are those of its outputs, in order; `scaling` is bytes, unit, signed, imagenet or caffe.
        """
        sent = await AsyncUploads(self._sender).send(file)
        options = {
            "upload_id": sent.id,
            "labels": list(labels),
            "scaling": scaling,
            "colours": colours,
            "side": side,
            "context": context,
            "name": name,
        }
        body = {"kind": "import_version", "options": options}
        return AsyncJob(self._sender, await self._sender.create(JobAnswer, "/jobs", body, key=key))

    async def evaluate(self, version_id: int, dataset: int, *, key: str | None = None) -> AsyncJob:
        """Evaluate a version, and the champion, on the test faces of a dataset."""
        path, body = f"/versions/{version_id}/evaluate", {"dataset": dataset}
        return AsyncJob(self._sender, await self._sender.create(JobAnswer, path, body, key=key))

    async def evaluations(self, version_id: int) -> Sequence[Evaluation]:
        """All evaluations of a version, newest dataset first."""
        return await self._list(f"/versions/{version_id}/evaluations", "evaluations", Evaluation)

    async def evaluation(self, evaluation_id: int) -> OneEvaluation:
        """One evaluation with all its metrics."""
        return await self._sender.read(OneEvaluation, f"/evaluations/{evaluation_id}")

    def wrong(
        self,
        evaluation_id: int,
        *,
        label: str | None = None,
        predicted: str | None = None,
        page_size: int = PAGE_SIZE,
    ) -> AsyncRows[TestFace]:
        """The test faces that the version predicts wrongly, worst first."""
        path = f"/evaluations/{evaluation_id}/wrong"
        query = {"label": label, "predicted": predicted}
        return self._rows(path, "faces", TestFace, page_size=page_size, query=query)

    async def compare(
        self, version_id: int, other_id: int, dataset: int, *, limit: int = 100
    ) -> VersionComparison:
        """Two versions on the test faces of a dataset: the gate for the second, the faces gained and lost."""
        path = f"/versions/{version_id}/compare/{other_id}"
        return await self._sender.read(VersionComparison, path, {"dataset": dataset, "limit": limit})

    async def promote(self, version_id: int, *, overrule: bool = False, reason: str = "") -> OneVersion:
        """Make a version that passes the gate the champion; `overrule` needs a reason."""
        path, body = f"/versions/{version_id}/promote", {"overrule": overrule, "reason": reason}
        return await self._sender.change(OneVersion, "POST", path, body)

    async def rollback(self, *, key: str | None = None) -> OneVersion:
        """Make the previous champion the champion again."""
        return await self._sender.create(OneVersion, "/versions/rollback", key=key)

    async def promotions(self) -> Sequence[Promotion]:
        """The history of the champion, newest first."""
        return await self._list("/promotions", "promotions", Promotion)

    async def training(self, job_id: int) -> Training:
        """The epochs of a training so far."""
        return await self._sender.read(Training, f"/jobs/{job_id}/training")

    async def stop_training(self, job_id: int) -> Training:
        """End the fit of a training after its current batch; the best epoch so far is evaluated."""
        return await self._sender.change(Training, "POST", f"/jobs/{job_id}/stop")
