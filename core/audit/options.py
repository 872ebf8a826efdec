"""What an audit asks for, and the options of the job that draws it."""

from pydantic import Field, model_validator

from core.errors import InputError
from core.jobs.options import JobOptions, Options

MOST_FACES = 10_000
MOST_PHOTOS = 1_000


class AuditRequest(Options):
    """How many more faces and photos to draw; raises InputError option_invalid or audit_empty."""

    faces: int = Field(100, ge=0, le=MOST_FACES, title="number of faces")
    photos: int = Field(
        0,
        ge=0,
        le=MOST_PHOTOS,
        title="number of photos",
        description="Photos in which people box every face.",
    )
    second_percent: int = Field(
        0,
        ge=0,
        le=100,
        title="percentage of second decisions",
        description="Faces that a second person decides without seeing the first decision.",
    )
    seed: int | None = Field(
        None, ge=0, lt=2**31, title="seed", description="Of the random order; by default a random one."
    )
    again: bool = Field(False, description="Draw a new sample, although the job has one.")

    @model_validator(mode="after")
    def _asks_for_something(self) -> "AuditRequest":
        if not self.faces and not self.photos:
            raise InputError("audit_empty", "Ask for at least one face or photo.")
        return self


class DrawOptions(JobOptions):
    """The sample to draw; its row says how many faces and photos."""

    sample_id: int
    job_id: int = Field(description="The job whose faces are drawn; it is not deleted meanwhile.")
