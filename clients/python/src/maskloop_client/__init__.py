"""Drive a Maskloop service: `Client(url, token).predict(folder="/photos").wait().faces().to_pandas()`.

In reading order:

- `settings`, `retries`, `errors`: address and token, when a request is sent again, what may be raised
- `models`: what the service answers
- `_async`: the client; every operation is written there once
- `_sync`: the same without `async`, made of `_async` by `generate_sync.py` beside the package
- `tables`: rows as tables of pandas
"""

from maskloop_client._async.client import AsyncClient
from maskloop_client._async.job import AsyncJob
from maskloop_client._async.rows import AsyncRows
from maskloop_client._sync.client import Client
from maskloop_client._sync.job import Job
from maskloop_client._sync.rows import Rows
from maskloop_client.errors import (
    ApiError,
    ClientError,
    ConfigurationError,
    ConnectionFailed,
    JobFailed,
    UploadInterrupted,
    WaitTimeout,
)
from maskloop_client.retries import Retries
from maskloop_client.version import VERSION as __version__

__all__ = [
    "ApiError",
    "AsyncClient",
    "AsyncJob",
    "AsyncRows",
    "Client",
    "ClientError",
    "ConfigurationError",
    "ConnectionFailed",
    "Job",
    "JobFailed",
    "Retries",
    "Rows",
    "UploadInterrupted",
    "WaitTimeout",
    "__version__",
]
