"""A camera: frames are sent one after the other, and the faces in each come back."""

import json
from types import TracebackType
from typing import Any, Self

from maskloop_client._async.group import AsyncGroup
from maskloop_client._async.sender import AsyncSender
from maskloop_client._async.waiting import pause
from maskloop_client.errors import ApiError, ConfigurationError, ConnectionFailed
from maskloop_client.models import CameraState
from maskloop_client.seen_frame import SeenFrame

_STATE = "/camera"
#: Bytes of the number before a frame.
_NUMBER_BYTES = 4


class AsyncCamera(AsyncGroup):
    """Faces in the frames of a camera, followed from frame to frame; no frame is stored."""

    async def state(self) -> CameraState:
        """How many cameras are open; ApiError where no further one can be opened, with the reason."""
        return await self._sender.read(CameraState, _STATE)

    def connect(self) -> "AsyncCameraConnection":
        """A camera, which is open in a `with` block.

        Needs the extra `camera`, and a service that is reached over the network.
        """
        return AsyncCameraConnection(self._sender)


class AsyncCameraConnection:
    """A camera that is open in a `with` block; ApiError where it cannot be opened."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender
        #: Their types are known only where websockets is installed.
        self._opening: Any = None
        self._socket: Any = None
        self._number = 0
        self._pause = 0.0

    async def look(self, jpeg: bytes) -> SeenFrame:
        """The faces in a frame, a JPEG of at most 640 pixels a side and 256 KB.

        It waits for the turn of the camera, which the service gives. Raises ApiError for a frame that is
        refused; the camera stays open.
        """
        from websockets.exceptions import ConnectionClosed

        await pause(self._pause)
        self._number += 1
        try:
            await self._socket.send(self._number.to_bytes(_NUMBER_BYTES, "big") + jpeg)
            answer = json.loads(await self._socket.recv())
            while (answer["frame"] or self._number) < self._number:
                # Of a frame before, for which nobody waits any more.
                answer = json.loads(await self._socket.recv())
        except ConnectionClosed as error:
            raise ConnectionFailed(f"The camera is closed: {error}") from error
        self._pause = answer["pause"]
        if "error" in answer:
            problem = answer["error"]
            raise ApiError(status=400, code=problem["code"], detail=problem["message"])
        return SeenFrame.model_validate(answer)

    async def reset(self) -> None:
        """Forget all faces and counts."""
        await self._socket.send("reset")

    async def __aenter__(self) -> Self:
        try:
            from websockets.asyncio.client import connect
            from websockets.exceptions import InvalidHandshake
        except ImportError as error:
            raise ConfigurationError(
                "A camera needs websockets: pip install 'maskloop-client[camera]'."
            ) from error
        # What a WebSocket cannot say: too many cameras, no live process, a token that may not.
        await self._sender.read(CameraState, _STATE)
        target = self._sender.target
        address = "ws" + target.api.removeprefix("http") + "/camera/connection"
        self._opening = connect(address, additional_headers=target.headers, compression=None)
        try:
            self._socket = await self._opening.__aenter__()
        except (OSError, InvalidHandshake) as error:
            raise ConnectionFailed(f"{address}: {error}") from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._opening.__aexit__(kind, error, trace)
