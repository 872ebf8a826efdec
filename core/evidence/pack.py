"""Write an evidence pack: a zip with a file of checksums and a signature over it."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.evidence.signing import fingerprint, public_pem

#: Checksums of all other files but the signature, in the format of `sha256sum`.
SUMS = "SHA256SUMS"
#: The 64 bytes of an Ed25519 signature over SUMS.
SIGNATURE = "SHA256SUMS.sig"
PUBLIC_KEY = "public-key.pem"
README = "README.txt"
ABOUT = "about.json"

_TEMPLATE = Path(__file__).with_name("README.txt")
#: Files that compress no further.
_STORED = (".xlsx", ".parquet", ".zip")


class PackWriter:
    """Adds files in order, then the checksums and the signature.

    The same files, key and time give the same bytes: Ed25519 is deterministic, and entries have no other time
    and no owner.
    """

    def __init__(self, file: IO[bytes], key: Ed25519PrivateKey, at: datetime) -> None:
        self._zip = ZipFile(file, "w")
        self._key = key
        self._when = at.astimezone(UTC).timetuple()[:6]
        self._sums: dict[str, str] = {}

    def add(self, name: str, data: bytes) -> None:
        """Add a file."""
        with self.open(name) as entry:
            entry.write(data)

    def copy(self, name: str, source: IO[bytes]) -> str:
        """Add a file in chunks; returns its SHA-256."""
        with self.open(name) as entry:
            shutil.copyfileobj(source, entry, 1 << 20)
        return self._sums[name]

    @contextmanager
    def open(self, name: str) -> Iterator["HashedEntry"]:
        """A file to write; one at a time."""
        if name in self._sums:
            raise ValueError(f"{name} is in the pack already")
        with self._zip.open(self._entry(name), "w", force_zip64=True) as target:
            entry = HashedEntry(target)
            yield entry
        self._sums[name] = entry.digest()

    def close(self) -> None:
        """Write README and key, the checksums, their signature and the zip's directory."""
        public = self._key.public_key()
        self.add(README, read_me(fingerprint(public)).encode("ascii"))
        self.add(PUBLIC_KEY, public_pem(public))
        lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(self._sums.items()))
        data = lines.encode("ascii")
        self._zip.writestr(self._entry(SUMS), data)
        self._zip.writestr(self._entry(SIGNATURE), self._key.sign(data))
        self._zip.close()

    def abandon(self) -> None:
        """Let go of the file after an error."""
        self._zip.close()

    def _entry(self, name: str) -> ZipInfo:
        entry = ZipInfo(name, self._when)
        entry.compress_type = ZIP_STORED if name.endswith(_STORED) else ZIP_DEFLATED
        entry.create_system = 3
        entry.external_attr = 0o644 << 16
        return entry


class HashedEntry:
    """Writes to an entry of the zip and hashes what it writes."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target, self._hash = target, hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Write these bytes."""
        self._hash.update(data)
        return self._target.write(data)

    def digest(self) -> str:
        """SHA-256 of what was written."""
        return self._hash.hexdigest()


def read_me(key_fingerprint: str) -> str:
    """The README of a pack: what is in it, and how to verify it."""
    return _TEMPLATE.read_text(encoding="ascii").replace("FINGERPRINT", key_fingerprint)
