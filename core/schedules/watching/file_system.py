"""Whether a folder is on a network share, of whose changes the system does not tell."""

import os
import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
#: Types of file systems whose files other machines change; `fuse.*` stands for all of FUSE but local ones.
_NETWORK = frozenset(
    (
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "9p", "virtiofs", "vboxsf", "vmhgfs",
        "lustre", "gfs2", "ocfs2", "beegfs", "gpfs", "prl_fs", "fakeowner", "davfs", "fuse",
    )
)  # fmt: skip
_LOCAL_FUSE = frozenset(("fuse.ntfs-3g", "fuse.ntfs", "fuse.exfat", "fuse.fuse-overlayfs", "fuse.mergerfs"))
_OCTAL = re.compile(r"\\([0-7]{3})")


def file_system_of(folder: Path, mounts: str | None = None) -> str:
    """The type of the file system that holds a real path, such as `ext4` or `nfs4`; empty if unknown.

    Reads the list of mounts alone and never the share, so that it cannot hang. `mounts` is the text of
    `/proc/self/mountinfo`, for tests.
    """
    if mounts is None:
        try:
            mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return ""
    best, found = -1, ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields, kind = before.split(), after.split(" ", 1)[0]
        if len(fields) < 5:
            continue
        place = _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4])
        # Of two mounts at one place the later one counts.
        if _is_at_or_below(folder, place) and len(place) >= best:
            best, found = len(place), kind
    return found


def is_network(kind: str) -> bool:
    """Whether other machines change files of such a file system without notice."""
    return kind in _NETWORK or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE)


def _is_at_or_below(folder: Path, place: str) -> bool:
    path = str(folder)
    return path == place or path.startswith(place.rstrip(os.sep) + os.sep)
