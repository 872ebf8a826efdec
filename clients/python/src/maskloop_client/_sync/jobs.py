# Made of `_async/jobs.py` by `generate_sync.py`: change that file, not this one.
"""Jobs of every kind: request, list, read, steer, delete."""

from collections.abc import Iterator
from typing import Any

from maskloop_client._sync.job import Job
from maskloop_client._sync.rows import PAGE_SIZE, Rows
from maskloop_client._sync.sender import Sender
from maskloop_client.models import JobAnswer, JobWithProgress


class Jobs:
    """Jobs of the service."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def create(self, kind: str, options: dict[str, Any], *, title: str = "", key: str | None = None) -> Job:
        """Request a job; `options` are those of its kind.

        With the same `key` within a day the answer is the same job, also from another process.
        """
        body = {"kind": kind, "options": options, "title": title}
        return Job(self._sender, self._sender.create(JobAnswer, "/jobs", body, key=key))

    def get(self, job_id: int) -> Job:
        """One job with its progress."""
        return Job(self._sender, self._sender.read(JobWithProgress, f"/jobs/{job_id}"))

    def list(
        self,
        *,
        kind: str | None = None,
        state: str | None = None,
        words: str = "",
        helpers: bool = False,
        page_size: int = PAGE_SIZE,
    ) -> Iterator[Job]:
        """Jobs, newest first; helpers, such as removals, only where asked for."""
        query = {"kind": kind, "state": state, "words": words or None, "helpers": helpers or None}
        rows = Rows(self._sender, "/jobs", JobAnswer, "jobs", query=query, page_size=page_size)
        for data in rows:
            yield Job(self._sender, data)
