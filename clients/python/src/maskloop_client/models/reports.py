# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: reports."""

import datetime as dt

from maskloop_client.models.base import Model
from maskloop_client.models.shared import JobAnswer


class Link(Model):
    """A link that works without a token until its end."""

    id: int
    #: One of faces.csv, photos.csv, report.jsonl, faces.parquet, photos.parquet, report.xlsx, report.html,
    #: annotated.zip, evidence.zip, export.zip.
    name: str
    #: Which writing of the file.
    number: int
    #: Whoever has it may download the file, in ranges too.
    address: str
    created_at: dt.datetime
    expires_at: dt.datetime
    #: Downloads that were begun.
    uses: int


class ReportFile(Model):
    """One writing of a report file."""

    #: 1, 2, 3 ... of the writings; files that are written together share one.
    number: int
    #: One of faces.csv, photos.csv, report.jsonl, faces.parquet, photos.parquet, report.xlsx, report.html,
    #: annotated.zip, evidence.zip, export.zip.
    name: str
    #: One of waiting, ready, failed.
    state: str
    #: Where it is downloaded; null before it is ready.
    address: str | None
    bytes: int | None
    sha256: str | None
    #: Whether it names the people who decided.
    names: bool
    #: What is covered of faces in its pictures. One of none, eyes, face.
    faces: str
    #: Rows written so far; photos of the zip.
    rows: int
    error_message: str | None
    created_at: dt.datetime
    finished_at: dt.datetime | None
    #: Decisions until then are in it.
    read_at: dt.datetime | None


class ReportChanges(Model):
    """What people said since a report was written."""

    #: Of that report.
    number: int
    #: Faces that were decided, or whose decision was undone.
    faces: int
    #: Photos with such a face, or with a changed box.
    photos: int
    #: Whether there may be more: not all photos were looked at.
    at_least: bool


class ReportList(Model):
    """All report files of a job, in order of request."""

    reports: list[ReportFile]
    #: Since the newest report; null while there is none.
    changes: ReportChanges | None


class RequestedReports(Model):
    """The job, which runs until the files are written, and the files."""

    job: JobAnswer
    reports: list[ReportFile]
