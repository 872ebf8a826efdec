"""A folder that goes on at another host: its files are pushed to the object store, and pulled there.

The manifest names each file with its SHA-256 and is written last, so a pull sees all files of one push or of
the one before, also when the pushing process is killed.
"""

import hashlib
import json
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from core.errors import PermanentError, TransientError
from core.storage.objects import ObjectFolder

_MANIFEST, _PUSHED = "manifest.json", ".pushed"
#: A push deletes what it replaced: a pull that began before it begins again.
_PULLS = 3


@dataclass(frozen=True, kw_only=True)
class SharedFolder:
    """A folder, and its place in the store; with no place it is this host's alone."""

    path: Path
    objects: ObjectFolder | None

    def push(self) -> None:
        """Give every file that has changed to the store; unfinished ones (`next-…`) stay here."""
        if self.objects is None:
            return
        before, pushed = self._read_manifest() or {}, self._read_pushed()
        now: dict[str, str] = {}
        for path in sorted(self.path.rglob("*")):
            if path.is_file() and not path.name.startswith((".", "next-")):
                name, stamp = path.relative_to(self.path).as_posix(), _stamp(path)
                known = pushed.get(name)
                now[name] = known[1] if known and known[0] == stamp else _digest(path)
                if before.get(name) != now[name]:
                    self.objects.put(path, f"{name}.{now[name]}")
                pushed[name] = [stamp, now[name]]
        if now != before:
            self.objects.put_bytes(json.dumps(now).encode(), _MANIFEST)
        self._write_pushed({name: pushed[name] for name in now})
        for name, sha256 in before.items():
            if now.get(name) != sha256:
                self.objects.delete(f"{name}.{sha256}")

    def pull(self) -> None:
        """Fetch what the last push of any host has and this folder lacks; nothing before the first push.

        Raises PermanentError stored_file_damaged, TransientError storage_unavailable.
        """
        for _ in range(_PULLS):
            try:
                self._pull()
            except FileNotFoundError:
                continue
            return
        raise TransientError(
            "storage_unavailable", f"{self.objects and self.objects.address} changes while it is read."
        )

    def remove(self) -> None:
        """Delete the folder here and in the store."""
        if self.objects is not None:
            self.objects.delete_folder("")
        shutil.rmtree(self.path, ignore_errors=True)

    def _pull(self) -> None:
        if self.objects is None or (manifest := self._read_manifest()) is None:
            return
        self.path.mkdir(parents=True, exist_ok=True)
        pushed = self._read_pushed()
        for name, sha256 in manifest.items():
            path = self.path / name
            if not path.is_file() or pushed.get(name) != [_stamp(path), sha256]:
                self._fetch(self.objects, name, sha256)
                pushed[name] = [_stamp(path), sha256]
                self._write_pushed(pushed)
        for name in pushed.keys() - manifest.keys():
            (self.path / name).unlink(missing_ok=True)

    def _fetch(self, objects: ObjectFolder, name: str, sha256: str) -> None:
        own = self.path / f"next-{secrets.token_hex(4)}"
        try:
            objects.get(f"{name}.{sha256}", own)
            if _digest(own) != sha256:
                raise PermanentError(
                    "stored_file_damaged", f"{objects.address}/{name} is not the file that was stored."
                )
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            own.replace(self.path / name)
        finally:
            own.unlink(missing_ok=True)

    def _read_manifest(self) -> dict[str, str] | None:
        assert self.objects is not None
        try:
            return dict(json.loads(self.objects.read(_MANIFEST)))
        except FileNotFoundError:
            return None

    def _read_pushed(self) -> dict[str, list[str]]:
        try:
            return dict(json.loads((self.path / _PUSHED).read_text()))
        except (FileNotFoundError, ValueError):
            return {}

    def _write_pushed(self, pushed: dict[str, list[str]]) -> None:
        own = self.path / f"next-{os.getpid()}-pushed"
        own.write_text(json.dumps(pushed))
        own.replace(self.path / _PUSHED)


def _stamp(path: Path) -> str:
    status = path.stat()
    return f"{status.st_size}-{status.st_mtime_ns}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
