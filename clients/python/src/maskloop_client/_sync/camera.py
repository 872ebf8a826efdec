# Made of `_async/camera.py` by `generate_sync.py`: change that file, not this one.
"""A camera: frames are sent one after the other, and the faces in each come back."""

import json
from types import TracebackType
from typing import Any, Self

from maskloop_client._sync.group import Group
from maskloop_client._sync.sender import Sender
from maskloop_client._sync.waiting import pause
from maskloop_client.errors import ApiError, ConfigurationError, ConnectionFailed
from maskloop_client.models import CameraState
from maskloop_client.seen_frame import SeenFrame

_STATE = "/camera"
#: Bytes of the number before a frame.
_NUMBER_BYTES = 4


class Camera(Group):
    """Faces in the frames of a camera, followed from frame to frame; no frame is stored."""

    def state(self) -> CameraState:
        """How many cameras are open; ApiError where no further one can be opened, with the reason."""
        return self._sender.read(CameraState, _STATE)

    def connect(self) -> "CameraConnection":
        """A camera, which is open in a `with` block.

        Needs the extra `camera`, and a service that is reached over the network.
        """
        return CameraConnection(self._sender)


class CameraConnection:
    """A camera that is open in a `with` block; ApiError where it cannot be opened."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        #: Their types are known only where websockets is installed.
        self._opening: Any = None
        self._socket: Any = None
        self._number = 0
        self._pause = 0.0

    def look(self, jpeg: bytes) -> SeenFrame:
        """The faces in a frame, a JPEG of at most 640 pixels a side and 256 KB.

        It waits for the turn of the camera, which the service gives. Raises ApiError for a frame that is
        refused; the camera stays open.
        """
        from websockets.exceptions import ConnectionClosed

        pause(self._pause)
        self._number += 1
        try:
            self._socket.send(self._number.to_bytes(_NUMBER_BYTES, "big") + jpeg)
            answer = json.loads(self._socket.recv())
            while (answer["frame"] or self._number) < self._number:
                # Of a frame before, for which nobody waits any more.
                answer = json.loads(self._socket.recv())
        except ConnectionClosed as error:
            raise ConnectionFailed(f"The camera is closed: {error}") from error
        self._pause = answer["pause"]
        if "error" in answer:
            problem = answer["error"]
            raise ApiError(status=400, code=problem["code"], detail=problem["message"])
        return SeenFrame.model_validate(answer)

    def reset(self) -> None:
        """Forget all faces and counts."""
        self._socket.send("reset")

    def __enter__(self) -> Self:
        try:
            from websockets.exceptions import InvalidHandshake
            from websockets.sync.client import connect
        except ImportError as error:
            raise ConfigurationError(
                "A camera needs websockets: pip install 'maskloop-client[camera]'."
            ) from error
        # What a WebSocket cannot say: too many cameras, no live process, a token that may not.
        self._sender.read(CameraState, _STATE)
        target = self._sender.target
        address = "ws" + target.api.removeprefix("http") + "/camera/connection"
        self._opening = connect(address, additional_headers=target.headers, compression=None)
        try:
            self._socket = self._opening.__enter__()
        except (OSError, InvalidHandshake) as error:
            raise ConnectionFailed(f"{address}: {error}") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opening.__exit__(kind, error, trace)
