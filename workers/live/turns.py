"""Cameras take turns at one thread of detection, which keeps to its share of the machine."""

import asyncio
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import structlog
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from core.live.frame import FRAME_OPTIONS
from core.live.share import Share
from core.settings import Settings
from workers.live.camera import Camera
from workers.live.champion import ChampionDetector
from workers.live.look import look_at_frame

log = structlog.get_logger()

#: How soon at the earliest to look again after a camera that cannot be served yet.
_LEAST_PAUSE = 0.01


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
