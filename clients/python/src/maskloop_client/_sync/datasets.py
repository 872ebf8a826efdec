# Made of `_async/datasets.py` by `generate_sync.py`: change that file, not this one.
"""Datasets: frozen snapshots of faces, labels and splits. A job of the kind `freeze` makes one."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maskloop_client._sync.downloads import download
from maskloop_client._sync.group import Group
from maskloop_client._sync.job import Job
from maskloop_client._sync.rows import PAGE_SIZE, Rows
from maskloop_client.models import (
    AssumedLabel,
    ChangedFace,
    Dataset,
    DatasetComparison,
    DatasetFace,
    ImportPreview,
    ImportResult,
    JobAnswer,
    OneDataset,
    TakenBack,
)


class Datasets(Group):
    """Datasets."""

    def list(self, *, page_size: int = PAGE_SIZE) -> Rows[Dataset]:
        """Datasets, newest first."""
        return self._rows("/datasets", "datasets", Dataset, page_size=page_size)

    def get(self, dataset_id: int) -> OneDataset:
        """One dataset with the versions that were trained and evaluated on it."""
        return self._sender.read(OneDataset, f"/datasets/{dataset_id}")

    def faces(
        self,
        dataset_id: int,
        *,
        split: str | None = None,
        label: str | None = None,
        page_size: int = PAGE_SIZE,
    ) -> Rows[DatasetFace]:
        """Its faces; `split` is train, validation or test."""
        path = f"/datasets/{dataset_id}/faces"
        return self._rows(
            path, "faces", DatasetFace, page_size=page_size, query={"split": split, "label": label}
        )

    def compare(self, before_id: int, after_id: int) -> DatasetComparison:
        """How many faces a later dataset added, removed and relabelled, with the first ones that it added."""
        path = f"/datasets/{before_id}/compare/{after_id}"
        return self._sender.read(DatasetComparison, path)

    def differences(
        self, before_id: int, after_id: int, *, show: str = "added", page_size: int = PAGE_SIZE
    ) -> Rows[ChangedFace]:
        """The faces that a later dataset added, removed or relabelled."""
        path = f"/datasets/{before_id}/compare/{after_id}"
        return self._rows(path, "faces", ChangedFace, page_size=page_size, query={"show": show})

    def export(self, dataset_id: int, to: str | os.PathLike[str]) -> Path:
        """Write its faces with labels and splits as CSV to a file or into a folder."""
        path, name = f"/datasets/{dataset_id}/faces.csv", f"dataset-{dataset_id}.csv"
        return download(self._sender, path, to, name=name)

    def pin(self, dataset_id: int) -> Dataset:
        """Make its test faces the golden test set, which is never trained on."""
        return self._sender.change(Dataset, "POST", f"/datasets/{dataset_id}/pin")

    def preview_import(self, options: dict[str, Any]) -> ImportPreview:
        """What a labelled set holds and how it would be read, by the options of the kind import."""
        return self._sender.change(ImportPreview, "POST", "/imports/preview", {"options": options})

    def import_result(self, job_id: int) -> ImportResult:
        """What an import has written and left out, with the words of its set."""
        return self._sender.read(ImportResult, f"/jobs/{job_id}/import")

    def import_again(self, job_id: int, labels: Mapping[str, str], *, key: str | None = None) -> Job:
        """Import the set of a job again; `labels` say what words of it mean, others mean what they did."""
        body = {"labels": dict(labels)}
        path = f"/jobs/{job_id}/import/again"
        return Job(self._sender, self._sender.create(JobAnswer, path, body, key=key))

    def assumed(self, job_id: int, *, page_size: int = PAGE_SIZE) -> Rows[AssumedLabel]:
        """Detections that an import took for no face, because the set has no box there."""
        return self._rows(f"/jobs/{job_id}/assumed", "assumed", AssumedLabel, page_size=page_size)

    def take_back_assumed(self, job_id: int) -> TakenBack:
        """Take back every “not a face” that an import gave to detections without a box."""
        return self._sender.change(TakenBack, "POST", f"/jobs/{job_id}/assumed/undo")
