# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: uploads."""

import datetime as dt

from maskloop_client.models.base import Model


class UploadAnswer(Model):
    """An upload: files that one job is to read."""

    #: The option `upload_id` of a job.
    id: int
    created_at: dt.datetime
    #: When it is deleted; null once a job reads it.
    expires_at: dt.datetime | None
    #: When a job that reads it was requested.
    closed_at: dt.datetime | None
    #: Of all files, also what has not arrived yet.
    bytes: int


class UploadedFile(Model):
    """A file of an upload."""

    number: int
    name: str
    #: Bytes; 0 if the file was refused.
    length: int
    complete: bool
    sha256: str | None
    #: Why it was refused; the report shows it as failed.
    error_code: str | None
    error_message: str | None
