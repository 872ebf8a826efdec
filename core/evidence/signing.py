"""The Ed25519 key that signs evidence packs: made at set-up, private in the data folder."""

import hashlib
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core.errors import InputError, PermanentError

#: In the data folder.
KEY_FILE = "evidence-key.pem"


def ensure_key(folder: Path) -> None:
    """Make the key of this data folder if there is none; nobody but its owner can read the file."""
    path = folder / KEY_FILE
    if path.exists():
        return
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    part = path.with_name(f"{KEY_FILE}.{secrets.token_hex(4)}.part")
    try:
        _write_new(part, pem)
        _put_in_place(part, path, pem)
    except FileExistsError:
        pass
    finally:
        part.unlink(missing_ok=True)


def _put_in_place(part: Path, path: Path, pem: bytes) -> None:
    """Never replaces a key that another process made meanwhile, as a rename would; FileExistsError then."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:
        # Disks such as exFAT and some network folders have no links.
        _write_new(path, pem)


def _write_new(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def read_key(folder: Path) -> Ed25519PrivateKey:
    """The key of this data folder; PermanentError evidence_key_missing or evidence_key_unreadable."""
    path = folder / KEY_FILE
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError as error:
        message = f"{path} is missing. `maskloop setup` makes a new key."
        raise PermanentError("evidence_key_missing", message) from error
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise PermanentError("evidence_key_unreadable", f"{path} cannot be read as a key.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise PermanentError("evidence_key_unreadable", f"{path} is not an Ed25519 key.")
    return key


def public_pem(key: Ed25519PublicKey) -> bytes:
    """The public key as PEM."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def parse_public(pem: bytes) -> Ed25519PublicKey:
    """A public key from PEM; InputError public_key_invalid."""
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError("public_key_invalid", "This is not a public key in PEM.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError("public_key_invalid", "This is not an Ed25519 public key.")
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """SHA-256 of the key in DER, as `openssl pkey -pubin -outform DER | sha256sum` prints it."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def is_signed(key: Ed25519PublicKey, signature: bytes, data: bytes) -> bool:
    """Whether the key signed these bytes."""
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True
