"""What the API is sent and answers, as pydantic models; the OpenAPI document is made of them."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self, Union

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    RootModel,
    create_model,
    model_validator,
)

import core.job_kinds  # noqa: F401 (declares the kinds)
from core.errors import InputError
from core.jobs.kinds import JobKind, list_kinds
from core.jobs.options import JobOptions, unknown_name
from core.jobs.outcome import outcome_of
from core.jobs.progress import JobProgress
from core.labels.final_label import DecidedLabel, FinalLabel, PredictedLabel
from core.predict.final_counts import JobSums, predicted_sums
from core.results.reports.rows import FaceRow, PhotoRow
from models import ApiToken, Job, JobEvent, JobPhotoState, JobState, Label, Scope


class Answer(BaseModel):
    """Base of what the API answers; unknown fields may be added in later releases."""

    model_config = ConfigDict(frozen=True)


class Asked(BaseModel):
    """Base of what the API is sent; a field that it does not know is an error, not a wish that is lost."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(Answer):
    """An error, as in RFC 9457."""

    type: str = Field(description="Stable URN of the kind of error.")
    title: str
    status: int = Field(description="The HTTP status again.")
    detail: str = Field(description="A sentence for people.")
    code: str = Field(description="Stable code, such as `job_not_found`.")


class PhotoCounts(Answer):
    """Photos of a job."""

    found: int
    done: int
    failed: int
    without_face: int


class FaceCounts(Answer):
    """Faces of a job by label."""

    with_mask: int
    without_mask: int
    incorrect: int
    indeterminate: int
    not_labelled: int

    @classmethod
    def of(cls, sums: JobSums) -> Self:
        """The counts as answered."""
        return cls(**{label.value: count for label, count in sums.labels.items()})


class Progress(Answer):
    """How far an unfinished job is."""

    fraction: float | None = Field(description="0 to 1; null while the input is still being listed.")
    photos_per_second: float | None
    seconds_left: float | None
    stage: str
    stalled: str | None = Field(description="Why work waits and nobody claims it; null if it does not.")
    workers_active: int

    @classmethod
    def of(cls, found: JobProgress) -> Self:
        """The progress of a job."""
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


class JobAnswer(Answer):
    """One job."""

    id: int
    kind: str
    title: str
    state: JobState
    outcome: str = Field(description="The state in words; says if a job that is done has no result.")
    options: dict[str, Any]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error_code: str | None
    error_message: str | None
    listed: bool = Field(description="Whether the input is listed, so that photos.found is the total.")
    photos: PhotoCounts
    faces: FaceCounts = Field(description="By final label.")
    faces_predicted: FaceCounts = Field(description="By predicted label.")
    files_skipped: dict[str, Any]

    @classmethod
    def of(cls, job: Job, sums: JobSums) -> Self:
        """The row as answered, with its sums of final labels."""
        return cls(**_job_values(job, sums))


class JobWithProgress(JobAnswer):
    """One job with its progress."""

    progress: Progress

    @classmethod
    def with_progress(cls, job: Job, sums: JobSums, progress: JobProgress) -> Self:
        """The row, its sums and its progress."""
        return cls(**_job_values(job, sums), progress=Progress.of(progress))


class JobList(Answer):
    """A page of jobs."""

    jobs: list[JobAnswer]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class Event(Answer):
    """A line of a job's log."""

    id: int
    at: datetime
    level: str
    code: str
    text: str

    @classmethod
    def of(cls, event: JobEvent) -> Self:
        """The row as answered."""
        return cls(id=event.id, at=event.at, level=event.level.value, code=event.event, text=event.message)


class EventList(Answer):
    """The newest lines of a job's log, newest first."""

    events: list[Event]


class ResultFace(Answer):
    """A face of a job's photo; corners in pixels of the upright full-size photo, x2 and y2 exclusive."""

    face_id: int
    x1: float
    y1: float
    x2: float
    y2: float
    predicted: PredictedLabel | None = Field(description="What the job's classifier version says.")
    decided: DecidedLabel | None = Field(description="What people decided; null if nobody did.")
    decided_at: datetime | None
    final: FinalLabel = Field(description="The decision where there is one, else the prediction.")
    probabilities: dict[str, float] | None
    detector_score: float | None = Field(description="Null for a box that a person drew.")
    rank_score: float | None = Field(description="Detector score times the highest probability.")

    @classmethod
    def of(cls, face: FaceRow) -> Self:
        """The row as answered."""
        decided = face.decided
        return cls(
            face_id=face.face_id,
            x1=face.x1,
            y1=face.y1,
            x2=face.x2,
            y2=face.y2,
            predicted=face.predicted,
            decided=decided.label if decided else None,
            decided_at=decided.at if decided else None,
            final=face.final,
            probabilities=dict(zip(map(str, Label), face.probabilities, strict=True))
            if face.probabilities
            else None,
            detector_score=face.detector_score,
            rank_score=face.rank_score,
        )


class ResultPhoto(Answer):
    """A file of a job, also one that could not be read."""

    position: int = Field(description="0, 1, 2 ... in listing order.")
    name: str
    state: JobPhotoState
    photo_id: int | None
    sha256: str | None
    width: int | None
    height: int | None
    error_code: str | None
    error_message: str | None
    hidden: bool = Field(description="Whether it is hidden as a duplicate.")
    source: str | None
    licence: str | None
    attribution: str | None
    faces: list[ResultFace]

    @classmethod
    def of(cls, row: PhotoRow) -> Self:
        """The row as answered."""
        values = {name: getattr(row, name) for name in cls.model_fields if name != "faces"}
        return cls(**values, faces=[ResultFace.of(face) for face in row.faces])


class ResultList(Answer):
    """A page of a job's files."""

    photos: list[ResultPhoto]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class Token(Answer):
    """A token, without its secret."""

    id: int
    name: str
    account: str
    prefix: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, token: ApiToken, account: str, **more: str) -> Self:
        """The row as answered."""
        names = set(cls.model_fields) - {"account", *more}
        return cls(**{name: getattr(token, name) for name in names}, account=account, **more)


class NewToken(Token):
    """A token that was just made."""

    secret: str = Field(description="The token itself, shown this once.")


class TokenList(Answer):
    """All tokens, newest first."""

    tokens: list[Token]


class TokenRequest(Asked):
    """What a new token may do."""

    name: str = Field(min_length=1, max_length=80)
    scopes: list[Scope] = Field(min_length=1)
    days: int | None = Field(90, ge=1, le=3650, description="Days until it expires; null: never.")


class ListQuery(Asked):
    """A page of a list."""

    limit: int = Field(50, ge=1, le=500)
    after: str | None = Field(None, description="The cursor `next` of the page before.")


class JobQuery(ListQuery):
    """Which jobs to list; helpers, such as removals, are left out unless they are asked for."""

    kind: str | None = None
    state: JobState | None = None
    words: str = Field("", max_length=200, description="Part of the title, or the number of a job.")
    helpers: bool = False


def _job_values(job: Job, sums: JobSums) -> dict[str, Any]:
    same = ("id", "kind", "title", "state", "options", "created_at", "started_at", "finished_at",
            "error_code", "error_message", "listed")  # fmt: skip
    return {name: getattr(job, name) for name in same} | {
        "outcome": outcome_of(job).words,
        "photos": PhotoCounts(
            found=job.photos_found,
            done=job.photos_done,
            failed=job.photos_failed,
            without_face=sums.photos_without_face,
        ),
        "faces": FaceCounts.of(sums),
        "faces_predicted": FaceCounts.of(predicted_sums(job)),
        "files_skipped": job.files_skipped or {},
    }


def _request_of(kind: JobKind[Any]) -> type[BaseModel]:
    """The request of one kind: its name, a title, and its own options."""
    options: type[JobOptions] = kind.options
    model: type[BaseModel] = create_model(
        f"{kind.name.capitalize()}Job",
        __base__=Asked,
        __doc__=f"{kind.title}: a new job of this kind.",
        kind=(Literal[kind.name], ...),  # type: ignore[arg-type]
        title=(str, Field("", max_length=200, description="Empty: a title is made of the options.")),
        options=(options, ...),
    )
    return model


#: Kinds that a program can request: those that can be started from their stored options.
STARTABLE = tuple(kind for kind in list_kinds() if kind.runs_again)

_BODIES: Any = Union[tuple(_request_of(kind) for kind in STARTABLE)]  # noqa: UP007 - made at run time


class JobRequestBody(RootModel[Any]):
    """A new job of any kind."""

    root: Annotated[_BODIES, Field(discriminator="kind")]

    @model_validator(mode="wrap")
    @classmethod
    def _knows_every_option(cls, given: Any, build: ModelWrapValidatorHandler[Self]) -> Self:
        """Stored options may have names of another release; those of a request may not."""
        built = build(given)
        if isinstance(given, dict):
            unknown = unknown_name(built.root.options, given.get("options"))
            if unknown is not None:
                raise InputError("option_unknown", f"{built.root.kind} has no option {unknown!r}.")
        return built
