"""Every setting, read once from the environment and checked; docs/settings.md lists them."""

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import quote

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import PydanticBaseSettingsSource as Source
from sqlalchemy import URL

from core.environment import EnvironmentSource
from core.errors import PermanentError
from core.socket_path import socket_path

_PREFIX = "MASKLOOP_"

_HTTP_ADDRESS = r"^(https?://[A-Za-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?)?/?$"
_BUCKET = re.compile(r"(s3|gs|az)://[a-z0-9][a-z0-9._-]{1,62}(/[^\s/?#]+)*/?")
#: Credentials in an address, which no message repeats.
_USER_INFO = re.compile(r"//[^@\s]*@")

#: What a process has when it has loaded its libraries, and some for a photo.
_LEAST_MEMORY_MB = 512
_SHORTEST_SECRET = 16


class Settings(BaseSettings):
    """One value per setting; the environment names it MASKLOOP_ and the field in capitals.

    Raises PermanentError setting_invalid with the setting's name and what would be right.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", validate_default=True, env_prefix=_PREFIX)

    data: Path = Field(
        Path("~/.maskloop"), description="Folder of the database, stored photos, reports and weights."
    )
    database_url: str = Field(
        "", repr=False, description="SQLAlchemy address; empty means SQLite in the data folder."
    )
    broker_url: str = Field(
        "",
        repr=False,
        description="Redis or Valkey address; empty means an embedded Valkey in the data folder.",
    )
    files: str = Field(
        "",
        pattern=rf"^({_BUCKET.pattern})?$",
        description="Object store of photos, versions and reports, such as s3://bucket/prefix;"
        " empty: the data folder.",
    )
    files_endpoint: str = Field(
        "",
        pattern=_HTTP_ADDRESS,
        description="Address of an S3 service that is not Amazon's, such as http://minio:9000, or of one like"
        " Google's; az:// takes it from its connection string.",
    )
    files_public_endpoint: str = Field(
        "",
        pattern=_HTTP_ADDRESS,
        description="The same service as browsers reach it, for signed links; empty: the same address.",
    )
    files_link_seconds: int = Field(
        0,
        ge=0,
        le=604_800,
        description="Send downloads to links that the store signs for so long; 0: through the web server.",
    )
    files_copies_bytes: int = Field(
        20 * 2**30,
        ge=2**20,
        le=2**44,
        description="Copies of stored files that a host keeps on its disk, with an object store.",
    )
    host: str = Field(
        "127.0.0.1",
        description="Address of the web server; any other than loopback needs a password.",
    )
    port: int = Field(8765, ge=1, le=65535, description="Port of the web server, 1 to 65535.")
    web_processes: int = Field(
        1, ge=1, le=32, description="Processes of the web server, 1 to 32; each keeps one core busy at most."
    )
    allowed_hosts: str = Field("", description="Further host names of the service, separated by commas.")
    allowed_roots: str = Field(
        "~", description="Folders below which jobs may read photos, separated by colons."
    )
    allowed_buckets: str = Field(
        "", description="Buckets that jobs may read and write, such as s3://bucket/prefix, by commas."
    )
    secret_key: str = Field(
        "", repr=False, description="Signs browser sessions; empty means one kept in the data folder."
    )
    password: str = Field(
        "",
        repr=False,
        description="Sets the owner's password at start where there is none; needed to bind beyond loopback.",
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=8,
        description="Proxies before the service whose X-Forwarded-For and -Proto are believed, 0 to 8.",
    )
    path_prefix: str = Field(
        "",
        pattern=r"^(/[A-Za-z0-9._~-]+)*$",
        description="Path below which a proxy shows the service, such as /maskloop.",
    )
    secure_cookies: bool = Field(False, description="Send cookies only over HTTPS, as behind a TLS proxy.")
    openid_issuer: str = Field(
        "",
        pattern=r"^(https://[^\s?#]+|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?[^\s?#]*)?$",
        description="OpenID Connect provider that people may sign in with: its issuer, an https address.",
    )
    openid_client_id: str = Field("", description="The client that the provider knows this service as.")
    openid_client_secret: str = Field("", repr=False, description="The client's secret.")
    openid_name: str = Field(
        "OpenID Connect",
        min_length=1,
        max_length=40,
        description="What the sign-in page calls the provider, such as the company's name.",
    )
    openid_groups: str = Field(
        "groups",
        description="Claim of the ID token that lists a person's groups; dots lead into objects.",
    )
    openid_roles: str = Field(
        "",
        description="Roles by group, ROLE=GROUP with commas between; the first fit counts, * is anybody.",
    )
    openid_limited: bool = Field(False, description="New people of the provider see nothing at first.")
    workers: int = Field(2, ge=1, le=64, description="Prediction worker processes, 1 to 64.")
    gpu: bool = Field(
        False,
        description="Find faces on a GPU where ONNX Runtime's CUDA provider is installed; else on the CPU.",
    )
    batch_photos: int = Field(32, ge=1, le=1000, description="Photos in a batch, 1 to 1000.")
    lease_seconds: float = Field(
        20.0,
        ge=1,
        le=3600,
        description="A batch whose lease is not renewed for this long is retried.",
    )
    stuck_seconds: float = Field(
        300.0, ge=1, le=86400, description="A worker that spends this long on one photo is killed."
    )
    worker_memory_mb: int = Field(
        4096,
        ge=0,
        le=2**20,
        description="Memory of a worker process in MB, 512 or more, held by Linux; 0 for any.",
    )
    worker_nice: int = Field(
        15,
        ge=0,
        le=19,
        description="Niceness of what workers compute, 0 to 19: pages come first. A training has 4 more.",
    )
    tick_seconds: float = Field(
        2.0, ge=0.1, le=60, description="Pause between two checks of leases, schedules and wake-ups."
    )
    max_attempts: int = Field(
        3, ge=1, le=20, description="Attempts of a batch before it is split or quarantined."
    )
    stall_seconds: float = Field(
        20.0, ge=1, le=3600, description="Waiting work that is not claimed for this long is shown as stalled."
    )
    max_photo_bytes: int = Field(
        200 * 2**20, ge=1024, le=2**34, description="Largest photo file that is read."
    )
    try_max_bytes: int = Field(
        40 * 2**20, ge=1024, le=2**34, description="Largest photo file that is tried without a job."
    )
    try_max_pixels: int = Field(
        50_000_000,
        ge=1024,
        le=200_000_000,
        description="Most pixels of a photo that is tried without a job.",
    )
    max_upload_bytes: int = Field(
        20 * 2**30, ge=1024, le=2**44, description="Largest upload, all files of a job together."
    )
    min_free_bytes: int = Field(
        256 * 2**20, ge=0, le=2**44, description="Free space to keep: below it, jobs fail with disk_full."
    )
    export_days: int = Field(
        30, ge=0, le=3650, description="Days for which the zip of an export is kept; 0: until it is deleted."
    )
    gate_margin: float = Field(
        0.01,
        ge=0,
        le=0.2,
        description="How far the F1 of a label may fall for a version to pass the gate, 0 to 0.2.",
    )
    detector: str = Field("", description="Folder of a face detector with its card; empty means YuNet.")
    crawl_contact: str = Field(
        "", description="Web address or e-mail of a contact, which crawls send in the user agent."
    )
    crawl_host_connections: int = Field(
        2, ge=1, le=16, description="Concurrent requests to one host by all workers together, 1 to 16."
    )
    crawl_host_rate: float = Field(
        4.0, ge=0.01, le=1000, description="Requests per second to one host by all workers together."
    )
    crawl_max_bytes: int = Field(
        40 * 2**20, ge=1024, le=2**34, description="Largest file that a crawl downloads."
    )
    crawl_max_pixels: int = Field(
        100_000_000, ge=1024, le=200_000_000, description="Most pixels of a picture that a crawl stores."
    )
    crawl_allowed_hosts: str = Field(
        "", description="Hosts in private networks that crawls may contact, separated by commas."
    )
    flickr_key: str = Field("", repr=False, description="API key of Flickr, for crawls of Flickr.")
    api_rate: int = Field(
        6000, ge=0, le=10**6, description="Requests of one token to the API in a minute; 0: any number."
    )
    api_rate_anonymous: int = Field(
        120,
        ge=0,
        le=10**6,
        description="Requests of one address to the API in a minute without a valid token; 0: any number.",
    )
    webhook_allowed_hosts: str = Field(
        "",
        description="Hosts in private networks that webhooks may go to, also by http, separated by commas.",
    )
    webhook_seconds: float = Field(
        15.0, ge=1, le=60, description="Seconds that a receiver of webhooks has to answer, 1 to 60."
    )
    live_share: float = Field(
        0.5,
        ge=0.05,
        le=1,
        description="Share of one processor that cameras may use in each live process, 0.05 to 1.",
    )
    live_cameras: int = Field(
        8, ge=1, le=32, description="Most cameras open at once, over all web processes, 1 to 32."
    )
    reviewer_pictures: Literal["none", "eyes", "face"] = Field(
        "none",
        description="What reviewers do not see of faces: none (all is shown), eyes or face (covered).",
    )
    activity_days: int = Field(
        365, ge=0, le=36500, description="Days for which the activity log keeps its entries; 0: for ever."
    )
    metrics_token: str = Field(
        "", repr=False, description="Secret that opens /metrics besides tokens with the scope read."
    )
    metrics_networks: str = Field(
        "",
        description="Networks whose clients read /metrics without a token, such as 10.0.0.0/8, by commas.",
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="text for people, json for log collectors."
    )

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            first = error.errors()[0]
            field = str(first["loc"][0])
            # A secret is not shown where it is refused.
            shown = _USER_INFO.sub("//", f"{first['input']!r}: ") if self._is_shown(field) else ""
            raise _invalid(field, f"{shown}{first['msg']}") from error

    @classmethod
    def _is_shown(cls, name: str) -> bool:
        field = cls.model_fields.get(name)
        return field is None or field.repr

    @field_validator("data")
    @classmethod
    def _resolve(cls, data: Path) -> Path:
        return data.expanduser().resolve()

    @field_validator("worker_memory_mb")
    @classmethod
    def _enough_to_start(cls, given: int) -> int:
        if 0 < given < _LEAST_MEMORY_MB:
            raise ValueError(f"a worker needs {_LEAST_MEMORY_MB} MB to start")
        return given

    @field_validator("metrics_token")
    @classmethod
    def _is_hard_to_guess(cls, token: str) -> str:
        if token and len(token) < _SHORTEST_SECRET:
            raise ValueError(f"it must have at least {_SHORTEST_SECRET} characters")
        return token

    @field_validator("allowed_buckets")
    @classmethod
    def _are_buckets(cls, buckets: str) -> str:
        if not all(_BUCKET.fullmatch(part.strip()) for part in buckets.split(",") if part.strip()):
            raise ValueError("an address is s3://BUCKET/PREFIX, without credentials")
        return buckets

    @field_validator("metrics_networks")
    @classmethod
    def _are_networks(cls, networks: str) -> str:
        for part in filter(None, map(str.strip, networks.split(","))):
            ipaddress.ip_network(part)
        return networks

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: Source,
        env_settings: Source,
        dotenv_settings: Source,
        file_secret_settings: Source,
    ) -> tuple[Source, ...]:
        """The constructor takes what it is given and nothing else; `from_env` reads the environment."""
        return (init_settings,)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read MASKLOOP_* (or MASKLOOP_*_FILE for a value kept in a file)."""
        given = os.environ if environ is None else environ
        return cls(**EnvironmentSource(cls, given, prefix=_PREFIX, refuse=_invalid)())

    def with_changes(self, **changes: Any) -> Self:
        """A copy with other values, checked again."""
        return type(self)(**{name: getattr(self, name) for name in type(self).model_fields} | changes)

    def to_env(self) -> dict[str, str]:
        """The environment that `from_env` reads back as these settings, for child processes."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {
            _PREFIX + name.upper(): str(int(value) if isinstance(value, bool) else value)
            for name, value in values.items()
        }

    def to_child_env(self) -> dict[str, str]:
        """This process's environment with these settings in place of its own."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(_PREFIX)}
        return kept | self.to_env()

    @property
    def sql_url(self) -> str:
        """The database address in force."""
        if self.database_url:
            return self.database_url
        # Any character may stand in a path, also those that mean something in a URL.
        url = URL.create("sqlite", database=str(self.data / "maskloop.sqlite"))
        return url.render_as_string(hide_password=False)

    @property
    def broker(self) -> str:
        """The broker address in force: the given one, or the embedded Valkey's unix socket."""
        return self.broker_url or f"redis+socket://{quote(str(self.socket))}"

    @property
    def socket(self) -> Path:
        """Unix socket of the embedded Valkey."""
        return socket_path(self.data, "valkey/valkey.sock")

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
    def detector_folder(self) -> Path | None:
        """The folder of the face detector in use; None for YuNet."""
        return Path(self.detector).expanduser().resolve() if self.detector else None

    @property
    def tried_bytes(self) -> int:
        """Largest photo file that is tried: never one that a job would refuse."""
        return min(self.try_max_bytes, self.max_photo_bytes)

    @property
    def is_loopback(self) -> bool:
        """True when the web server is reached from this machine alone."""
        return self.host in {"127.0.0.1", "::1", "localhost"}


def _invalid(name: str, why: str) -> PermanentError:
    text = Settings.model_fields[name].description
    return PermanentError("setting_invalid", f"{_PREFIX}{name.upper()}: {why}. {text}")
