# Made of `_async/shares.py` by `generate_sync.py`: change that file, not this one.
"""Shares of labels with their intervals, the audits that correct them, groups and trends."""

from collections.abc import Sequence

from maskloop_client._sync.group import Group
from maskloop_client.models import Estimates, GroupTable, Plan, PlanAnswer, Sample, Trend


class Shares(Group):
    """Shares of the faces of jobs."""

    def estimates(self, job_id: int) -> Estimates:
        """What the audit of a job says, as it stands."""
        return self._sender.read(Estimates, f"/jobs/{job_id}/estimates")

    def audit(
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
        return self._sender.create(Sample, f"/jobs/{job_id}/audit", body)

    def count(self, job_id: int) -> Sample:
        """Count the faces of an audited job again, as after a removal of photos."""
        return self._sender.create(Sample, f"/jobs/{job_id}/audit/count")

    def plan(self, job_id: int, faces: int) -> Plan | None:
        """What so many more audited faces are expected to give; None where no undecided face is left."""
        query = {"faces": faces}
        return (self._sender.read(PlanAnswer, f"/jobs/{job_id}/audit/plan", query)).plan

    def set_target(self, job_id: int, label: str, at_least: float) -> Estimates:
        """Want a share of a label of at least so much, 0 to 1."""
        body = {"label": label, "at_least": at_least}
        return self._sender.change(Estimates, "PUT", f"/jobs/{job_id}/target", body)

    def remove_target(self, job_id: int) -> None:
        """Want no share any more."""
        self._remove(f"/jobs/{job_id}/target")

    def groups(
        self,
        job_id: int,
        *,
        by: str = "day",
        label: str = "with_mask",
        zone: str = "",
        clock_zone: str = "",
        times_from: str = "either",
        pattern: str = "",
        field: str = "",
        level: int = 1,
        jobs: Sequence[int] = (),
    ) -> GroupTable:
        """Its photos in groups, as by day or folder, with the shares of each; `jobs` are further jobs."""
        query = {
            "by": by,
            "label": label,
            "zone": zone,
            "clock_zone": clock_zone,
            "times_from": times_from,
            "pattern": pattern,
            "field": field,
            "level": level,
            "job": [*jobs],
        }
        return self._sender.read(GroupTable, f"/jobs/{job_id}/groups", query)

    def trend(
        self, schedule_id: int, *, label: str = "with_mask", only_new: bool = False, after: str | None = None
    ) -> Trend:
        """The shares of a schedule's jobs over time; `after` is the `next` of an earlier answer."""
        query = {"label": label, "only_new": only_new, "after": after}
        return self._sender.read(Trend, f"/schedules/{schedule_id}/trend", query)
