"""Report files of jobs."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class ReportFormat(StrEnum):
    """Formats of a report."""

    #: One row per face.
    FACES_CSV = "faces.csv"
    #: One row per photo, including failed ones.
    PHOTOS_CSV = "photos.csv"
    JSON_LINES = "report.jsonl"
    FACES_PARQUET = "faces.parquet"
    PHOTOS_PARQUET = "photos.parquet"
    #: A workbook with a summary, groups, photos and faces.
    XLSX = "report.xlsx"
    #: One self-contained page with totals and charts.
    HTML = "report.html"
    #: Photos with boxes and labels; written on request.
    ANNOTATED_ZIP = "annotated.zip"
    #: A signed pack of the other files, hashes of the photos and the audit; written on request.
    EVIDENCE = "evidence.zip"
    #: The result of an export job.
    EXPORT = "export.zip"


class ReportState(StrEnum):
    """State of a report file."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


class Report(Base):
    """One writing of a report file; a file that is written again gets the next number."""

    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("job_id", "format", "number"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    format: Mapped[ReportFormat] = mapped_column(text_enum(ReportFormat))
    #: 1, 2, 3 ... of the writings of this format; files that are written together share one.
    number: Mapped[int] = mapped_column(default=1, server_default="1")
    #: Whether it names the people who decided.
    names_people: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: What is covered of faces in its pictures: `none`, `eyes` or `face`.
    anonymise: Mapped[str] = mapped_column(String(8), default="none", server_default="none")
    state: Mapped[ReportState] = mapped_column(text_enum(ReportState))
    #: Below the data folder's `reports/`.
    path: Mapped[str | None] = mapped_column(String(255))
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    #: Rows (or photos, for the zip) written so far; the page shows it.
    rows: Mapped[int] = mapped_column(default=0)
    error_message: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    #: When its rows were read: what people said before is in it. NULL before it is written, and for reports
    #: of earlier versions, which hold no decisions.
    read_at: Mapped[datetime | None]
