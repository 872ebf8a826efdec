"""What uploads send and answer by the tus protocol, and how far they are. https://tus.io/protocols"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

import httpx

from maskloop_client.errors import ApiError, ClientError, ConnectionFailed
from maskloop_client.picked_files import Picked, PickedFile

VERSION = {"Tus-Resumable": "1.0.0"}
#: Headers of requests that bring bytes.
APPEND = VERSION | {"Content-Type": "application/offset+octet-stream"}
#: The code of a photo that is too large: the report of the job names it.
REFUSED = "photo_too_large_bytes"
#: Another request still writes the file, or a proxy did not get the answer: the offset tells what arrived.
_PASSING = frozenset({409, 423, 502, 504})
#: The code of a body that ended early.
CUT = "upload_cut"


@dataclass(frozen=True, kw_only=True)
class UploadProgress:
    """How far an upload is."""

    files: int
    files_total: int
    bytes: int
    bytes_total: int


@dataclass(frozen=True, kw_only=True)
class SentUpload:
    """An upload whose files have all been sent; `id` is the option `upload_id` of a job."""

    id: int
    files: int
    bytes: int
    #: Files that the service did not take, with the reason; the report of the job shows them as failed.
    refused: dict[str, str]
    #: Files and folders that could not be read here.
    unreadable: list[str]


class Tally:
    """Counts what has been sent of an upload, by several threads, and tells it."""

    def __init__(self, picked: Picked, progress: Callable[[UploadProgress], object] | None) -> None:
        self._picked = picked
        self._progress = progress
        self._bytes_total = sum(file.length for file in picked.files)
        self._files = self._bytes = 0
        self._refused: dict[str, str] = {}
        self._lock = Lock()

    def add_bytes(self, count: int) -> None:
        """Bytes have arrived; fewer than none if the service has lost some."""
        self._add(0, count)

    def add_file(self) -> None:
        """A file is through."""
        self._add(1, 0)

    def add_refused(self, file: PickedFile, reason: str) -> None:
        """The service did not take a file."""
        with self._lock:
            self._refused[file.name.decode(errors="replace")] = reason

    def result(self, upload_id: int) -> SentUpload:
        """What was sent."""
        return SentUpload(
            id=upload_id,
            files=self._files,
            bytes=self._bytes,
            refused=self._refused,
            unreadable=[*self._picked.unreadable],
        )

    def _add(self, files: int, count: int) -> None:
        with self._lock:
            self._files += files
            self._bytes += count
            if self._progress is not None:
                self._progress(
                    UploadProgress(
                        files=self._files,
                        files_total=len(self._picked.files),
                        bytes=self._bytes,
                        bytes_total=self._bytes_total,
                    )
                )


def creation(file: PickedFile) -> dict[str, str]:
    """The headers that begin a file."""
    values = {"filename": file.name, "number": str(file.number).encode()}
    metadata = ",".join(f"{name} {base64.b64encode(value).decode()}" for name, value in values.items())
    return APPEND | {"Upload-Length": str(file.length), "Upload-Metadata": metadata}


def offset_of(answer: httpx.Response) -> int:
    """Bytes of the file that have arrived."""
    return int(answer.headers["Upload-Offset"])


def may_pass(error: ClientError) -> bool:
    """Whether the bytes that were sent can be sent again, once it is known what has arrived."""
    if isinstance(error, ApiError):
        return error.status in _PASSING or error.code == CUT
    return isinstance(error, ConnectionFailed)
