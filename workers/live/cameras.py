"""Connected cameras take turns on one detection thread, which stays within its share of the CPU."""

import asyncio
import json
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from core.errors import InputError, MaskloopError
from core.live.frame import FRAME_OPTIONS, Frame, read_frame
from core.live.share import Share
from core.live.tracking import Track, Tracker
from core.settings import Settings
from workers.live.detection import ChampionDetector, FrameResult, detect_frame

log = structlog.get_logger()

#: Shortest time in seconds before a camera that cannot be served yet is checked again.
_LEAST_PAUSE = 0.01
#: A frame may arrive this much before its turn, since network delays vary.
_EARLY_SECONDS = 0.02


class Camera:
    """One connected camera. At most one frame waits; a newer frame replaces it."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self.tracker = Tracker()
        self._frame: Frame | None = None
        self._dropped = 0
        #: Time of its next turn; an earlier frame waits, or is dropped for a newer one.
        self.turn_at = 0.0
        self._sending: asyncio.Task[None] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether a frame waits for its turn."""
        return self._frame is not None

    def is_ready(self, now: float) -> bool:
        """Whether a frame waits, its turn has come, and the last answer was sent.

        So a client that does not read its answers, or sends too fast, gains nothing.
        """
        return self.is_waiting and now >= self.turn_at - _EARLY_SECONDS and not self._is_sending

    @property
    def _is_sending(self) -> bool:
        return self._sending is not None and not self._sending.done()

    def receive(self, message: str | bytes) -> InputError | None:
        """Accept a frame or the text `reset`; returns the error of a malformed frame."""
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
        """Take the waiting frame; call it only when the camera is ready."""
        frame, self._frame = self._frame, None
        assert frame is not None
        return frame

    def answer(self, frame: Frame, result: FrameResult, *, cameras: int) -> None:
        """Send the result of a frame."""
        found = result.found
        if isinstance(found, MaskloopError):
            self.refuse(found, number=frame.number)
            return
        self._send(
            {
                "frame": frame.number,
                "width": found.width,
                "height": found.height,
                "faces": [_face(track) for track in found.faces],
                "counts": found.counts,
                "dropped": self._dropped,
                "cameras": cameras,
                "pause": self._pause,
                "took": round(result.duration, 4),
            }
        )

    def refuse(self, error: MaskloopError, *, number: int | None = None) -> None:
        """Send why a frame was refused, unless an answer is still being sent."""
        if not self._is_sending:
            body = {"code": error.code, "message": error.message}
            self._send({"frame": number, "error": body, "pause": self._pause})

    @property
    def _pause(self) -> float:
        """Seconds until the client should send the next frame."""
        return round(max(0.0, self.turn_at - time.monotonic()), 4)

    def _send(self, answer: dict[str, Any]) -> None:
        self._sending = asyncio.create_task(self._deliver(json.dumps(answer)))

    async def _deliver(self, text: str) -> None:
        try:
            await self._connection.send(text)
        except ConnectionClosed:
            # The connection's handler removes the camera.
            return


def _face(track: Track) -> dict[str, Any]:
    box = track.box
    return {
        "track": track.number,
        "box": [round(side, 1) for side in (box.x1, box.y1, box.x2, box.y2)],
        "label": track.label,
        "confidence": round(track.confidence, 3),
    }


class CameraServer:
    """All connected cameras; the one that waits longest is next, so all get the same rate."""

    def __init__(self, settings: Settings) -> None:
        self._champion = ChampionDetector(settings, FRAME_OPTIONS)
        self._cameras: deque[Camera] = deque()
        self._share = Share(settings.live_share, now=time.monotonic())
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="frames")

    async def serve(self, connection: ServerConnection) -> None:
        """Receive the frames of one camera until it disconnects."""
        camera = Camera(connection)
        self._cameras.append(camera)
        log.info("camera_connected", cameras=len(self._cameras))
        try:
            async for message in connection:
                error = camera.receive(message)
                if error is not None:
                    camera.refuse(error)
                self._arrived.set()
        except ConnectionClosed as closed:
            log.info("camera_connection_lost", reason=str(closed))
        finally:
            self._cameras.remove(camera)
            log.info("camera_disconnected", cameras=len(self._cameras))

    def close(self) -> None:
        """Close the database."""
        self._champion.close()

    async def run(self) -> None:
        """Detect faces in one frame after the other, until cancelled."""
        while True:
            await self._arrived.wait()
            await asyncio.sleep(self._share.pause(time.monotonic()))
            camera = self._next()
            if camera is None:
                self._arrived.clear()
                self._schedule_retry()
                continue
            await self._detect(camera)

    async def _detect(self, camera: Camera) -> None:
        frame = camera.take_frame()
        loop = asyncio.get_running_loop()
        result = await loop.run_in_executor(self._thread, detect_frame, self._champion, frame, camera.tracker)
        now = time.monotonic()
        self._share.spend(processor=result.processor, duration=result.duration, now=now)
        camera.turn_at = self._share.reserve(last=camera.turn_at, now=now)
        camera.answer(frame, result, cameras=len(self._cameras))

    def _schedule_retry(self) -> None:
        """Wake up again for frames whose turn has not come or whose last answer is still being sent."""
        turns = [camera.turn_at for camera in self._cameras if camera.is_waiting]
        if turns:
            pause = max(min(turns) - time.monotonic(), _LEAST_PAUSE)
            asyncio.get_running_loop().call_later(pause, self._arrived.set)

    def _next(self) -> Camera | None:
        """The ready camera that has waited longest; it moves to the end of the queue."""
        now = time.monotonic()
        for camera in list(self._cameras):
            if camera.is_ready(now):
                self._cameras.remove(camera)
                self._cameras.append(camera)
                return camera
        return None
