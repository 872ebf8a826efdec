# Made of `_async/uploads.py` by `generate_sync.py`: change that file, not this one.
"""Uploads: files of this machine are sent by the tus protocol, and go on after a cut connection."""

import logging
from collections.abc import Callable
from itertools import count
from typing import Any

from maskloop_client._sync.group import Group
from maskloop_client._sync.rows import PAGE_SIZE, Rows
from maskloop_client._sync.sender import Sender
from maskloop_client._sync.waiting import for_each, pause, run_blocking
from maskloop_client.errors import ApiError, ClientError, ConnectionFailed, UploadInterrupted
from maskloop_client.models import UploadAnswer, UploadedFile
from maskloop_client.picked_files import Paths, PickedFile, pick_files
from maskloop_client.tus import (
    APPEND,
    CUT,
    REFUSED,
    VERSION,
    SentUpload,
    Tally,
    UploadProgress,
    creation,
    may_pass,
    offset_of,
)

_log = logging.getLogger("maskloop_client")
#: Bytes of a request; as much of each file that is being sent is kept in memory.
_PIECE = 8 << 20
#: Files that are sent at a time.
_AT_ONCE = 4


class Uploads(Group):
    """Uploads of the caller's account."""

    def send(
        self,
        paths: Paths,
        *,
        upload_id: int | None = None,
        annotations: bool = False,
        progress: Callable[[UploadProgress], object] | None = None,
    ) -> SentUpload:
        """Send files, zips and folders; names of folders that are no photos are skipped and counted.

        `annotations`: files such as .xml and .json are sent too, for a job that imports a labelled set.
        With the number of an upload of the same files, what has arrived of it is not sent again. Raises
        UploadInterrupted, which has that number, if the service can no longer be reached.
        """
        picked = run_blocking(pick_files, paths, annotations=annotations)
        for place in picked.unreadable:
            _log.warning("%s cannot be read and is not sent", place)
        if upload_id is None:
            upload, known = self.create(skipped=picked.skipped), {}
        else:
            upload, known = self.get(upload_id), self._read_known(upload_id)
        tally = Tally(picked, progress)
        sending = _Sending(self._sender, upload.id, tally)
        try:
            for_each(picked.files, lambda file: sending.send(file, known.get(file.number)), _AT_ONCE)
        except ConnectionFailed as error:
            raise UploadInterrupted(upload.id, error) from error
        return tally.result(upload.id)

    def create(self, *, skipped: dict[str, Any] | None = None) -> UploadAnswer:
        """Open an upload without files; `skipped` counts what is not sent, for the report of the job."""
        body = {} if skipped is None else {"skipped": skipped}
        return self._sender.create(UploadAnswer, "/uploads", body)

    def get(self, upload_id: int) -> UploadAnswer:
        """One upload."""
        return self._sender.read(UploadAnswer, f"/uploads/{upload_id}")

    def files(self, upload_id: int, *, page_size: int = PAGE_SIZE) -> Rows[UploadedFile]:
        """The files of an upload by number, also those that have not arrived completely."""
        return self._rows(f"/uploads/{upload_id}/files", "files", UploadedFile, page_size=page_size)

    def file(self, upload_id: int, number: int) -> UploadedFile:
        """One file of an upload."""
        return self._sender.read(UploadedFile, f"/uploads/{upload_id}/files/{number}")

    def delete_file(self, upload_id: int, number: int) -> None:
        """Delete a file of an upload that no job reads yet."""
        self._remove(f"/uploads/{upload_id}/files/{number}", VERSION)

    def _read_known(self, upload_id: int) -> dict[int, UploadedFile]:
        return {file.number: file for file in self.files(upload_id).to_list()}


class _Sending:
    """The files of one upload on their way; several are sent at a time."""

    def __init__(self, sender: Sender, upload_id: int, tally: Tally) -> None:
        self._sender = sender
        self._upload_id = upload_id
        self._tally = tally

    def send(self, file: PickedFile, known: UploadedFile | None) -> None:
        """Send a file, or what is missing of it."""
        if known is not None and known.complete and known.length == file.length:
            self._tally.add_bytes(file.length)
        else:
            offset = self._begin(file)
            while offset is not None and offset < file.length:
                offset = self._append(file, offset)
        self._tally.add_file()

    def _begin(self, file: PickedFile) -> int | None:
        """Add the file with its first bytes; the offset behind what has arrived, None if it is refused.

        Sent again, it is the same file: its number says so.
        """
        path, piece = f"/uploads/{self._upload_id}/files", _read(file, 0)
        for attempt in count(1):
            try:
                answer = self._sender.send(
                    "POST", path, content=piece, headers=creation(file), repeatable=True
                )
                break
            except ApiError as error:
                if error.code == REFUSED:
                    self._tally.add_refused(file, error.detail)
                    return None
                # A proxy tells of a cut between it and the service.
                seconds = self._sender.retries.pause_after(attempt) if error.code == CUT else None
                if seconds is None:
                    raise
                pause(seconds)
        self._tally.add_bytes(offset_of(answer))
        return offset_of(answer)

    def _append(self, file: PickedFile, offset: int) -> int:
        """Send the next bytes; the offset behind what has then arrived."""
        path = f"/uploads/{self._upload_id}/files/{file.number}"
        piece, attempt, reached = _read(file, offset), 0, offset
        while reached == offset:
            try:
                headers = APPEND | {"Upload-Offset": str(offset)}
                reached = offset_of(self._sender.send("PATCH", path, content=piece, headers=headers))
            except ClientError as error:
                attempt += 1
                seconds = self._sender.retries.pause_after(attempt) if may_pass(error) else None
                if seconds is None:
                    raise
                pause(seconds)
                reached = offset_of(self._sender.send("HEAD", path, headers=VERSION))
        self._tally.add_bytes(reached - offset)
        return reached


def _read(file: PickedFile, offset: int) -> bytes:
    """The next piece; raises ClientError if the file has become shorter."""
    wanted = min(_PIECE, file.length - offset)
    piece = run_blocking(file.read, offset, wanted)
    if len(piece) < wanted:
        raise ClientError(f"{file.path} has become shorter while it was sent.")
    return piece
