"""One job: wait for it, steer it, read its results."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from maskloop_client._async.downloads import Told, download
from maskloop_client._async.group import AsyncGroup
from maskloop_client._async.rows import PAGE_SIZE, AsyncRows
from maskloop_client._async.sender import AsyncSender
from maskloop_client._async.waiting import pause
from maskloop_client.errors import JobFailed, WaitTimeout
from maskloop_client.models import (
    Event,
    JobAnswer,
    JobFaceAnswer,
    JobWithProgress,
    Link,
    Progress,
    ReportFile,
    RequestedReports,
    ResultPhoto,
)

#: States in which a job does nothing more.
_ENDED = frozenset({"done", "failed", "cancelled"})
#: Seconds between the first two readings of a job that is waited for; the pause then doubles.
_FIRST_PAUSE = 0.1


class AsyncJob(AsyncGroup):
    """A job as it stood when it was last read; `data` is what the service said."""

    def __init__(self, sender: AsyncSender, data: JobAnswer) -> None:
        super().__init__(sender)
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
        return self.state in _ENDED

    @property
    def progress(self) -> Progress | None:
        """How far it was when it was last read by itself; None after a list or an action."""
        return self.data.progress if isinstance(self.data, JobWithProgress) else None

    async def refresh(self) -> Self:
        """Read it again."""
        self.data = await self._read()
        return self

    async def wait(
        self,
        *,
        timeout: float | None = None,
        progress: Callable[[JobWithProgress], object] | None = None,
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
            self.data = found = await self._read()
            if progress is not None:
                progress(found)
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
        return AsyncJob(self._sender, await self._sender.create(JobAnswer, self._path("/again"), key=key))

    async def delete(self) -> None:
        """Delete it with its reports once it has ended; photos, faces and decisions stay."""
        await self._remove(self._path())

    async def events(self) -> Sequence[Event]:
        """The newest lines of its log, newest first."""
        return await self._list(self._path("/events"), "events", Event)

    def photos(self, *, page_size: int = PAGE_SIZE) -> AsyncRows[ResultPhoto]:
        """Its files with their faces, also those that could not be read."""
        return self._rows(self._path("/photos"), "photos", ResultPhoto, page_size=page_size)

    def faces(
        self,
        *,
        label: str | None = None,
        labels: str = "final",
        below: float | None = None,
        hidden: bool = True,
        page_size: int = PAGE_SIZE,
    ) -> AsyncRows[JobFaceAnswer]:
        """Its faces with their predicted, decided and final label, in the order of its files.

        `label` lists faces with this label alone, which is the one that `labels` names, final or predicted.
        `below` lists faces of which the classifier is less certain, `hidden` those of hidden duplicates too.
        """
        query = {"label": label, "labels": labels, "below": below, "hidden": hidden}
        return self._rows(self._path("/faces"), "faces", JobFaceAnswer, page_size=page_size, query=query)

    async def reports(self) -> Sequence[ReportFile]:
        """Its report files, those that were written again too."""
        return await self._list(self._path("/reports"), "reports", ReportFile)

    async def write_reports(
        self, *files: str, names: bool = False, faces: str | None = None
    ) -> Sequence[ReportFile]:
        """Write report files once it is done, again or for the first time; wait for it then.

        `files` are names such as report.html, by default those that every job has; `names` names the people
        who decided; `faces` is none, eyes or face: what is covered in pictures.
        """
        body = {"files": [*files] or None, "names": names, "faces": faces}
        found = await self._sender.change(RequestedReports, "POST", self._path("/reports"), body)
        self.data = found.job
        return found.reports

    async def download_report(
        self,
        name: str,
        to: str | os.PathLike[str] = ".",
        *,
        number: int | None = None,
        progress: Told | None = None,
    ) -> Path:
        """Write a report file to a file or into a folder: the latest one, or that of a number."""
        path = self._path(f"/reports/{'latest' if number is None else number}/{name}")
        return await download(self._sender, path, to, name=name, progress=progress)

    async def links(self) -> Sequence[Link]:
        """Links to its report files that still work, newest first."""
        return await self._list(self._path("/links"), "links", Link)

    async def create_link(self, name: str, *, number: int | None = None, days: int = 7) -> Link:
        """Make a link by which anyone downloads a report file, such as export.zip, without a token."""
        body = {"name": name, "number": number, "days": days}
        return await self._sender.change(Link, "POST", self._path("/links"), body)

    async def revoke_link(self, link_id: int) -> None:
        """End a link for good."""
        await self._remove(self._path(f"/links/{link_id}"))

    async def _read(self) -> JobWithProgress:
        return await self._sender.read(JobWithProgress, self._path())

    async def _steer(self, action: str) -> Self:
        self.data = await self._sender.change(JobAnswer, "POST", self._path(f"/{action}"))
        return self

    def _path(self, below: str = "") -> str:
        return f"/jobs/{self.id}{below}"
