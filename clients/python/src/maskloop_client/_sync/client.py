# Made of `_async/client.py` by `generate_sync.py`: change that file, not this one.
"""The client: one service, one token."""

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from maskloop_client._sync.camera import Camera
from maskloop_client._sync.datasets import Datasets
from maskloop_client._sync.decisions import Decisions
from maskloop_client._sync.detectors import Detectors
from maskloop_client._sync.duplicates import Duplicates
from maskloop_client._sync.job import Job
from maskloop_client._sync.jobs import Jobs
from maskloop_client._sync.people import People
from maskloop_client._sync.photos import Faces, Photos
from maskloop_client._sync.queues import Conflicts, Queues
from maskloop_client._sync.removals import Removals
from maskloop_client._sync.review import Review
from maskloop_client._sync.schedules import Schedules
from maskloop_client._sync.sender import KEY, Sender
from maskloop_client._sync.shares import Shares
from maskloop_client._sync.system import Service
from maskloop_client._sync.tokens import Tokens
from maskloop_client._sync.uploads import Uploads
from maskloop_client._sync.versions import Versions
from maskloop_client._sync.webhooks import Webhooks
from maskloop_client.picked_files import Paths
from maskloop_client.retries import Retries
from maskloop_client.settings import Target
from maskloop_client.tus import UploadProgress


class Client:
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
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        target = Target.find(url, token, own_transport=transport is not None)
        self._sender = Sender(target, retries=retries or Retries(), timeout=timeout, transport=transport)
        self.jobs = Jobs(self._sender)
        self.uploads = Uploads(self._sender)
        self.photos = Photos(self._sender)
        self.faces = Faces(self._sender)
        self.camera = Camera(self._sender)
        self.removals = Removals(self._sender)
        self.shares = Shares(self._sender)
        self.queues = Queues(self._sender)
        self.conflicts = Conflicts(self._sender)
        self.review = Review(self._sender)
        self.decisions = Decisions(self._sender)
        self.duplicates = Duplicates(self._sender)
        self.datasets = Datasets(self._sender)
        self.versions = Versions(self._sender)
        self.detectors = Detectors(self._sender)
        self.schedules = Schedules(self._sender)
        self.people = People(self._sender)
        self.tokens = Tokens(self._sender)
        self.webhooks = Webhooks(self._sender)
        self.system = Service(self._sender)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._sender.close()

    def request(
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
        return self._sender.send(method, path, query=query, body=body, headers=headers)

    def predict(
        self,
        paths: Paths | None = None,
        *,
        folder: str | None = None,
        upload_id: int | None = None,
        title: str = "",
        key: str | None = None,
        progress: Callable[[UploadProgress], object] | None = None,
        **options: Any,
    ) -> Job:
        """Find and label the faces of photos.

        `paths` are files, zips and folders of this machine, which are sent; `progress` is called meanwhile,
        and `upload_id` goes on with an upload of them. `folder` is a place on the server instead. Other
        options are those of the kind predict, such as `smallest_face=40`.
        """
        if paths is not None:
            upload_id = (self.uploads.send(paths, upload_id=upload_id, progress=progress)).id
        places = {"folder": folder, "upload_id": upload_id}
        given = {name: place for name, place in places.items() if place is not None} | options
        return self.jobs.create("predict", given, title=title, key=key)
