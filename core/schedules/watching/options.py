"""How a schedule watches its folder."""

from pydantic import Field

from core.jobs.options import Options


class WatchOptions(Options):
    """Options of a watched folder; which folder, and what the job does, are options of the job."""

    settle_seconds: float = Field(
        3.0,
        ge=0.5,
        le=3600,
        title="settle time",
        description="Seconds for which size and time of change must stay the same before a photo is read.",
    )
    gather_seconds: float = Field(
        30.0,
        ge=0,
        le=86_400,
        title="longest wait",
        description="Longest time in seconds for which a photo waits for others that still arrive.",
    )
    most_photos: int = Field(
        5_000, ge=1, le=10_000, title="most photos of a job", description="Photos in one job at most."
    )
    reads_existing: bool = Field(
        True, description="Read the photos that are in the folder already when the schedule is added."
    )
    polls: bool = Field(
        False,
        description="Look at the folder every few seconds, without notifications of the system. Folders on "
        "network shares are always polled.",
    )
