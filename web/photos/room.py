"""The memory that pictures in work may take together in the web process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app

from core.errors import TransientError
from models import Photo

#: Bytes of all pictures that are read and decoded at the same time.
_MOST_BYTES = 768 * 2**20
#: Requests that may wait for room; each holds a thread of the web server.
_MOST_WAITING = 8
_WAIT_SECONDS = 20.0
#: Bytes per pixel while a photo is decoded at full size, converted and written as JPEG.
DECODED = 12
#: A JPEG is reduced by up to 8 while it is decoded.
_REDUCED = 1


class PictureRoom:
    """Lets pictures in as long as their bytes fit; the next ones wait, and too many are refused."""

    def __init__(
        self,
        most_bytes: int = _MOST_BYTES,
        *,
        most_waiting: int = _MOST_WAITING,
        wait_seconds: float = _WAIT_SECONDS,
    ) -> None:
        self._free = self._most = most_bytes
        self._most_waiting, self._wait_seconds = most_waiting, wait_seconds
        self._waiting = 0
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, size: int) -> Iterator[None]:
        """Hold `size` bytes; more than there are means all. Raises TransientError pictures_busy."""
        size = min(size, self._most)
        self._take(size)
        try:
            yield
        finally:
            with self._changed:
                self._free += size
                self._changed.notify_all()

    def _take(self, size: int) -> None:
        deadline = time.monotonic() + self._wait_seconds
        with self._changed:
            if self._free < size and self._waiting >= self._most_waiting:
                raise _busy()
            self._waiting += 1
            try:
                while self._free < size:
                    if not self._changed.wait(deadline - time.monotonic()):
                        raise _busy()
                self._free -= size
            finally:
                self._waiting -= 1


@contextmanager
def room_for(photo: Photo, *, decoded: bool = False, reduced: bool = False) -> Iterator[None]:
    """Room for the bytes of a photo, and for its pixels if it is decoded; TransientError pictures_busy."""
    a_pixel = (_REDUCED if reduced and photo.format == "JPEG" else DECODED) if decoded else 0
    with picture_room().hold(photo.bytes + photo.width * photo.height * a_pixel):
        yield


def picture_room() -> PictureRoom:
    """The room of the current app."""
    room: PictureRoom = current_app.extensions["picture_room"]
    return room


def _busy() -> TransientError:
    return TransientError(
        "pictures_busy", "Too many large pictures are being opened at once. Try again in a moment."
    )
