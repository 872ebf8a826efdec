"""Job kinds: what a declaration says, and the registry that every list of kinds is derived from."""

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
    """Which processes do a stage's batches."""

    WORKER = "worker"
    #: The trainer, which does each batch in a process of its own.
    TRAINER = "trainer"


class BatchPayload(JsonModel):
    """What a batch carries beside its range of photos; a stage that needs more declares a subclass."""

    postponed: int = Field(0, description="Times that the batch was given back until later.")
    added_later: bool = Field(
        False,
        alias="extra",
        description="Requested after the job was done: it may fail or be cancelled without the job.",
    )


class HasPayload(Protocol):
    """A batch row, or the claim of one."""

    @property
    def payload(self) -> dict[str, Any]: ...  # noqa: D102


PayloadT = TypeVar("PayloadT", bound=BatchPayload, default=BatchPayload)
OptionsT = TypeVar("OptionsT", bound=JobOptions, default=JobOptions)


def _nothing(*_arguments: object) -> None:
    """Default of a hook."""


@dataclass(frozen=True, kw_only=True)
class StageHooks:
    """What a stage does besides its batches; each runs in the transaction that called for it."""

    #: Writes the stage's batches in place of the single one that the engine writes.
    begin: Callable[[Session, Job], None] | None = None
    #: The job is retried or cancelled: drops what was requested later and is unfinished.
    drop_unfinished: Callable[[Session, Job], None] = _nothing
    #: The job is retried: voids what the stage wrote, since the stage runs again at the end.
    on_retry: Callable[[Session, Job], None] = _nothing
    #: A batch was given up.
    on_quarantine: Callable[[Session, Batch, MaskloopError], None] = _nothing


@dataclass(frozen=True, kw_only=True)
class Stage(Generic[PayloadT]):
    """One step of a job; its batches are rows whose `Batch.kind` is `name`."""

    name: str
    #: What happens now, for pages: "Listing photos".
    activity: str
    payload: type[PayloadT] = BatchPayload  # type: ignore[assignment]
    #: Finds out what there is to do; until it has ended nobody knows the total.
    lists: bool = False
    #: Its batches may also be requested after the job is done, and a retry runs the stage anew.
    repeats: bool = False
    runner: Runner = Runner.WORKER
    hooks: StageHooks = StageHooks()

    def payload_of(self, batch: HasPayload) -> PayloadT:
        """The typed payload of a batch of this stage."""
        return self.payload.from_json(batch.payload)


@dataclass(frozen=True, kw_only=True)
class JobRequest:
    """A job in stored form, as a schedule keeps it: kind, options as `Job.options`, title, and for whom."""

    kind: str
    options: dict[str, Any]
    title: str
    account_id: int | None


@dataclass(frozen=True, kw_only=True)
class JobKind(Generic[OptionsT]):
    """One declaration per job kind; `declare` it in the topic's `job_kind.py`."""

    #: `Job.kind`.
    name: str
    #: For pages: "Prediction".
    title: str
    options: type[OptionsT]
    #: In order. Batches of a stage of photos are written by the stage before it.
    stages: tuple[Stage[Any], ...]
    #: Requests a job from stored options, for schedules; None for a kind that only its page can request.
    start: Callable[[Session, OptionsT, JobRequest, Settings], Job] | None = None
    #: Raises InputError for options with which the same job would find nothing new next time.
    check_recurring: Callable[[OptionsT], None] = _nothing
    #: Names of kinds that a job of this kind may ask to follow it.
    follow_ups: frozenset[str] = frozenset()
    #: Requests a job of this kind after another job is done.
    follow: Callable[[Session, Job], Job] | None = None
    #: Whether files refused while listing can be read again at a retry; refused uploads were not kept.
    keeps_refused_files: Callable[[OptionsT], bool] = lambda _options: True

    @property
    def recurs(self) -> bool:
        """Whether a schedule can start it."""
        return self.start is not None

    def options_of(self, job: Job) -> OptionsT:
        """The typed options of a job of this kind."""
        return self.options.from_json(job.options)

    def stage_after(self, name: str) -> Stage[Any] | None:
        """The stage that follows, None after the last one."""
        names = [stage.name for stage in self.stages]
        return next(iter(self.stages[names.index(name) + 1 :]), None)

    def declare(self) -> Self:
        """Make the kind known to the engine; a name may be declared once, a shared stage is one object."""
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
    """The declaration; InputError job_kind_unknown."""
    if name not in _KINDS:
        raise InputError("job_kind_unknown", f"There is no job kind {name!r}.")
    return _KINDS[name]


def get_stage(name: str) -> Stage[Any]:
    """The stage; InputError job_stage_unknown."""
    if name not in _STAGES:
        raise InputError("job_stage_unknown", f"There is no job stage {name!r}.")
    return _STAGES[name]


def stage_names(runner: Runner) -> frozenset[str]:
    """Names of the stages whose batches these processes do."""
    return frozenset(name for name, stage in _STAGES.items() if stage.runner is runner)


def payload_of(batch: Batch) -> BatchPayload:
    """The typed payload of any batch."""
    return get_stage(batch.kind).payload_of(batch)
