"""Files of the service, written to this machine; a cut connection goes on where it ended."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import httpx

from maskloop_client._async.sender import AsyncSender, Query, connection_failed
from maskloop_client._async.waiting import pause, run_blocking
from maskloop_client.file_places import place_of

#: What a download tells: bytes that have arrived, and all of them where the service says so.
Told = Callable[[int, int | None], object]


async def download(
    sender: AsyncSender,
    path: str,
    to: str | os.PathLike[str],
    *,
    name: str,
    query: Query | None = None,
    progress: Told | None = None,
) -> Path:
    """Write the answer to a file, or into a folder under the name that the service gives it, else `name`.

    The file appears once it is whole. Returns its path; raises ApiError, ConnectionFailed.
    """
    loading = _Loading(sender, path, query, progress)
    response = await loading.begin()
    target = place_of(Path(to), response, name)
    unfinished = target.with_name(f"{target.name}.part")
    try:
        with unfinished.open("wb") as file:
            while not await loading.take(response, file):
                response = await loading.begin()
        await run_blocking(unfinished.replace, target)
    finally:
        await response.aclose()
        unfinished.unlink(missing_ok=True)
    return target


class _Loading:
    """One download."""

    def __init__(self, sender: AsyncSender, path: str, query: Query | None, progress: Told | None) -> None:
        self._sender = sender
        self._path = path
        self._query = query
        self._progress = progress
        self._done = 0
        self._attempt = 0
        #: A strong tag: the bytes of another request are those of the same file.
        self._tag = ""

    async def begin(self) -> httpx.Response:
        """Ask for what is missing."""
        headers = {"Accept-Encoding": "identity"}
        if self._done and self._tag:
            headers |= {"Range": f"bytes={self._done}-", "If-Range": self._tag}
        return await self._sender.send("GET", self._path, query=self._query, headers=headers, stream=True)

    async def take(self, response: httpx.Response, file: BinaryIO) -> bool:
        """Write what arrives; False if the connection was cut, once it may go on."""
        if response.status_code != httpx.codes.PARTIAL_CONTENT:
            self._done = file.seek(0)
            file.truncate()
        tag = response.headers.get("ETag", "")
        self._tag = "" if tag.startswith("W/") else tag
        try:
            async for block in response.aiter_raw():
                await run_blocking(file.write, block)
                self._attempt = 0
                self._tell(response, len(block))
        except httpx.TransportError as error:
            self._attempt += 1
            seconds = self._sender.retries.pause_after(self._attempt)
            if seconds is None:
                raise connection_failed(response.request, error) from error
            await response.aclose()
            await pause(seconds)
            return False
        return True

    def _tell(self, response: httpx.Response, more: int) -> None:
        self._done += more
        if self._progress is not None:
            length = response.headers.get("Content-Length")
            total = None if length is None or self._tag == "" else int(length)
            self._progress(self._done, total)
