"""Schedules: jobs that recur."""

from collections.abc import Sequence
from typing import Any, Unpack

from maskloop_client._async.group import AsyncGroup
from maskloop_client._async.job import AsyncJob
from maskloop_client.models import JobAnswer, Run, Schedule
from maskloop_client.queries import ScheduleChanges


class AsyncSchedules(AsyncGroup):
    """Schedules of the service."""

    async def list(self) -> Sequence[Schedule]:
        """All schedules, the next to run first, paused ones last."""
        return await self._list("/schedules", "schedules", Schedule)

    async def create(
        self,
        title: str,
        kind: str,
        options: dict[str, Any],
        cron: str,
        *,
        time_zone: str = "UTC",
        overlap: str = "skip",
        renews_reports: bool = False,
    ) -> Schedule:
        """Start a job at the times of a cron expression.

        `overlap` is skip or queue: what happens at a planned time while the previous job runs.
        """
        body = {
            "title": title,
            "job": {"kind": kind, "options": options},
            "cron": cron,
            "time_zone": time_zone,
            "overlap": overlap,
            "renews_reports": renews_reports,
        }
        return await self._sender.create(Schedule, "/schedules", body)

    async def watch(
        self, folder: str, *, title: str = "", options: dict[str, Any] | None = None, **watch: Any
    ) -> Schedule:
        """Read new photos of a folder on the server as they arrive.

        `options` are those of a predict job; `watch` may give settle_seconds, gather_seconds, most_photos,
        reads_existing and polls.
        """
        job = {"kind": "predict", "options": {**(options or {}), "folder": folder}}
        name = folder.rstrip("/").rpartition("/")[2] or folder
        body = {"title": title or f"New in {name}", "job": job, "watch": watch}
        return await self._sender.create(Schedule, "/schedules", body)

    async def look(self, schedule_id: int) -> Run:
        """Have new photos that have settled become a job now; the run gets its job within seconds."""
        return await self._sender.change(Run, "POST", f"/schedules/{schedule_id}/look")

    async def get(self, schedule_id: int) -> Schedule:
        """One schedule."""
        return await self._sender.read(Schedule, f"/schedules/{schedule_id}")

    async def change(self, schedule_id: int, **changes: Unpack[ScheduleChanges]) -> Schedule:
        """Change it; what is not given stays."""
        return await self._sender.change(Schedule, "PATCH", f"/schedules/{schedule_id}", changes)

    async def pause(self, schedule_id: int) -> Schedule:
        """Start nothing until it is resumed."""
        return await self._sender.change(Schedule, "POST", f"/schedules/{schedule_id}/pause")

    async def resume(self, schedule_id: int) -> Schedule:
        """Go on with the next planned time."""
        return await self._sender.change(Schedule, "POST", f"/schedules/{schedule_id}/resume")

    async def run(self, schedule_id: int, *, key: str | None = None) -> AsyncJob:
        """Start its job now, even if one is running."""
        path = f"/schedules/{schedule_id}/run"
        return AsyncJob(self._sender, await self._sender.create(JobAnswer, path, key=key))

    async def runs(self, schedule_id: int) -> Sequence[Run]:
        """Its latest runs, newest first."""
        return await self._list(f"/schedules/{schedule_id}/runs", "runs", Run)

    async def delete(self, schedule_id: int) -> None:
        """Delete it and its history; its jobs stay."""
        await self._remove(f"/schedules/{schedule_id}")
