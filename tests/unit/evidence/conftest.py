"""A small pack, and ways to spoil it."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.evidence.pack import PackWriter

NOW = datetime(2026, 3, 4, 5, 6, 8, tzinfo=UTC)
FILES = {
    "about.json": b'{"job": 7}\n',
    "report/faces.csv": b"photo,label\r\n" + b"one.jpg,with_mask\r\n" * 40,
    "report/faces.parquet": bytes(range(256)),
    "photos.sha256": b"0" * 64 + b"  one.jpg\n",
}
Spoil = Callable[[dict[str, bytes]], None]


@pytest.fixture(scope="session")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def pack_bytes(key: Ed25519PrivateKey, files: dict[str, bytes] = FILES) -> bytes:
    file = io.BytesIO()
    writer = PackWriter(file, key, NOW)
    for name, data in files.items():
        writer.add(name, data)
    writer.close()
    return file.getvalue()


@pytest.fixture
def pack(tmp_path: Path, key: Ed25519PrivateKey) -> Path:
    path = tmp_path / "evidence.zip"
    path.write_bytes(pack_bytes(key))
    return path


def zip_again(path: Path, spoil: Spoil) -> Path:
    """The pack with changed files, in a zip without a fault, as somebody who forges one makes it."""
    with ZipFile(path) as old:
        files = {name: old.read(name) for name in old.namelist()}
    spoil(files)
    with ZipFile(path, "w", ZIP_DEFLATED) as new:
        for name, data in files.items():
            new.writestr(name, data)
    return path
