"""Removals: photos are deleted with everything derived from them, after a dry run; needs the scope admin."""

from typing import Any

from maskloop_client._async.group import AsyncGroup
from maskloop_client._async.job import AsyncJob
from maskloop_client._async.rows import PAGE_SIZE, AsyncRows
from maskloop_client.models import JobAnswer, Removal, RemovalPlanAnswer, RetentionPlanAnswer


class AsyncRemovals(AsyncGroup):
    """Removals of photos."""

    async def plan(
        self,
        by: str,
        value: str = "",
        *,
        selection: dict[str, Any] | None = None,
        spares: bool | None = None,
    ) -> RemovalPlanAnswer:
        """The dry run: what a removal would delete.

        `by` is photo, page, host, phrase or selection. `value` names the photo, page, host or phrase; a
        `selection` has the filters of the library, such as `{"job": 7}`. `spares` says whether photos that
        also have another source stay.
        """
        body = _target(by, value, selection, spares)
        return await self._sender.change(RemovalPlanAnswer, "POST", "/removals/plan", body)

    async def create(
        self,
        by: str,
        value: str = "",
        *,
        photos: int,
        selection: dict[str, Any] | None = None,
        spares: bool | None = None,
        reason: str = "",
        key: str | None = None,
    ) -> AsyncJob:
        """Delete the photos; `photos` is how many the dry run said, and others by now are refused."""
        body = _target(by, value, selection, spares) | {"photos": photos, "reason": reason}
        return AsyncJob(self._sender, await self._sender.create(JobAnswer, "/removals", body, key=key))

    async def plan_retention(
        self, by: str, value: str, *, days: int = 30, datasets: bool = False
    ) -> RetentionPlanAnswer:
        """The dry run of a retention: how many pictures a job of the kind `retention` would delete now.

        `by` is job, host or series, `value` the number of the job or schedule, or the host. With `datasets`
        photos of which a dataset has faces go too.
        """
        body = {"by": by, "value": value, "days": days, "datasets": datasets}
        return await self._sender.change(RetentionPlanAnswer, "POST", "/retention/plan", body)

    def list(self, *, page_size: int = PAGE_SIZE) -> AsyncRows[Removal]:
        """Earlier removals, newest first."""
        return self._rows("/removals", "removals", Removal, page_size=page_size)


def _target(by: str, value: str, selection: dict[str, Any] | None, spares: bool | None) -> dict[str, Any]:
    return {"by": by, "value": value, "selection": selection, "spares": spares}
