# Made of `_async/schedules.py` by `generate_sync.py`: change that file, not this one.
"""Schedules: jobs that recur."""

from collections.abc import Sequence
from typing import Any, Unpack

from maskloop_client._sync.group import Group
from maskloop_client._sync.job import Job
from maskloop_client.models import JobAnswer, Run, Schedule
from maskloop_client.queries import ScheduleChanges


class Schedules(Group):
    """Schedules of the service."""

    def list(self) -> Sequence[Schedule]:
        """All schedules, the next to run first, paused ones last."""
        return self._list("/schedules", "schedules", Schedule)

    def create(
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
        return self._sender.create(Schedule, "/schedules", body)

    def watch(
        self, folder: str, *, title: str = "", options: dict[str, Any] | None = None, **watch: Any
    ) -> Schedule:
        """Read new photos of a folder on the server as they arrive.

        `options` are those of a predict job; `watch` may give settle_seconds, gather_seconds, most_photos,
        reads_existing and polls.
        """
        job = {"kind": "predict", "options": {**(options or {}), "folder": folder}}
        name = folder.rstrip("/").rpartition("/")[2] or folder
        body = {"title": title or f"New in {name}", "job": job, "watch": watch}
        return self._sender.create(Schedule, "/schedules", body)

    def look(self, schedule_id: int) -> Run:
        """Have new photos that have settled become a job now; the run gets its job within seconds."""
        return self._sender.change(Run, "POST", f"/schedules/{schedule_id}/look")

    def get(self, schedule_id: int) -> Schedule:
        """One schedule."""
        return self._sender.read(Schedule, f"/schedules/{schedule_id}")

    def change(self, schedule_id: int, **changes: Unpack[ScheduleChanges]) -> Schedule:
        """Change it; what is not given stays."""
        return self._sender.change(Schedule, "PATCH", f"/schedules/{schedule_id}", changes)

    def pause(self, schedule_id: int) -> Schedule:
        """Start nothing until it is resumed."""
        return self._sender.change(Schedule, "POST", f"/schedules/{schedule_id}/pause")

    def resume(self, schedule_id: int) -> Schedule:
        """Go on with the next planned time."""
        return self._sender.change(Schedule, "POST", f"/schedules/{schedule_id}/resume")

    def run(self, schedule_id: int, *, key: str | None = None) -> Job:
        """Start its job now, even if one is running."""
        path = f"/schedules/{schedule_id}/run"
        return Job(self._sender, self._sender.create(JobAnswer, path, key=key))

    def runs(self, schedule_id: int) -> Sequence[Run]:
        """Its latest runs, newest first."""
        return self._list(f"/schedules/{schedule_id}/runs", "runs", Run)

    def delete(self, schedule_id: int) -> None:
        """Delete it and its history; its jobs stay."""
        self._remove(f"/schedules/{schedule_id}")
