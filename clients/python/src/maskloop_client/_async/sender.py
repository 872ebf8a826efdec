"""Send requests, again where that is right, and read the answers."""

import uuid
from collections.abc import Mapping
from itertools import count
from typing import Any, TypeVar

import httpx

from maskloop_client._async.waiting import pause
from maskloop_client.errors import ApiError, ConnectionFailed
from maskloop_client.models.base import Model
from maskloop_client.retries import Retries
from maskloop_client.settings import Target
from maskloop_client.version import VERSION

ModelT = TypeVar("ModelT", bound=Model)
#: Values of a query; None leaves a name out.
Query = Mapping[str, Any]
_REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
#: The header by which a request that is sent again is known.
KEY = "Idempotency-Key"


class AsyncSender:
    """A connection to one service with one token."""

    def __init__(
        self,
        target: Target,
        *,
        retries: Retries,
        timeout: float,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self._target, self._api = target, target.api
        self.retries = retries
        self._http = httpx.AsyncClient(
            headers=target.headers | {"User-Agent": f"maskloop-client/{VERSION}"},
            timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),
            transport=transport,
        )

    @property
    def target(self) -> Target:
        """Where the service is, and the token."""
        return self._target

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def read(self, answer: type[ModelT], path: str, query: Query | None = None) -> ModelT:
        """GET an object."""
        return answer.model_validate_json((await self.send("GET", path, query=query)).content)

    async def change(
        self, answer: type[ModelT], method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> ModelT:
        """Send a change; the answer is the changed object."""
        return answer.model_validate_json((await self.send(method, path, body=body)).content)

    async def create(
        self,
        answer: type[ModelT],
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
    ) -> ModelT:
        """POST with an idempotency key, a fresh one if none is given: sent again, it creates one object."""
        response = await self.send("POST", path, body=body, headers={KEY: key or str(uuid.uuid4())})
        return answer.model_validate_json(response.content)

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = False,
        stream: bool = False,
    ) -> httpx.Response:
        """Send a request until the service answers it; raises ApiError, ConnectionFailed.

        `repeatable` says that it does no harm to send it twice, as is so of every GET, HEAD, PUT, DELETE and
        of what has an idempotency key. `files` are those of a form, by field: name and bytes. A `stream` is
        to be read and closed by the caller.
        """
        request = self._http.build_request(
            method,
            self._api + path,
            params={name: value for name, value in (query or {}).items() if value is not None},
            json=body,
            content=content,
            files=files,
            headers=headers,
        )
        repeatable = repeatable or method in _REPEATABLE or KEY in request.headers
        response = await self._send_often(request, repeatable=repeatable, stream=stream)
        if response.is_error:
            await response.aread()
            raise ApiError.of(response)
        return response

    async def _send_often(self, request: httpx.Request, *, repeatable: bool, stream: bool) -> httpx.Response:
        for attempt in count(1):
            try:
                response = await self._http.send(request, stream=stream)
            except httpx.TransportError as error:
                seconds = self.retries.after_error(error, attempt, repeatable=repeatable)
                if seconds is None:
                    raise connection_failed(request, error) from error
            else:
                seconds = self.retries.after_answer(response, attempt, repeatable=repeatable)
                if seconds is None:
                    return response
                await response.aclose()
            await pause(seconds)
        raise AssertionError("the loop above ends by itself")


def connection_failed(request: httpx.Request, error: httpx.TransportError) -> ConnectionFailed:
    """The error of a request that has no answer."""
    address = request.url.copy_with(query=None)
    return ConnectionFailed(f"{request.method} {address}: {error or type(error).__name__}")
