"""What a pack holds besides the rows of its job."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True, kw_only=True)
class ReportCopy:
    """A report file of the job, as it could be downloaded when the pack was made."""

    #: As it is downloaded, such as `faces.csv`; the file itself may have another name.
    name: str
    path: Path
    sha256: str
    written_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class PackContents:
    """The key that signs, and what is not read row by row."""

    key: Ed25519PrivateKey
    reports: tuple[ReportCopy, ...]
    #: `Job.options` as stored.
    options: Mapping[str, Any]
    #: Versions of Maskloop, Python and the libraries that read photos, by name.
    software: Mapping[str, str]
    #: Further files by name, such as the audit sample.
    files: Mapping[str, bytes]
