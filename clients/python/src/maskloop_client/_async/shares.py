"""Shares of labels with their intervals, the audits that correct them, groups and trends."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

from maskloop_client._async.downloads import download
from maskloop_client._async.group import AsyncGroup
from maskloop_client.models import Estimates, GroupTable, Plan, PlanAnswer, Sample, Trend
from maskloop_client.queries import Grouping, grouping_query


class AsyncShares(AsyncGroup):
    """Shares of the faces of jobs."""

    async def estimates(self, job_id: int) -> Estimates:
        """What the audit of a job says, as it stands."""
        return await self._sender.read(Estimates, f"/jobs/{job_id}/estimates")

    async def audit(
        self,
        job_id: int,
        *,
        faces: int = 100,
        photos: int = 0,
        second_percent: int = 0,
        seed: int | None = None,
        again: bool = False,
    ) -> Sample:
        """Draw more faces and photos at random; people decide them in a queue.

        `second_percent` is the share that a second person decides too; `again` draws a new sample.
        """
        body = {
            "faces": faces,
            "photos": photos,
            "second_percent": second_percent,
            "seed": seed,
            "again": again,
        }
        return await self._sender.create(Sample, f"/jobs/{job_id}/audit", body)

    async def count(self, job_id: int) -> Sample:
        """Count the faces of an audited job again, as after a removal of photos."""
        return await self._sender.create(Sample, f"/jobs/{job_id}/audit/count")

    async def plan(self, job_id: int, faces: int) -> Plan | None:
        """What so many more audited faces are expected to give; None where no undecided face is left."""
        query = {"faces": faces}
        return (await self._sender.read(PlanAnswer, f"/jobs/{job_id}/audit/plan", query)).plan

    async def set_target(self, job_id: int, label: str, at_least: float) -> Estimates:
        """Want a share of a label of at least so much, 0 to 1."""
        body = {"label": label, "at_least": at_least}
        return await self._sender.change(Estimates, "PUT", f"/jobs/{job_id}/target", body)

    async def remove_target(self, job_id: int) -> None:
        """Want no share any more."""
        await self._remove(f"/jobs/{job_id}/target")

    async def groups(
        self, job_id: int, *, compare: Sequence[str] = (), **grouping: Unpack[Grouping]
    ) -> GroupTable:
        """Its photos in groups, as by day or folder, with the shares of each.

        `compare` names two groups, whose difference is in the answer.
        """
        query = {**grouping_query(grouping), "compare": [*compare]}
        return await self._sender.read(GroupTable, f"/jobs/{job_id}/groups", query)

    async def groups_csv(
        self, job_id: int, to: str | os.PathLike[str] = ".", **grouping: Unpack[Grouping]
    ) -> Path:
        """Write the same table with all labels as CSV to a file or into a folder."""
        path, query = f"/jobs/{job_id}/groups.csv", grouping_query(grouping)
        return await download(self._sender, path, to, query=query, name=f"groups-{job_id}.csv")

    async def trend(
        self, schedule_id: int, *, label: str = "with_mask", only_new: bool = False, after: str | None = None
    ) -> Trend:
        """The shares of a schedule's jobs over time; `after` is the `next` of an earlier answer."""
        query = {"label": label, "only_new": only_new, "after": after}
        return await self._sender.read(Trend, f"/schedules/{schedule_id}/trend", query)
