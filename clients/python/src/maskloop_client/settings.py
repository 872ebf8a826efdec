"""Where the service is and with which token: arguments, else the environment."""

import os
from dataclasses import dataclass
from pathlib import Path

import httpx

from maskloop_client.errors import ConfigurationError

#: Environment variables.
URL, TOKEN, TOKEN_FILE = "MASKLOOP_URL", "MASKLOOP_TOKEN", "MASKLOOP_TOKEN_FILE"
API = "/api/v1"
#: The host of requests that a transport of the caller answers itself.
_NOWHERE = "http://localhost"


@dataclass(frozen=True, kw_only=True)
class Target:
    """The address of the API, and the token if there is one."""

    api: str
    token: str | None

    @property
    def headers(self) -> dict[str, str]:
        """The header that carries the token."""
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}

    @classmethod
    def find(cls, url: str | None, token: str | None, *, own_transport: bool) -> "Target":
        """The arguments, else the environment; raises ConfigurationError without an address.

        With a transport of the caller neither is needed, and the environment is not asked.
        """
        if own_transport:
            return cls(api=_api_of(url or _NOWHERE), token=token)
        url = url or os.environ.get(URL)
        if not url:
            raise ConfigurationError(f"Say where the service is: Client(url), or {URL}=http://host:8765.")
        return cls(api=_api_of(url), token=token or _token_from_environment())


def _token_from_environment() -> str | None:
    token, place = os.environ.get(TOKEN), os.environ.get(TOKEN_FILE)
    if token or not place:
        return token or None
    try:
        return Path(place).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"{TOKEN_FILE} cannot be read: {error}") from error


def _api_of(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ConfigurationError(f"{url!r} is no address: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ConfigurationError(f"{url!r} is no address that begins with http:// or https://.")
    return url.rstrip("/").removesuffix(API) + API
