# Made of `_async/job.py` by `generate_sync.py`: change that file, not this one.
"""One job: wait for it, steer it, read its results."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from maskloop_client._sync.downloads import Told, download
from maskloop_client._sync.group import Group
from maskloop_client._sync.rows import PAGE_SIZE, Rows
from maskloop_client._sync.sender import Sender
from maskloop_client._sync.waiting import pause
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


class Job(Group):
    """A job as it stood when it was last read; `data` is what the service said."""

    def __init__(self, sender: Sender, data: JobAnswer) -> None:
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

    def refresh(self) -> Self:
        """Read it again."""
        self.data = self._read()
        return self

    def wait(
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
            self.data = found = self._read()
            if progress is not None:
                progress(found)
            if self.has_ended:
                break
            left = seconds if end is None else end - time.monotonic()
            if left <= 0:
                raise WaitTimeout(f"Job {self.id} is still {self.state} after {timeout:g} s; it goes on.")
            pause(min(seconds, left))
            seconds = min(seconds * 2, interval)
        if check and self.state != "done":
            raise JobFailed(self.data)
        return self

    def pause(self) -> Self:
        """Let it stand until it is resumed."""
        return self._steer("pause")

    def resume(self) -> Self:
        """Go on after a pause."""
        return self._steer("resume")

    def cancel(self) -> Self:
        """End it; what is done stays."""
        return self._steer("cancel")

    def continue_(self) -> Self:
        """Go on where a cancelled or failed job ended."""
        return self._steer("continue")

    def retry(self) -> Self:
        """Try its failed photos again."""
        return self._steer("retry")

    def again(self, *, key: str | None = None) -> "Job":
        """Request another job with the same options."""
        return Job(self._sender, self._sender.create(JobAnswer, self._path("/again"), key=key))

    def delete(self) -> None:
        """Delete it with its reports once it has ended; photos, faces and decisions stay."""
        self._remove(self._path())

    def events(self) -> Sequence[Event]:
        """The newest lines of its log, newest first."""
        return self._list(self._path("/events"), "events", Event)

    def photos(self, *, page_size: int = PAGE_SIZE) -> Rows[ResultPhoto]:
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
    ) -> Rows[JobFaceAnswer]:
        """Its faces with their predicted, decided and final label, in the order of its files.

        `label` lists faces with this label alone, which is the one that `labels` names, final or predicted.
        `below` lists faces of which the classifier is less certain, `hidden` those of hidden duplicates too.
        """
        query = {"label": label, "labels": labels, "below": below, "hidden": hidden}
        return self._rows(self._path("/faces"), "faces", JobFaceAnswer, page_size=page_size, query=query)

    def reports(self) -> Sequence[ReportFile]:
        """Its report files, those that were written again too."""
        return self._list(self._path("/reports"), "reports", ReportFile)

    def write_reports(
        self, *files: str, names: bool = False, faces: str | None = None
    ) -> Sequence[ReportFile]:
        """Write report files once it is done, again or for the first time; wait for it then.

        `files` are names such as report.html, by default those that every job has; `names` names the people
        who decided; `faces` is none, eyes or face: what is covered in pictures.
        """
        body = {"files": [*files] or None, "names": names, "faces": faces}
        found = self._sender.change(RequestedReports, "POST", self._path("/reports"), body)
        self.data = found.job
        return found.reports

    def download_report(
        self,
        name: str,
        to: str | os.PathLike[str] = ".",
        *,
        number: int | None = None,
        progress: Told | None = None,
    ) -> Path:
        """Write a report file to a file or into a folder: the latest one, or that of a number."""
        path = self._path(f"/reports/{'latest' if number is None else number}/{name}")
        return download(self._sender, path, to, name=name, progress=progress)

    def links(self) -> Sequence[Link]:
        """Links to its report files that still work, newest first."""
        return self._list(self._path("/links"), "links", Link)

    def create_link(self, name: str, *, number: int | None = None, days: int = 7) -> Link:
        """Make a link by which anyone downloads a report file, such as export.zip, without a token."""
        body = {"name": name, "number": number, "days": days}
        return self._sender.change(Link, "POST", self._path("/links"), body)

    def revoke_link(self, link_id: int) -> None:
        """End a link for good."""
        self._remove(self._path(f"/links/{link_id}"))

    def _read(self) -> JobWithProgress:
        return self._sender.read(JobWithProgress, self._path())

    def _steer(self, action: str) -> Self:
        self.data = self._sender.change(JobAnswer, "POST", self._path(f"/{action}"))
        return self

    def _path(self, below: str = "") -> str:
        return f"/jobs/{self.id}{below}"
