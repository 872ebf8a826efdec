"""One camera that is connected: the frame that waits for its turn, and the answers to it."""

import asyncio
import json
import time
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from core.errors import InputError, MaskloopError
from core.live.frame import Frame, read_frame
from core.live.tracking import Track, Tracker
from workers.live.look import Look

#: Connections do not take equally long: a frame may come this much before its turn.
_EARLY_SECONDS = 0.02


class Camera:
    """At most one frame waits: a newer one takes its place. At most one answer is on its way."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self.tracker = Tracker()
        self._frame: Frame | None = None
        self._dropped = 0
        #: Time of its turn; a frame that comes before waits, or is dropped for a newer one.
        self.turn_at = 0.0
        self._sending: asyncio.Task[None] | None = None

    @property
    def is_waiting(self) -> bool:
        """True when a frame waits for its turn."""
        return self._frame is not None

    def is_ready(self, now: float) -> bool:
        """True when it is a waiting frame's turn and its answer could be sent.

        Who does not read answers gets no more work done, and who does not keep to the turns gets no more.
        """
        return self.is_waiting and now >= self.turn_at - _EARLY_SECONDS and not self._is_sending

    @property
    def _is_sending(self) -> bool:
        return self._sending is not None and not self._sending.done()

    def receive(self, message: str | bytes) -> InputError | None:
        """Take a frame, or the word `reset`; what is wrong with a frame that is refused at the door."""
        if isinstance(message, str):
            if message == "reset":
                self.tracker = Tracker()
            return None
        try:
            frame = read_frame(message)
        except InputError as error:
            return error
        self._dropped += self._frame is not None
        self._frame = frame
        return None

    def take_frame(self) -> Frame:
        """The waiting frame; only when the camera is ready."""
        frame, self._frame = self._frame, None
        assert frame is not None
        return frame

    def answer(self, frame: Frame, look: Look, *, cameras: int) -> None:
        """Send what the frame showed."""
        seen = look.seen
        if isinstance(seen, MaskloopError):
            self.refuse(seen, number=frame.number)
            return
        self._send(
            {
                "frame": frame.number,
                "width": seen.width,
                "height": seen.height,
                "faces": [_face(track) for track in seen.faces],
                "counts": seen.counts,
                "dropped": self._dropped,
                "cameras": cameras,
                "pause": self._pause,
                "took": round(look.duration, 4),
            }
        )

    def refuse(self, error: MaskloopError, *, number: int | None = None) -> None:
        """Say why a frame was not looked at; not more often than the camera reads."""
        if not self._is_sending:
            said = {"code": error.code, "message": error.message}
            self._send({"frame": number, "error": said, "pause": self._pause})

    @property
    def _pause(self) -> float:
        """Seconds until the next frame is welcome."""
        return round(max(0.0, self.turn_at - time.monotonic()), 4)

    def _send(self, answer: dict[str, Any]) -> None:
        self._sending = asyncio.create_task(self._deliver(json.dumps(answer)))

    async def _deliver(self, text: str) -> None:
        try:
            await self._connection.send(text)
        except ConnectionClosed:
            # Its handler notices as well and takes the camera out.
            return


def _face(track: Track) -> dict[str, Any]:
    box = track.box
    return {
        "track": track.number,
        "box": [round(side, 1) for side in (box.x1, box.y1, box.x2, box.y2)],
        "label": track.label,
        "confidence": round(track.confidence, 3),
    }
