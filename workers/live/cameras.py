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
from workers.live.detection import ChampionDetector, Look, look_at_frame

log = structlog.get_logger()

#: Shortest time in seconds before a camera that cannot be served yet is checked again.
_LEAST_PAUSE = 0.01
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


class Turns:
    """All cameras that are connected; whoever waits longest is next, so all get the same rate."""

    def __init__(self, settings: Settings) -> None:
        self._champion = ChampionDetector(settings, FRAME_OPTIONS)
        self._cameras: deque[Camera] = deque()
        self._share = Share(settings.live_share, now=time.monotonic())
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="frames")

    async def serve(self, connection: ServerConnection) -> None:
        """Take a camera's frames until it leaves."""
        camera = Camera(connection)
        self._cameras.append(camera)
        log.info("camera_came", cameras=len(self._cameras))
        try:
            async for message in connection:
                error = camera.receive(message)
                if error is not None:
                    camera.refuse(error)
                self._arrived.set()
        except ConnectionClosed as closed:
            log.info("camera_cut", reason=str(closed))
        finally:
            self._cameras.remove(camera)
            log.info("camera_left", cameras=len(self._cameras))

    def close(self) -> None:
        """Let go of the database."""
        self._champion.close()

    async def run(self) -> None:
        """Look at one frame after the other for as long as the process lives."""
        while True:
            await self._arrived.wait()
            await asyncio.sleep(self._share.pause(time.monotonic()))
            camera = self._next()
            if camera is None:
                self._arrived.clear()
                self._look_again()
                continue
            await self._look(camera)

    async def _look(self, camera: Camera) -> None:
        frame = camera.take_frame()
        loop = asyncio.get_running_loop()
        look = await loop.run_in_executor(self._thread, look_at_frame, self._champion, frame, camera.tracker)
        now = time.monotonic()
        self._share.spend(processor=look.processor, duration=look.duration, now=now)
        camera.turn_at = self._share.reserve(last=camera.turn_at, now=now)
        camera.answer(frame, look, cameras=len(self._cameras))

    def _look_again(self) -> None:
        """Frames wait whose turn has not come, or whose camera does not read its answers."""
        turns = [camera.turn_at for camera in self._cameras if camera.is_waiting]
        if turns:
            pause = max(min(turns) - time.monotonic(), _LEAST_PAUSE)
            asyncio.get_running_loop().call_later(pause, self._arrived.set)

    def _next(self) -> Camera | None:
        """The camera that has waited longest for its turn; it goes to the end of the line."""
        now = time.monotonic()
        for camera in list(self._cameras):
            if camera.is_ready(now):
                self._cameras.remove(camera)
                self._cameras.append(camera)
                return camera
        return None
