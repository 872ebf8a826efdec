"""The key that signs browser sessions: the given one, or one kept in the data folder."""

import os
import secrets
from pathlib import Path

from core.settings import Settings


def read_secret_key(settings: Settings) -> str:
    """The key; made at the first start, readable by the service's user alone."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.data / "secret_key"
    if not path.exists():
        _make(path)
    return path.read_text(encoding="ascii")


def _make(path: Path) -> None:
    """Write beside and link into place: of two processes that start at once, one key wins for both."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    own = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        os.link(own, path)
    except FileExistsError:
        return
    finally:
        own.unlink()
