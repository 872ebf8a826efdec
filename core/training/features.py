"""The cache of backbone features of faces, shared by all trainings with the same backbone."""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.detection.face import Box

#: Length of a crop's feature vector.
FEATURES = 1280
_AT_ONCE = 500
_BUSY_SECONDS = 30.0


def face_key(photo_sha256: str, box: Box) -> bytes:
    """The key of a face's crop, 16 bytes: a hash of its photo's bytes and its box to a tenth of a pixel."""
    corners = ",".join(f"{corner:.1f}" for corner in (box.x1, box.y1, box.x2, box.y2))
    return hashlib.sha256(f"{photo_sha256}:{corners}".encode()).digest()[:16]


class FeatureCache:
    """float16 features by face key in a SQLite file; several trainings may use it at the same time.

    A cache belongs to one backbone at one crop size; the file is named by their hash.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with closing(self._open()) as connection, connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS feature (face BLOB PRIMARY KEY, row BLOB NOT NULL) WITHOUT ROWID"
            )

    def put(self, keys: Sequence[bytes], rows: NDArray[np.floating]) -> None:
        """Store rows (n, 1280); keys that are stored already keep their row."""
        blobs = [row.tobytes() for row in np.asarray(rows, np.float16)]
        with closing(self._open()) as connection, connection:
            connection.executemany(
                "INSERT OR IGNORE INTO feature VALUES (?, ?)", zip(keys, blobs, strict=True)
            )

    def known(self, keys: Iterable[bytes]) -> set[bytes]:
        """The keys that have features."""
        return set(self._select("face", list(keys)))

    def get(self, keys: Sequence[bytes]) -> NDArray[np.float32]:
        """Features float32 (n, 1280) in the order of the keys; KeyError where one is missing."""
        found = self._select("row", list(keys))
        rows = [np.frombuffer(found[key], np.float16) for key in keys]
        return np.array(rows, np.float32).reshape(len(keys), FEATURES)

    def delete(self, keys: Sequence[bytes]) -> None:
        """Delete rows; unknown keys are ignored."""
        with closing(self._open()) as connection, connection:
            connection.executemany("DELETE FROM feature WHERE face = ?", [(key,) for key in keys])

    def _select(self, column: str, keys: list[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        with closing(self._open()) as connection:
            for start in range(0, len(keys), _AT_ONCE):
                some = keys[start : start + _AT_ONCE]
                places = ",".join("?" * len(some))
                query = f"SELECT face, {column} FROM feature WHERE face IN ({places})"  # noqa: S608
                found.update(connection.execute(query, some))
        return found

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=_BUSY_SECONDS)
