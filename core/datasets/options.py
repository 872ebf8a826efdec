"""What may be chosen when a dataset is frozen."""

from pydantic import Field

from core.jobs.options import Options


class FreezeOptions(Options):
    """Which labelled faces a dataset takes."""

    agreeing: int = Field(
        1,
        ge=1,
        le=5,
        title="number of people who must agree",
        description="People whose decision must be the label that counts; an imported set is one of them.",
    )
    smallest_face: int = Field(
        0,
        ge=0,
        le=512,
        title="smallest face in pixels",
        description="Faces with a smaller square root of their area, in pixels, are left out.",
    )
