"""Options of a freeze."""

from pydantic import Field

from core.jobs.options import Options


class FreezeOptions(Options):
    """Which labelled faces a dataset includes."""

    agreeing: int = Field(
        1,
        ge=1,
        le=5,
        title="number of people who must agree",
        description="Least number of people who agree on the current label; an imported set counts as one.",
    )
    smallest_face: int = Field(
        0,
        ge=0,
        le=512,
        title="smallest face in pixels",
        description="Faces are left out if the square root of their area, in pixels, is smaller.",
    )
