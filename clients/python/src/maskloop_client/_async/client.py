"""The client: one service, one token."""

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from maskloop_client._async.camera import AsyncCamera
from maskloop_client._async.datasets import AsyncDatasets
from maskloop_client._async.decisions import AsyncDecisions
from maskloop_client._async.detectors import AsyncDetectors
from maskloop_client._async.duplicates import AsyncDuplicates
from maskloop_client._async.job import AsyncJob
from maskloop_client._async.jobs import AsyncJobs
from maskloop_client._async.people import AsyncPeople
from maskloop_client._async.photos import AsyncFaces, AsyncPhotos
from maskloop_client._async.queues import AsyncConflicts, AsyncQueues
from maskloop_client._async.removals import AsyncRemovals
from maskloop_client._async.review import AsyncReview
from maskloop_client._async.schedules import AsyncSchedules
from maskloop_client._async.sender import KEY, AsyncSender
from maskloop_client._async.shares import AsyncShares
from maskloop_client._async.system import AsyncService
from maskloop_client._async.tokens import AsyncTokens
from maskloop_client._async.uploads import AsyncUploads
from maskloop_client._async.versions import AsyncVersions
from maskloop_client._async.webhooks import AsyncWebhooks
from maskloop_client.picked_files import Paths
from maskloop_client.retries import Retries
from maskloop_client.settings import Target
from maskloop_client.tus import UploadProgress


class AsyncClient:
    """Calls a Maskloop service; use it in a `with` block, or close it.

    `url` and `token` are taken from MASKLOOP_URL and MASKLOOP_TOKEN where they are not given. `timeout` is
    for each answer, in seconds. A `transport` of httpx answers the requests in place of the network.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout: float = 30.0,
        retries: Retries | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        target = Target.find(url, token, own_transport=transport is not None)
        self._sender = AsyncSender(target, retries=retries or Retries(), timeout=timeout, transport=transport)
        self.jobs = AsyncJobs(self._sender)
        self.uploads = AsyncUploads(self._sender)
        self.photos = AsyncPhotos(self._sender)
        self.faces = AsyncFaces(self._sender)
        self.camera = AsyncCamera(self._sender)
        self.removals = AsyncRemovals(self._sender)
        self.shares = AsyncShares(self._sender)
        self.queues = AsyncQueues(self._sender)
        self.conflicts = AsyncConflicts(self._sender)
        self.review = AsyncReview(self._sender)
        self.decisions = AsyncDecisions(self._sender)
        self.duplicates = AsyncDuplicates(self._sender)
        self.datasets = AsyncDatasets(self._sender)
        self.versions = AsyncVersions(self._sender)
        self.detectors = AsyncDetectors(self._sender)
        self.schedules = AsyncSchedules(self._sender)
        self.people = AsyncPeople(self._sender)
        self.tokens = AsyncTokens(self._sender)
        self.webhooks = AsyncWebhooks(self._sender)
        self.system = AsyncService(self._sender)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._sender.close()

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> httpx.Response:
        """Send a request of your own to an address below /api/v1, such as `/jobs`.

        Retries and errors are those of every operation; names of the query whose value is None are left out.
        `key` is an idempotency key.
        """
        headers = None if key is None else {KEY: key}
        return await self._sender.send(method, path, query=query, body=body, headers=headers)

    async def predict(
        self,
        paths: Paths | None = None,
        *,
        folder: str | None = None,
        upload_id: int | None = None,
        title: str = "",
        key: str | None = None,
        progress: Callable[[UploadProgress], object] | None = None,
        **options: Any,
    ) -> AsyncJob:
        """Find and label the faces of photos.

        `paths` are files, zips and folders of this machine, which are sent; `progress` is called meanwhile,
        and `upload_id` goes on with an upload of them. `folder` is a place on the server instead. Other
        options are those of the kind predict, such as `smallest_face=40`.
        """
        if paths is not None:
            upload_id = (await self.uploads.send(paths, upload_id=upload_id, progress=progress)).id
        places = {"folder": folder, "upload_id": upload_id}
        given = {name: place for name, place in places.items() if place is not None} | options
        return await self.jobs.create("predict", given, title=title, key=key)
