"""What tests of files need of the machine: an ordinary user's rights, a full disk."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

AsNobody = Callable[[Path], AbstractContextManager[None]]
_NOBODY = 65534


@pytest.fixture
def as_nobody() -> AsNobody:
    """Run a block with an ordinary user's rights, who can reach the folder given: root reads everything."""

    @contextmanager
    def run(folder: Path) -> Iterator[None]:
        for parent in (folder, *list(folder.parents)[:4]):
            if parent.stat().st_uid == os.getuid():
                parent.chmod(parent.stat().st_mode | 0o755)
        if os.getuid() == 0:
            os.seteuid(_NOBODY)
        try:
            yield
        finally:
            os.seteuid(os.getuid())

    return run


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of one megabyte; skips where mounting is not allowed."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    mounted = subprocess.run(command, capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount a small disk: {mounted.stderr.decode().strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)
