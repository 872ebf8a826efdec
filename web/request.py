"""Requests whose uploaded files wait in the data folder, not in a temporary folder that may be memory."""

from tempfile import TemporaryFile
from typing import IO

from flask import Request

from web.extension import settings


class UploadRequest(Request):
    """Streams every file of a form to the disk that will keep it."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        folder = settings().data / "incoming"
        folder.mkdir(parents=True, exist_ok=True)
        return TemporaryFile("rb+", dir=folder)
