"""Jobs of every kind: request, list, read, steer, delete."""

from collections.abc import AsyncIterator
from typing import Any

from maskloop_client._async.job import AsyncJob
from maskloop_client._async.rows import PAGE_SIZE, AsyncRows
from maskloop_client._async.sender import AsyncSender
from maskloop_client.models import JobAnswer, JobWithProgress


class AsyncJobs:
    """Jobs of the service."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    async def create(
        self, kind: str, options: dict[str, Any], *, title: str = "", key: str | None = None
    ) -> AsyncJob:
        """Request a job; `options` are those of its kind.

        With the same `key` within a day the answer is the same job, also from another process.
        """
        body = {"kind": kind, "options": options, "title": title}
        return AsyncJob(self._sender, await self._sender.create(JobAnswer, "/jobs", body, key=key))

    async def get(self, job_id: int) -> AsyncJob:
        """One job with its progress."""
        return AsyncJob(self._sender, await self._sender.read(JobWithProgress, f"/jobs/{job_id}"))

    async def list(
        self,
        *,
        kind: str | None = None,
        state: str | None = None,
        words: str = "",
        helpers: bool = False,
        page_size: int = PAGE_SIZE,
    ) -> AsyncIterator[AsyncJob]:
        """Jobs, newest first; helpers, such as removals, only where asked for."""
        query = {"kind": kind, "state": state, "words": words or None, "helpers": helpers or None}
        rows = AsyncRows(self._sender, "/jobs", JobAnswer, "jobs", query=query, page_size=page_size)
        async for data in rows:
            yield AsyncJob(self._sender, data)
