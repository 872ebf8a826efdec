"""Declarations of job kinds and their stages, and the registry of all kinds."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Protocol, Self

from pydantic import Field
from sqlalchemy.orm import Session
from typing_extensions import TypeVar

from core.errors import InputError, MaskloopError
from core.jobs.options import JobOptions, JsonModel
from core.settings import Settings
from models import Batch, Job


class Runner(StrEnum):
    """Which processes run a stage's batches."""

    WORKER = "worker"
    #: The trainer, which runs each batch in its own process.
    TRAINER = "trainer"


class BatchPayload(JsonModel):
    """What a batch stores besides its range of photos; a stage that needs more declares a subclass."""

    postponed: int = Field(0, description="How often the batch was postponed.")
    lost: int = Field(0, description="How often its worker was lost without progress, and it was not blamed.")
    added_later: bool = Field(
        False,
        alias="extra",
        description="Requested after the job was done; it can fail or be cancelled without the job.",
    )


class HasPayload(Protocol):
    """A batch row, or the claim of one."""

    @property
    def payload(self) -> dict[str, Any]: ...  # noqa: D102


PayloadT = TypeVar("PayloadT", bound=BatchPayload, default=BatchPayload)
OptionsT = TypeVar("OptionsT", bound=JobOptions, default=JobOptions)


def _nothing(*_arguments: object) -> None:
    """The default hook."""


def _nothing_left(*_arguments: object) -> int:
    """The default hook of a deletion."""
    return 0


def photos_left(job: Job) -> int:
    """Photos of a job that no removal has deleted."""
    return job.photos_found - (job.photos_removed or 0)


def no_photo_read(job: Job) -> str:
    """Says that every photo of a job failed; empty if one was read, or none is left after removals."""
    return "no photo could be read" if photos_left(job) and not job.photos_done else ""


@dataclass(frozen=True, kw_only=True)
class StageHooks:
    """What a stage does besides its batches; each hook runs in the caller's transaction."""

    #: Writes the batches of the stage; by default the engine writes one.
    begin: Callable[[Session, Job], None] | None = None
    #: Called when the job is retried or cancelled: drops unfinished batches that were requested later.
    drop_unfinished: Callable[[Session, Job], None] = _nothing
    #: Called when the job is retried: invalidates what the stage wrote, since the stage runs again.
    on_retry: Callable[[Session, Job], None] = _nothing
    #: Called when a batch is quarantined.
    on_quarantine: Callable[[Session, Batch, MaskloopError], None] = _nothing
    #: Called when the job was deleted, until it returns 0: deletes some files, or rows without the job's
    #: number, that only this job needs; returns how many.
    on_purge: Callable[[Session, Settings, Job], int] = _nothing_left


@dataclass(frozen=True, kw_only=True)
class Stage(Generic[PayloadT]):
    """One step of a job; `Batch.kind` is its `name`."""

    name: str
    #: For pages, such as "Listing photos".
    activity: str
    payload: type[PayloadT] = BatchPayload  # type: ignore[assignment]
    #: Lists the input; until it has ended, the total is unknown.
    lists: bool = False
    #: Batches can also be requested after the job is done, and a retry runs the stage again.
    repeats: bool = False
    runner: Runner = Runner.WORKER
    #: Waits for other machines most of the time; such batches leave one worker of a host to other stages.
    waits: bool = False
    #: The longest time without a sign of life; the setting `stuck_seconds` where that is shorter.
    quiet_seconds: float = math.inf
    hooks: StageHooks = StageHooks()

    def payload_of(self, batch: HasPayload) -> PayloadT:
        """The typed payload of a batch of this stage."""
        return self.payload.from_json(batch.payload)


@dataclass(frozen=True, kw_only=True)
class JobRequest:
    """A job request in stored form, as a schedule keeps it; `options` are those of `Job.options`."""

    kind: str
    options: dict[str, Any]
    title: str
    account_id: int | None


@dataclass(frozen=True, kw_only=True)
class JobKind(Generic[OptionsT]):
    """One declaration per job kind; `declare` it in the topic's `job_kind.py`."""

    #: `Job.kind`.
    name: str
    #: For pages, such as "Prediction".
    title: str
    options: type[OptionsT]
    #: In order. A stage that reads photos gets its batches from the stage before it.
    stages: tuple[Stage[Any], ...]
    #: Requests a job from stored options, for "Run again" and schedules; None if only its page can.
    start: Callable[[Session, OptionsT, JobRequest, Settings], Job] | None = None
    #: Raises InputError for options with which a repeated job would find nothing new.
    check_recurring: Callable[[OptionsT], None] = _nothing
    #: Serves other work; the list of jobs folds such jobs away unless they failed.
    is_helper: bool = False
    #: Names of log lines that stay when a job is deleted, since pages of its topic show them.
    kept_events: frozenset[str] = frozenset()
    #: Names of the kinds that can follow a job of this kind.
    follow_ups: frozenset[str] = frozenset()
    #: Requests a job of this kind as follow-up of another job.
    follow: Callable[[Session, Job], Job] | None = None
    #: Says in words why a done job has no result, such as "no photo could be read"; empty if it has one.
    #: Reads only the job's row.
    empty_result: Callable[[Job], str] = no_photo_read
    #: Number of the job whose list of photos such a job reads, so that it is not deleted meanwhile.
    reads_job: Callable[[OptionsT], int | None] = lambda _options: None
    #: Whether programs need the scope admin for such jobs: they delete pictures, or change what all jobs use.
    needs_admin: Callable[[OptionsT], bool] = lambda _options: False
    #: Whether a retry can read files that the listing refused; refused uploads were not stored.
    keeps_refused_files: Callable[[OptionsT], bool] = lambda _options: True

    @property
    def runs_again(self) -> bool:
        """Whether jobs of this kind can be started from their stored options."""
        return self.start is not None

    def options_of(self, job: Job) -> OptionsT:
        """The typed options of a job of this kind."""
        return self.options.from_json(job.options)

    def stage_after(self, name: str) -> Stage[Any] | None:
        """The next stage, None after the last one."""
        names = [stage.name for stage in self.stages]
        return next(iter(self.stages[names.index(name) + 1 :]), None)

    def declare(self) -> Self:
        """Register the kind and its stages; ValueError if a name is declared twice by different objects."""
        if _KINDS.setdefault(self.name, self) is not self:
            raise ValueError(f"the job kind {self.name} is declared twice")
        for stage in self.stages:
            if _STAGES.setdefault(stage.name, stage) is not stage:
                raise ValueError(f"the stage {stage.name} is declared twice")
        return self


_KINDS: dict[str, JobKind[Any]] = {}
_STAGES: dict[str, Stage[Any]] = {}


def list_kinds() -> list[JobKind[Any]]:
    """Every declared kind."""
    return list(_KINDS.values())


def get_kind(name: str) -> JobKind[Any]:
    """The kind with this name; InputError job_kind_unknown."""
    if name not in _KINDS:
        raise InputError("job_kind_unknown", f"There is no job kind {name!r}.")
    return _KINDS[name]


def get_stage(name: str) -> Stage[Any]:
    """The stage with this name; InputError job_stage_unknown."""
    if name not in _STAGES:
        raise InputError("job_stage_unknown", f"There is no job stage {name!r}.")
    return _STAGES[name]


def stage_names(runner: Runner) -> frozenset[str]:
    """Names of the stages that run in these processes."""
    return frozenset(name for name, stage in _STAGES.items() if stage.runner is runner)


def waiting_stage_names() -> frozenset[str]:
    """Names of the stages that wait for other machines most of the time."""
    return frozenset(name for name, stage in _STAGES.items() if stage.waits)


def payload_of(batch: Batch) -> BatchPayload:
    """The typed payload of any batch."""
    return get_stage(batch.kind).payload_of(batch)
