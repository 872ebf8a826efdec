"""Clients of the packages of object stores: one try for each call, bounds of time, and missing buckets.

`calls` tries again, for every kind of store alike; what the packages would do by themselves takes minutes.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any

import fsspec

from core.errors import PermanentError
from core.storage.address import PACKAGES, StoreAddress

#: Seconds to connect, and to wait for the next bytes of an answer.
CONNECT_SECONDS, READ_SECONDS = 5, 20
#: Large files travel in parts of this size, so many at a time: that bounds the memory.
PART_BYTES, _PARTS_AT_ONCE = 8 << 20, 4
S3_CONFIG = {
    "connect_timeout": CONNECT_SECONDS,
    "read_timeout": READ_SECONDS,
    # Else links are signed by version 2 in old regions, which many stores and encrypted buckets refuse.
    "signature_version": "s3v4",
    "retries": {"total_max_attempts": 1, "mode": "standard"},
}
#: A bucket that was there is not asked for again within so many seconds.
_SEEN_SECONDS = 60.0
_seen: dict[tuple[str, str], float] = {}


class Refused(Exception):
    """An answer 400 of Google's service, which gcsfs tells by a ValueError."""

    status_code = 400


def open_client(address: StoreAddress, endpoint: str) -> Any:
    """The file system of fsspec for an address, one for each process; storage_package_missing without it."""
    package, extra = PACKAGES[address.protocol]
    try:
        return _OPEN[address.protocol](endpoint)
    except ImportError as error:
        raise PermanentError(
            "storage_package_missing", f"{address} needs {package}: install maskloop[{extra}]."
        ) from error


def require_bucket(files: Any, address: StoreAddress, endpoint: str) -> None:
    """Raise PermanentError storage_bucket_missing: without it, every object looks as if it were deleted.

    S3 says so by itself. Where the bucket may not be looked at, it is taken to be there.
    """
    place = (endpoint, f"{address.protocol}://{address.bucket}")
    if address.protocol == "s3" or time.monotonic() - _seen.get(place, float("-inf")) < _SEEN_SECONDS:
        return
    try:
        with suppress(PermissionError):
            _LOOK[address.protocol](files, address.bucket)
    except FileNotFoundError as error:
        raise bucket_missing(address) from error
    _seen[place] = time.monotonic()


def bucket_missing(place: object) -> PermanentError:
    """The error of a bucket that does not exist."""
    return PermanentError(
        "storage_bucket_missing", f"The bucket of {place} does not exist. Create it, then try again."
    )


def _open_s3(endpoint: str) -> Any:
    options: dict[str, Any] = {"endpoint_url": endpoint} if endpoint else {}
    files = fsspec.filesystem(
        "s3",
        use_listings_cache=False,
        config_kwargs=S3_CONFIG,
        default_cache_type="none",
        default_block_size=PART_BYTES,
        max_concurrency=_PARTS_AT_ONCE,
        **options,
    )
    files.retries = 1
    # It tells at each start where it found credentials.
    logging.getLogger("aiobotocore.credentials").setLevel(logging.WARNING)
    return files


def _open_azure(_endpoint: str) -> Any:
    """The address of a service that is not Microsoft's stands in AZURE_STORAGE_CONNECTION_STRING."""
    files = fsspec.filesystem(
        "az", use_listings_cache=False, connection_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS
    )
    for policy in files.service_client._pipeline._impl_policies:
        if hasattr(policy, "total_retries"):
            policy.total_retries = 0
    return files


def _open_google(endpoint: str) -> Any:
    from aiohttp import ClientTimeout

    options: dict[str, Any] = {"endpoint_url": endpoint} if endpoint else {}
    if endpoint:
        # As Google's own packages do for an emulator.
        options["token"] = "anon"  # noqa: S105
    return _google_class()(
        use_listings_cache=False,
        requests_timeout=ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS),
        **options,
    )


@cache
def _google_class() -> Any:
    """gcsfs without its further tries, its questions for hierarchical buckets and its words for errors."""
    usual = import_module("gcsfs.core").GCSFileSystem
    own = {name: _named(getattr(usual, name).__wrapped__) for name in ("_request", "_get_file_request")}
    return type("OneTryGoogle", (usual,), own)


def _named(request: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The request with types of errors that say what an answer was."""

    async def named(*args: Any, **kwargs: Any) -> Any:
        try:
            return await request(*args, **kwargs)
        except ValueError as error:
            raise Refused(str(error)) from error
        except OSError as error:
            if type(error) is OSError and error.errno is None:
                # Its only one: an answer 403.
                raise PermissionError(*error.args) from error
            raise

    return named


def _look_azure(files: Any, bucket: str) -> None:
    files.info(bucket)


def _look_google(files: Any, bucket: str) -> None:
    files.call("GET", "b/{}/o", bucket, maxResults=1, json_out=True)


_OPEN = {"s3": _open_s3, "az": _open_azure, "gs": _open_google}
_LOOK = {"az": _look_azure, "gs": _look_google}
