# Made of `_async/removals.py` by `generate_sync.py`: change that file, not this one.
"""Removals: photos are deleted with everything derived from them, after a dry run; needs the scope admin."""

from typing import Any

from maskloop_client._sync.group import Group
from maskloop_client._sync.job import Job
from maskloop_client._sync.rows import PAGE_SIZE, Rows
from maskloop_client.models import JobAnswer, Removal, RemovalPlanAnswer


class Removals(Group):
    """Removals of photos."""

    def plan(
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
        return self._sender.change(RemovalPlanAnswer, "POST", "/removals/plan", body)

    def create(
        self,
        by: str,
        value: str = "",
        *,
        photos: int,
        selection: dict[str, Any] | None = None,
        spares: bool | None = None,
        reason: str = "",
        key: str | None = None,
    ) -> Job:
        """Delete the photos; `photos` is how many the dry run said, and others by now are refused."""
        body = _target(by, value, selection, spares) | {"photos": photos, "reason": reason}
        return Job(self._sender, self._sender.create(JobAnswer, "/removals", body, key=key))

    def list(self, *, page_size: int = PAGE_SIZE) -> Rows[Removal]:
        """Earlier removals, newest first."""
        return self._rows("/removals", "removals", Removal, page_size=page_size)


def _target(by: str, value: str, selection: dict[str, Any] | None, spares: bool | None) -> dict[str, Any]:
    return {"by": by, "value": value, "selection": selection, "spares": spares}
