"""The client on an app in this process."""

from collections.abc import Iterator

import httpx
import pytest
from flask import Flask

from core.accounts import ensure_owner
from core.api_tokens import add_token
from core.database import Database
from maskloop_client import AsyncClient, Client, Retries
from models import Scope


@pytest.fixture
def token(database: Database) -> str:
    """A token that may do everything."""
    with database.write() as rows:
        return add_token(rows, ensure_owner(rows), name="client", scopes=[Scope.ADMIN], days=1)[1]


@pytest.fixture
def transport(app: Flask) -> httpx.WSGITransport:
    """Requests go to the app."""
    return httpx.WSGITransport(app=app)


@pytest.fixture
def client(transport: httpx.WSGITransport, token: str) -> Iterator[Client]:
    with Client(token=token, transport=transport) as made:
        yield made


class AsyncWsgi(httpx.AsyncBaseTransport):
    """Requests of the asynchronous client go to the app too."""

    def __init__(self, transport: httpx.WSGITransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, read to its end."""
        body = await request.aread()
        answer = self._transport.handle_request(
            httpx.Request(request.method, request.url, headers=request.headers, content=body)
        )
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.read())


@pytest.fixture
def async_client(transport: httpx.WSGITransport, token: str) -> AsyncClient:
    return AsyncClient(token=token, transport=AsyncWsgi(transport))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Script(httpx.BaseTransport):
    """Answers or breaks as it is told, one request after the other; the last entry stays."""

    def __init__(self, *entries: httpx.Response | httpx.TransportError) -> None:
        self.entries = list(entries)
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The next entry."""
        self.requests.append(request)
        entry = self.entries.pop(0) if len(self.entries) > 1 else self.entries[0]
        if isinstance(entry, httpx.TransportError):
            raise entry
        return entry

    def client(self, **given: Retries) -> Client:
        """A client that it answers."""
        return Client(token="t", transport=self, **given)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between requests, which take no time."""
    taken: list[float] = []
    monkeypatch.setattr("maskloop_client._sync.sender.pause", taken.append)
    return taken
