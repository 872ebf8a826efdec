"""The key of an installation."""

import errno
import os
import stat
from pathlib import Path
from threading import Thread

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from core.errors import InputError, PermanentError
from core.evidence.signing import (
    KEY_FILE,
    ensure_key,
    fingerprint,
    is_signed,
    parse_public,
    public_pem,
    read_key,
)


def test_a_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    threads = [Thread(target=ensure_key, args=(tmp_path,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    before = (tmp_path / KEY_FILE).read_bytes()
    ensure_key(tmp_path)
    assert (tmp_path / KEY_FILE).read_bytes() == before


def test_a_key_is_made_on_a_disk_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every start makes the key: exFAT and network folders must not keep the service from starting."""

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    ensure_key(tmp_path)
    made = (tmp_path / KEY_FILE).read_bytes()
    ensure_key(tmp_path)
    assert (tmp_path / KEY_FILE).read_bytes() == made
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_what_a_key_signs(tmp_path: Path) -> None:
    ensure_key(tmp_path)
    key = read_key(tmp_path)
    public = parse_public(public_pem(key.public_key()))
    assert is_signed(public, key.sign(b"text"), b"text")
    assert not is_signed(public, key.sign(b"text"), b"other")
    assert not is_signed(public, b"", b"text")
    assert fingerprint(public) == fingerprint(key.public_key())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (None, "evidence_key_missing"),
        (b"", "evidence_key_unreadable"),
        (
            X25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
            "evidence_key_unreadable",
        ),
    ],
)
def test_a_key_that_cannot_be_used(tmp_path: Path, data: bytes | None, code: str) -> None:
    if data is not None:
        (tmp_path / KEY_FILE).write_bytes(data)
    with pytest.raises(PermanentError) as caught:
        read_key(tmp_path)
    assert caught.value.code == code


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_public_key(pem: bytes) -> None:
    with pytest.raises(InputError) as caught:
        parse_public(pem)
    assert caught.value.code == "public_key_invalid"
