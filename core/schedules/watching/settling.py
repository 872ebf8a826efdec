"""Which of the new files of a folder have stopped growing, and when they become a job."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from core.library.files.scan import ScannedFile
from core.schedules.watching.options import WatchOptions

#: An empty file is one whose first bytes are still to come, unless it stays empty for so long.
_EMPTY_SECONDS = 60.0
_FINGERPRINT_BYTES = 16


def fingerprint_of(file: ScannedFile) -> bytes:
    """16 bytes that tell a file of this name, size and time of change from every other."""
    text = b"%d %d %s %s" % (file.size, file.mtime_ns, (file.error or "").encode(), file.relative)
    return hashlib.blake2b(text, digest_size=_FINGERPRINT_BYTES).digest()


@dataclass(frozen=True, kw_only=True, slots=True)
class NewFile:
    """A file that no job has got yet."""

    file: ScannedFile
    fingerprint: bytes
    #: When it was first seen so, by a clock that cannot be set.
    since: float


class Settling:
    """The new files of one folder by their paths; times are of a clock that cannot be set.

    It is in memory alone: after a restart every new file is seen again, and has to stay the same again.
    """

    def __init__(self) -> None:
        self._files: dict[bytes, NewFile] = {}
        self._seen: set[bytes] = set()

    def begin_look(self) -> None:
        """What the look does not `see` is dropped at its end."""
        self._seen = set()

    def see(self, files: Iterable[tuple[bytes, ScannedFile]], now: float) -> None:
        """Note new files with their fingerprints; one that changed begins to settle anew."""
        for fingerprint, file in files:
            self._seen.add(file.relative)
            before = self._files.get(file.relative)
            if before is None or before.fingerprint != fingerprint:
                self._files[file.relative] = NewFile(file=file, fingerprint=fingerprint, since=now)

    @property
    def paths(self) -> list[bytes]:
        """The files that settle."""
        return [*self._files]

    def end_look(self) -> None:
        """Drop the files that are gone, or were taken."""
        self._files = {path: new for path, new in self._files.items() if path in self._seen}

    def drop(self, files: Iterable[NewFile]) -> None:
        """Forget files that were taken."""
        for new in files:
            self._files.pop(new.file.relative, None)

    def settled(self, options: WatchOptions, now: float) -> list[NewFile]:
        """The files that have stayed the same for the settle time, by path."""
        ready = (new for new in self._files.values() if now - new.since >= _settle_seconds(new, options))
        return sorted(ready, key=lambda new: new.file.relative)

    def due(self, options: WatchOptions, now: float, *, at_once: bool = False) -> list[NewFile]:
        """The files that become jobs now: all that settled, unless they wait for others that still grow.

        They do not wait where there are enough for a job, or one has waited for `gather_seconds`.
        """
        settled = self.settled(options, now)
        if not settled:
            return []
        longest = now - min(new.since + _settle_seconds(new, options) for new in settled)
        enough = len(settled) >= options.most_photos or longest >= options.gather_seconds
        return settled if at_once or enough or len(settled) == len(self._files) else []

    def __len__(self) -> int:
        return len(self._files)


def _settle_seconds(new: NewFile, options: WatchOptions) -> float:
    is_empty = new.file.size == 0 and new.file.error is None
    return max(options.settle_seconds, _EMPTY_SECONDS) if is_empty else options.settle_seconds
