"""Uploads and their files."""

from datetime import datetime
from typing import Self

from pydantic import Field

from models import Upload, UploadFile
from web.api_v1.schemas.base import Answer, Asked


class SkippedCounts(Asked):
    """What a client did not send of a folder; the report of the job tells it."""

    not_photos: int = Field(0, ge=0)
    archives: int = Field(0, ge=0, description="Archives that are no zip.")
    hidden: int = Field(0, ge=0, description="Names that begin with a dot.")
    system_folders: dict[str, int] = Field({}, description="Such as `@eaDir`, with how many.")
    system_files: dict[str, int] = Field({}, description="Such as `Thumbs.db`, with how many.")


class UploadRequest(Asked):
    """A new upload."""

    skipped: SkippedCounts | None = None


class UploadAnswer(Answer):
    """An upload: files that one job is to read."""

    id: int = Field(description="The option `upload_id` of a job.")
    created_at: datetime
    expires_at: datetime | None = Field(description="When it is deleted; null once a job reads it.")
    closed_at: datetime | None = Field(description="When a job that reads it was requested.")
    bytes: int = Field(description="Of all files, also what has not arrived yet.")

    @classmethod
    def of(cls, upload: Upload) -> Self:
        """The row as answered."""
        return cls(
            id=upload.id,
            created_at=upload.created_at,
            expires_at=None if upload.closed_at else upload.expires_at,
            closed_at=upload.closed_at,
            bytes=upload.bytes,
        )


class UploadedFile(Answer):
    """A file of an upload."""

    number: int
    name: str
    length: int = Field(description="Bytes; 0 if the file was refused.")
    complete: bool
    sha256: str | None
    error_code: str | None = Field(description="Why it was refused; the report shows it as failed.")
    error_message: str | None

    @classmethod
    def of(cls, file: UploadFile) -> Self:
        """The row as answered."""
        return cls(
            number=file.ordinal,
            name=file.name,
            length=file.bytes,
            complete=not file.missing,
            sha256=None if file.missing else file.sha256,
            error_code=file.error_code,
            error_message=file.error_message,
        )


class UploadedFileList(Answer):
    """A page of an upload's files, by number."""

    files: list[UploadedFile]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
