"""One job: wait for it, steer it, read its results."""

import time
from collections.abc import Callable
from typing import Any, Self

from maskloop_client._async.rows import PAGE_SIZE, AsyncRows
from maskloop_client._async.sender import AsyncSender
from maskloop_client._async.waiting import pause
from maskloop_client.errors import JobFailed, WaitTimeout
from maskloop_client.models.jobs import JobData, JobEvent
from maskloop_client.models.results import FaceResult, PhotoResult

#: Seconds between the first two readings of a job that is waited for; the pause then doubles.
_FIRST_PAUSE = 0.1


class AsyncJob:
    """A job as it stood when it was last read; `data` is what the service said."""

    def __init__(self, sender: AsyncSender, data: JobData) -> None:
        self._sender = sender
        self.data = data

    def __repr__(self) -> str:
        return f"<Job {self.id} {self.kind} {self.state} {self.title!r}>"

    @property
    def id(self) -> int:
        """Its number."""
        return self.data.id

    @property
    def kind(self) -> str:
        """The name of its kind, such as predict."""
        return self.data.kind

    @property
    def title(self) -> str:
        """Its title."""
        return self.data.title

    @property
    def state(self) -> str:
        """waiting, running, paused, done, failed or cancelled."""
        return self.data.state

    @property
    def has_ended(self) -> bool:
        """Whether it is done, failed or cancelled."""
        return self.data.has_ended

    async def refresh(self) -> Self:
        """Read it again."""
        self.data = await self._sender.read(JobData, self._path())
        return self

    async def wait(
        self,
        *,
        timeout: float | None = None,
        progress: Callable[[JobData], object] | None = None,
        interval: float = 2.0,
        check: bool = True,
    ) -> Self:
        """Wait until it has ended, reading it every `interval` seconds at the longest.

        `progress` is called with each reading. Raises WaitTimeout after `timeout` seconds, and JobFailed if
        the job has failed or was cancelled, unless `check` is off. A paused job is waited for.
        """
        end = None if timeout is None else time.monotonic() + timeout
        seconds = min(_FIRST_PAUSE, interval)
        while True:
            await self.refresh()
            if progress is not None:
                progress(self.data)
            if self.has_ended:
                break
            left = seconds if end is None else end - time.monotonic()
            if left <= 0:
                raise WaitTimeout(f"Job {self.id} is still {self.state} after {timeout:g} s; it goes on.")
            await pause(min(seconds, left))
            seconds = min(seconds * 2, interval)
        if check and self.state != "done":
            raise JobFailed(self.data)
        return self

    async def pause(self) -> Self:
        """Let it stand until it is resumed."""
        return await self._steer("pause")

    async def resume(self) -> Self:
        """Go on after a pause."""
        return await self._steer("resume")

    async def cancel(self) -> Self:
        """End it; what is done stays."""
        return await self._steer("cancel")

    async def continue_(self) -> Self:
        """Go on where a cancelled or failed job ended."""
        return await self._steer("continue")

    async def retry(self) -> Self:
        """Try its failed photos again."""
        return await self._steer("retry")

    async def again(self, *, key: str | None = None) -> "AsyncJob":
        """Request another job with the same options."""
        return AsyncJob(self._sender, await self._sender.create(JobData, self._path("/again"), key=key))

    async def delete(self) -> None:
        """Delete it with its reports once it has ended; photos, faces and decisions stay."""
        await self._sender.send("DELETE", self._path())

    async def events(self) -> list[JobEvent]:
        """The newest lines of its log, newest first."""
        body = (await self._sender.send("GET", self._path("/events"))).json()
        return [JobEvent.model_validate(event) for event in body["events"]]

    def photos(self, *, page_size: int = PAGE_SIZE) -> AsyncRows[PhotoResult]:
        """Its files with their faces, also those that could not be read."""
        path = self._path("/photos")
        return AsyncRows(self._sender, path, PhotoResult, _read_photos, page_size=page_size)

    def faces(self, *, page_size: int = PAGE_SIZE) -> AsyncRows[FaceResult]:
        """Its faces, each with the file that it is in."""
        path = self._path("/photos")
        return AsyncRows(self._sender, path, FaceResult, _read_faces, page_size=page_size)

    async def _steer(self, action: str) -> Self:
        self.data = await self._sender.change(JobData, "POST", self._path(f"/{action}"))
        return self

    def _path(self, below: str = "") -> str:
        return f"/jobs/{self.id}{below}"


def _read_photos(body: dict[str, Any]) -> list[PhotoResult]:
    return [PhotoResult.model_validate(photo) for photo in body["photos"]]


def _read_faces(body: dict[str, Any]) -> list[FaceResult]:
    return [face for photo in _read_photos(body) for face in photo.each_face()]
