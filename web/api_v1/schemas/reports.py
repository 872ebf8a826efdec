"""Report files of jobs, and exports."""

from datetime import datetime
from typing import Self

from pydantic import Field

from core.library.pictures.anonymise import Anonymise
from core.results.reports.changes import Changes
from models import Report, ReportFormat, ReportState
from web.api_v1.schemas.base import Answer, Asked
from web.api_v1.schemas.jobs import JobAnswer


class ReportFile(Answer):
    """One writing of a report file."""

    number: int = Field(description="1, 2, 3 ... of the writings; files that are written together share one.")
    name: ReportFormat
    state: ReportState
    address: str | None = Field(description="Where it is downloaded; null before it is ready.")
    bytes: int | None
    sha256: str | None
    names: bool = Field(description="Whether it names the people who decided.")
    faces: Anonymise = Field(description="What is covered of faces in its pictures.")
    rows: int = Field(description="Rows written so far; photos of the zip.")
    error_message: str | None
    created_at: datetime
    finished_at: datetime | None
    read_at: datetime | None = Field(description="Decisions until then are in it.")

    @classmethod
    def of(cls, report: Report, address: str) -> Self:
        """The row as answered."""
        same = ("number", "state", "bytes", "sha256", "rows", "error_message", "created_at", "finished_at")
        return cls(
            **{name: getattr(report, name) for name in same},
            name=report.format,
            names=report.names_people,
            faces=Anonymise(report.anonymise),
            read_at=report.read_at,
            address=address if report.state is ReportState.READY else None,
        )


class ReportChanges(Answer):
    """What people said since a report was written."""

    number: int = Field(description="Of that report.")
    faces: int = Field(description="Faces that were decided, or whose decision was undone.")
    photos: int = Field(description="Photos with such a face, or with a changed box.")
    at_least: bool = Field(description="Whether there may be more: not all photos were looked at.")

    @classmethod
    def of(cls, changes: Changes) -> Self:
        """The changes as answered."""
        return cls(**{name: getattr(changes, name) for name in cls.model_fields})


class ReportList(Answer):
    """All report files of a job, in order of request."""

    reports: list[ReportFile]
    changes: ReportChanges | None = Field(description="Since the newest report; null while there is none.")


class ReportRequest(Asked):
    """Files to write, or to write again."""

    files: list[ReportFormat] | None = Field(
        None, min_length=1, description="By name; null: those that every job has."
    )
    names: bool = Field(False, description="Name the people who decided.")
    faces: Anonymise | None = Field(
        None, description="What is covered of faces in pictures; null: as the job's options say."
    )


class RequestedReports(Answer):
    """The job, which runs until the files are written, and the files."""

    job: JobAnswer
    reports: list[ReportFile]
