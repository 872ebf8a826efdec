"""What a job's page shows besides progress and log; each topic declares the panels of its kinds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from core.jobs.kinds import JobKind, get_kind
from models import Job, JobState

#: States of a job that does nothing more, unless it is retried.
ENDED = (JobState.DONE, JobState.CANCELLED, JobState.FAILED)

_PANELS: dict[str, "JobPanels"] = {}


@dataclass(frozen=True, kw_only=True)
class JobPanels:
    """Facts and panels on the pages of one job kind."""

    #: Facts of the job's options as (term, text), under "About this job".
    about: Callable[[Job], list[tuple[str, str]]] = lambda _job: []
    #: Partials of the wide column, above the log, and of the narrow one, above the facts.
    panels: tuple[str, ...] = ()
    side_panels: tuple[str, ...] = ()
    #: Mark of the kind in lists: the name of an icon in `_marks.html`.
    icon: str = "box"
    #: What a deletion of the job deletes, and what it added to the library, which stays; sentences.
    goes: str = "Its list of photos, its reports and its log are deleted."
    stays: str = "Photos, faces, predictions and labels stay in the library."
    #: The template context of the partials.
    details: Callable[[Session, Job], dict[str, object]] = lambda _session, _job: {}


def declare_panels(kind: JobKind[Any], panels: JobPanels) -> None:
    """Show these panels on the pages of jobs of this kind."""
    _PANELS[kind.name] = panels


def panels_of(job: Job) -> JobPanels:
    """The panels of the job's kind."""
    return _PANELS.get(job.kind, JobPanels())


def title_of(job: Job) -> str:
    """The title of the job's kind."""
    return get_kind(job.kind).title


def icon_of(kind: str) -> str:
    """The icon of a job kind."""
    return _PANELS.get(kind, JobPanels()).icon
