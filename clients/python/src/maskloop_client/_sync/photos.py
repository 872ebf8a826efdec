# Made of `_async/photos.py` by `generate_sync.py`: change that file, not this one.
"""Photos of the library and their faces."""

import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

from maskloop_client._sync.downloads import Told, download
from maskloop_client._sync.group import Group
from maskloop_client._sync.rows import PAGE_SIZE, Rows
from maskloop_client._sync.waiting import run_blocking
from maskloop_client.models import (
    FaceDecision,
    FaceDecisions,
    KeptPhotoAnswer,
    OneFace,
    OnePhoto,
    PhotoAnswer,
    PhotoFaces,
    SeenPhoto,
)
from maskloop_client.queries import PhotoFilters, photo_query

#: A photo of this machine: its file, or its bytes.
Photo = str | os.PathLike[str] | bytes


class Photos(Group):
    """Photos of the library."""

    def list(self, *, page_size: int = PAGE_SIZE, **filters: Unpack[PhotoFilters]) -> Rows[PhotoAnswer]:
        """Photos, newest first, by the filters of the library's page."""
        return self._rows("/photos", "photos", PhotoAnswer, page_size=page_size, query=photo_query(filters))

    def get(self, photo_id: int) -> OnePhoto:
        """One photo with the places it came from."""
        return self._sender.read(OnePhoto, f"/photos/{photo_id}")

    def download(self, photo_id: int, to: str | os.PathLike[str], *, progress: Told | None = None) -> Path:
        """Write the original file to a file or into a folder."""
        path, name = f"/photos/{photo_id}/file", f"photo-{photo_id}"
        return download(self._sender, path, to, name=name, progress=progress)

    def thumbnail(self, photo_id: int) -> bytes:
        """A JPEG of at most 480 pixels a side."""
        return (self._sender.send("GET", f"/photos/{photo_id}/thumbnail")).content

    def look(self, photo: Photo, *, certainty: float | None = None) -> SeenPhoto:
        """The faces of one photo, a file or its bytes, at once and without a job; nothing is stored.

        A face whose best label is less probable than `certainty` is indeterminate.
        """
        answer = self._sender.send(
            "POST",
            "/photos/look",
            query={"certainty": certainty},
            files={"photo": run_blocking(_read, photo)},
            repeatable=True,
        )
        return SeenPhoto.model_validate_json(answer.content)

    def keep(self, photo: Photo, *, camera: bool = False) -> KeptPhotoAnswer:
        """Store one photo with its faces in the library, at once; kept twice, it is one photo.

        With `camera` it is a frame of a camera, which has no file name.
        """
        answer = self._sender.send(
            "POST",
            "/photos",
            query={"camera": camera or None},
            files={"photo": run_blocking(_read, photo)},
            repeatable=not camera,
        )
        return KeptPhotoAnswer.model_validate_json(answer.content)

    def faces(self, photo_id: int) -> PhotoFaces:
        """Its faces as the box editor shows them; those of a job are `job.faces()`."""
        return self._sender.read(PhotoFaces, f"/photos/{photo_id}/faces")

    def edit(
        self,
        photo_id: int,
        kind: str,
        *,
        face: str | None = None,
        box: Sequence[float] | None = None,
        label: str | None = None,
        edit: str | None = None,
        key: str | None = None,
        milliseconds: int | None = None,
    ) -> PhotoFaces:
        """Draw, move, remove, accept or label a box, mark all as boxed, undo, redo.

        `face` is the `ref` of a face, `edit` the key of an edit to undo or redo. Sent again with the same
        `key`, a UUID, an edit is applied once; by default it has a fresh one.
        """
        given = {
            "kind": kind,
            "face": face,
            "box": box and [*box],
            "label": label,
            "edit": edit,
            # Undo and redo name an edit, and change nothing the second time.
            "key": key if key is not None or edit is not None else str(uuid.uuid4()),
            "milliseconds": milliseconds,
        }
        body = {name: value for name, value in given.items() if value is not None}
        path = f"/photos/{photo_id}/edits"
        answer = self._sender.send("POST", path, body=body, repeatable="key" in body)
        return PhotoFaces.model_validate_json(answer.content)


def _read(photo: Photo) -> tuple[str, bytes]:
    """The name and the bytes of a photo."""
    if isinstance(photo, bytes):
        return "photo", photo
    return Path(photo).name, Path(photo).read_bytes()


class Faces(Group):
    """Single faces."""

    def get(self, face_id: int) -> OneFace:
        """One face with what every version says about it, and what people decided."""
        return self._sender.read(OneFace, f"/faces/{face_id}")

    def crop(self, face_id: int, *, side: int = 224) -> bytes:
        """A square JPEG around the face; `side` is 112, 224 or 448 pixels."""
        return (self._sender.send("GET", f"/faces/{face_id}/crop", query={"side": side})).content

    def decisions(self, face_id: int) -> FaceDecisions:
        """The newest decisions about it, newest first."""
        return self._sender.read(FaceDecisions, f"/faces/{face_id}/decisions")

    def decide(self, face_id: int, label: str | None, *, milliseconds: int | None = None) -> FaceDecision:
        """Decide it: with_mask, without_mask, incorrect, not_a_face or cannot_tell; None undoes your own."""
        body = {"label": label, "milliseconds": milliseconds}
        return self._sender.change(FaceDecision, "POST", f"/faces/{face_id}/decisions", body)
