"""The service that a command talks to: a remote one, or the data folder through the same client."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import PermanentError
from web.commands.exit_status import UNREACHABLE, ServiceError, status_of_answer
from web.commands.stored_token import find_token

if TYPE_CHECKING:
    from core.settings import Settings
    from maskloop_client import Client
    from maskloop_client.tus import SentUpload, UploadProgress

#: An object of the API as it was answered: commands print it as it is.
Answer = dict[str, Any]
#: Rows of a page; the longest that every list allows.
_PAGE_ROWS = 200


@dataclass(frozen=True, kw_only=True)
class Service:
    """A connection; every method raises ServiceError."""

    client: "Client"
    #: The settings of the data folder; None for a remote service.
    local: "Settings | None"
    #: The address of a remote service.
    url: str = ""

    def read(self, path: str, **query: Any) -> Answer:
        """The object at an address below /api/v1."""
        return self.send("GET", path, query=query)

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Answer | None = None,
        key: str | None = None,
    ) -> Answer:
        """The answer to a request, empty where it has no content; `key` is an idempotency key."""
        with translated_errors():
            response = self.client.request(method, path, query=query, body=body, key=key)
        answer: Answer = response.json() if response.content else {}
        return answer

    def create(self, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None) -> Answer:
        """What a request creates; a request that has to be sent again creates it once."""
        return self.send("POST", path, body, key=key or str(uuid.uuid4()))

    def create_job(self, kind: str, options: Answer, *, title: str = "", key: str | None = None) -> Answer:
        """A new job."""
        return self.create("/jobs", {"kind": kind, "options": options, "title": title}, key=key)

    def rows(self, path: str, name: str, **query: Any) -> Iterator[Answer]:
        """The rows of a list, read page by page as they are asked for."""
        cursor = None
        while True:
            page = self.read(path, **query, limit=_PAGE_ROWS, after=cursor)
            yield from page[name]
            cursor = page.get("next")
            if cursor is None:
                return

    def send_files(
        self,
        paths: Sequence[Path],
        *,
        upload_id: int | None,
        annotations: bool,
        progress: Callable[["UploadProgress"], object],
    ) -> "SentUpload":
        """Send files, folders and zips as one upload."""
        with translated_errors():
            return self.client.uploads.send(
                paths, upload_id=upload_id, annotations=annotations, progress=progress
            )

    def download(self, path: str, folder: Path, name: str) -> Path:
        """Write a file of the service into a folder; PermanentError file_not_written."""
        try:
            with translated_errors():
                from maskloop_client._sync.downloads import download

                return download(self.client._sender, path, folder / name, name=name)
        except OSError as error:
            message = f"{name} cannot be written to {folder}: {error.strerror}."
            raise PermanentError("file_not_written", message) from error

    def content(self, path: str, **query: Any) -> bytes:
        """The bytes of a small file."""
        with translated_errors():
            content: bytes = self.client.request("GET", path, query=query).content
        return content

    def first(self, path: str, name: str, most: int, **query: Any) -> list[Answer]:
        """The first rows of a list."""
        return list(islice(self.rows(path, name, **query), most))


@contextmanager
def open_service(
    url: str | None, *, prepares: bool = False, allowed_folder: str | None = None
) -> Iterator[Service]:
    """Connect to the service at an address; without one, work on the data folder of the environment.

    `prepares` sets a data folder up that is not; `allowed_folder` may be read besides the allowed roots:
    a command may read what its user may read.
    """
    if url:
        with translated_errors(), _remote(url) as client:
            yield Service(client=client, local=None, url=url.rstrip("/"))
        return
    from core.settings import Settings

    settings = Settings.from_env()
    if allowed_folder is not None:
        settings = settings.with_changes(allowed_roots=f"{settings.allowed_roots}:{allowed_folder}")
    with translated_errors(), _local(settings, prepares=prepares) as client:
        yield Service(client=client, local=settings)


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn errors of the client into errors of commands, each with its exit status."""
    from maskloop_client import ApiError, ClientError, ConfigurationError, ConnectionFailed
    from maskloop_client.errors import UploadInterrupted

    try:
        yield
    except ApiError as error:
        raise ServiceError(
            error.code, _hint(error.code, error.detail), status_of_answer(error.status)
        ) from error
    except UploadInterrupted as error:
        message = f"{error}. Go on with: maskloop photos ... --upload {error.upload_id}"
        raise ServiceError("upload_interrupted", message, UNREACHABLE) from error
    except ConnectionFailed as error:
        raise ServiceError("service_unreachable", f"{error}.", UNREACHABLE) from error
    except ConfigurationError as error:
        raise ServiceError("client_not_configured", str(error)) from error
    except ClientError as error:
        raise ServiceError("client_failed", str(error)) from error


def _hint(code: str, detail: str) -> str:
    if code in ("token_missing", "token_refused"):
        return f"{detail.rstrip('.')}. Set MASKLOOP_TOKEN, or keep a token with `maskloop login`."
    return detail


@contextmanager
def _remote(url: str) -> Iterator["Client"]:
    from maskloop_client import Client, Retries

    with Client(url, find_token(url), retries=Retries(attempts=5)) as client:
        yield client


@contextmanager
def _local(settings: "Settings", *, prepares: bool) -> Iterator["Client"]:
    import logging

    import httpx

    from core.logs import set_up_logs
    from maskloop_client import Client, Retries
    from web.local_app import ADDRESS, LocalApp
    from web.serve_command import require_database

    set_up_logs(settings, level=logging.ERROR)
    if prepares:
        _prepare(settings)
    else:
        require_database(settings)
    app = LocalApp(settings)
    transport = httpx.WSGITransport(app=app)
    try:
        with Client(ADDRESS, transport=transport, retries=Retries(attempts=3)) as client:
            yield client
    finally:
        app.database.dispose()


def _prepare(settings: "Settings") -> None:
    from rich.console import Console

    from workers.setup import prepare

    prepare(settings, say=Console(stderr=True).print)
