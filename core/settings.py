"""Every setting, read once from the environment and checked; docs/settings.md lists them."""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from core.errors import PermanentError

_PREFIX = "MASKLOOP_"

#: 104 bytes on macOS, 108 on Linux, with the closing zero.
_LONGEST_SOCKET_PATH = 103


def _setting(default: object, text: str, *, secret: bool = False) -> Any:
    """Declare a setting with its default and the sentence that the docs and error messages give."""
    return field(default=default, repr=not secret, metadata={"text": text})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One value a setting; the environment names it MASKLOOP_ and the field in capitals."""

    data: Path = _setting("~/.maskloop", "Folder of the database, stored photos, reports and weights.")
    database_url: str = _setting(
        "", "SQLAlchemy address; empty means SQLite in the data folder.", secret=True
    )
    broker_url: str = _setting(
        "", "Redis or Valkey address; empty means an own Valkey in the data folder.", secret=True
    )
    host: str = _setting(
        "127.0.0.1", "Address the web server binds; any other than loopback needs a password."
    )
    port: int = _setting(8765, "Port of the web server, 1 to 65535.")
    allowed_hosts: str = _setting("", "Further host names a browser may ask for, separated by commas.")
    allowed_roots: str = _setting("~", "Folders below which jobs may read photos, separated by colons.")
    secret_key: str = _setting(
        "", "Signs browser sessions; empty means one kept in the data folder.", secret=True
    )
    password: str = _setting(
        "", "Sets the owner's password at start; needed to bind beyond loopback.", secret=True
    )
    secure_cookies: bool = _setting(False, "Send cookies over HTTPS alone; set it behind a TLS proxy.")
    workers: int = _setting(2, "Prediction worker processes, 1 to 64.")
    batch_photos: int = _setting(32, "Photos in a batch, 1 to 1000.")
    lease_seconds: float = _setting(20.0, "A batch whose worker is silent this long is given to another.")
    stuck_seconds: float = _setting(300.0, "A worker that is at one photo for this long is ended.")
    tick_seconds: float = _setting(2.0, "Pause between two looks after leases and wake-ups.")
    max_attempts: int = _setting(3, "Tries of a batch before it is split or quarantined.")
    stall_seconds: float = _setting(
        20.0, "Waiting work that nobody claims for this long is shown as stalled."
    )
    max_photo_bytes: int = _setting(200 * 2**20, "Largest photo file that is read.")
    max_upload_bytes: int = _setting(20 * 2**30, "Largest upload, all files of a job together.")
    min_free_bytes: int = _setting(256 * 2**20, "Jobs fail with disk_full rather than leave less than this.")
    gate_margin: float = _setting(
        0.01, "How far the F1 of a label may fall for a version to pass the gate, 0 to 0.2."
    )
    crawl_contact: str = _setting(
        "", "Address or e-mail that crawls give to the servers they ask, in the user agent."
    )
    crawl_host_connections: int = _setting(
        2, "Requests to one host at the same time, all workers together, 1 to 16."
    )
    crawl_host_rate: float = _setting(4.0, "Requests to one host a second, all workers together.")
    crawl_max_bytes: int = _setting(40 * 2**20, "Largest file that a crawl takes from the web.")
    crawl_max_pixels: int = _setting(100_000_000, "Most pixels of a picture that a crawl takes.")
    crawl_allowed_hosts: str = _setting(
        "", "Hosts that crawls may ask though they lie in a private network, separated by commas."
    )
    flickr_key: str = _setting("", "Key of Flickr's interface; crawls of Flickr need it.", secret=True)
    live_share: float = _setting(0.5, "Part of one processor that the cameras may take together, 0.05 to 1.")
    live_cameras: int = _setting(8, "Cameras that may be open at once, 1 to 32.")
    log_format: str = _setting("text", "text for a person, json for a collector.")

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", Path(self.data).expanduser().resolve())
        _check(self)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read MASKLOOP_* (or MASKLOOP_*_FILE for a value kept in a file); PermanentError setting_invalid."""
        source = os.environ if environ is None else environ
        given = {f.name: value for f in fields(cls) if (value := _value(f.name, source)) is not None}
        values: dict[str, Any] = {
            f.name: _parse(f.name, f.type, given[f.name]) for f in fields(cls) if f.name in given
        }
        return cls(**values)

    def to_env(self) -> dict[str, str]:
        """The environment that `from_env` reads back as these settings, for child processes."""
        return {
            _PREFIX + f.name.upper(): str(int(v) if isinstance(v := getattr(self, f.name), bool) else v)
            for f in fields(self)
        }

    def to_child_env(self) -> dict[str, str]:
        """This process's environment with these settings in place of its own."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(_PREFIX)}
        return kept | self.to_env()

    @property
    def sql_url(self) -> str:
        """The database address in force."""
        return self.database_url or f"sqlite:///{self.data / 'maskloop.sqlite'}"

    @property
    def broker(self) -> str:
        """The broker address in force: the given one, or the embedded Valkey's unix socket."""
        return self.broker_url or f"redis+socket://{self.socket}"

    @property
    def socket(self) -> Path:
        """Unix socket of the embedded Valkey."""
        return self._socket("valkey/valkey.sock")

    @property
    def camera_socket(self) -> Path:
        """Unix socket on which the live process takes cameras."""
        return self._socket("live/camera.sock")

    @property
    def photo_socket(self) -> Path:
        """Unix socket on which the live process takes single photos."""
        return self._socket("live/photo.sock")

    def _socket(self, place: str) -> Path:
        """In the data folder where that path fits into a socket address, else in a temporary folder."""
        path = self.data / place
        if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
            return path
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"maskloop-{digest}-{path.name}"

    @property
    def roots(self) -> tuple[Path, ...]:
        """Folders below which photos may be read, absolute; the sample photos are always among them."""
        given = tuple(Path(part).expanduser().resolve() for part in self.allowed_roots.split(":") if part)
        return (*given, self.samples)

    @property
    def samples(self) -> Path:
        """Where the sample photos are made."""
        return self.data / "samples"

    @property
    def weights(self) -> Path:
        """Where weights that others trained are kept."""
        return self.data / "weights"

    @property
    def is_loopback(self) -> bool:
        """True when the web server is reached from this machine alone."""
        return self.host in {"127.0.0.1", "::1", "localhost"}


def _value(name: str, environ: Mapping[str, str]) -> str | None:
    key = _PREFIX + name.upper()
    if key in environ:
        return environ[key]
    path = environ.get(key + "_FILE")
    if path is None:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise _invalid(name, f"its file {path} cannot be read ({error.strerror})") from error


def _parse(name: str, kind: Any, text: str) -> object:
    if kind is bool:
        if text.lower() not in {"0", "1", "true", "false", "yes", "no"}:
            raise _invalid(name, f"{text!r} is neither 0 nor 1")
        return text.lower() in {"1", "true", "yes"}
    try:
        return kind(text)
    except ValueError as error:
        raise _invalid(name, f"{text!r} is not a number") from error


def _check(settings: Settings) -> None:
    ranges = {
        "port": (1, 65535),
        "workers": (1, 64),
        "batch_photos": (1, 1000),
        "lease_seconds": (1, 3600),
        "stuck_seconds": (1, 86400),
        "tick_seconds": (0.1, 60),
        "max_attempts": (1, 20),
        "stall_seconds": (1, 3600),
        "max_photo_bytes": (1024, 2**34),
        "max_upload_bytes": (1024, 2**44),
        "min_free_bytes": (0, 2**44),
        "gate_margin": (0, 0.2),
        "crawl_host_connections": (1, 16),
        "crawl_host_rate": (0.01, 1000),
        "crawl_max_bytes": (1024, 2**34),
        "crawl_max_pixels": (1024, 200_000_000),
        "live_share": (0.05, 1),
        "live_cameras": (1, 32),
    }
    for name, (low, high) in ranges.items():
        if not low <= getattr(settings, name) <= high:
            raise _invalid(name, f"{getattr(settings, name)} is not between {low} and {high}")
    if settings.log_format not in {"text", "json"}:
        raise _invalid("log_format", f"{settings.log_format!r} is neither text nor json")


def _invalid(name: str, why: str) -> PermanentError:
    text = Settings.__dataclass_fields__[name].metadata["text"]
    return PermanentError("setting_invalid", f"{_PREFIX}{name.upper()}: {why}. {text}")
