"""How long the files of a set may be read before a preview goes on with what it has."""

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import BinaryIO, TypeVar, cast

from core.datasets.importing.formats.set_files import SetFiles

EntryT = TypeVar("EntryT")


class TimeOverError(Exception):
    """A file was read for too long; only readers that are told of a time ever meet it."""


class ReadingTime:
    """The time for opening a set; an import has any."""

    def __init__(self, seconds: float | None = None) -> None:
        self._ends = None if seconds is None else time.monotonic() + seconds
        #: Whether anything was left unread for it.
        self.was_over = False

    @property
    def is_over(self) -> bool:
        """Whether it is over; that is noted, since the caller then leaves something unread."""
        self.was_over = self.was_over or (self._ends is not None and time.monotonic() > self._ends)
        return self._ends is not None and self.was_over

    def lift(self) -> None:
        """End the limit: the set is open, and its photos are looked up one by one."""
        self._ends = None

    def while_it_lasts(self, entries: Iterator[EntryT]) -> Iterator[EntryT]:
        """The entries until the time is over."""
        for entry in entries:
            if self.is_over:
                return
            yield entry

    def limit(self, files: SetFiles) -> SetFiles:
        """The same files, whose streams raise TimeOverError once the time is over."""

        def limited(opener: Callable[[], BinaryIO]) -> Callable[[], BinaryIO]:
            return lambda: cast(BinaryIO, io.BufferedReader(_Timed(opener(), self)))

        return replace(files, openers={path: limited(opener) for path, opener in files.openers.items()})


class _Timed(io.RawIOBase):
    """A stream that ends with the time."""

    def __init__(self, stream: BinaryIO, reading: ReadingTime) -> None:
        self._stream, self._reading = stream, reading

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        if self._reading.is_over:
            raise TimeOverError
        view = memoryview(cast(bytearray, buffer))
        data = self._stream.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()
