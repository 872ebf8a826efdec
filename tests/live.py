"""The live process on a scratch data folder, and a camera that sends what it is given."""

import asyncio
import json
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from websockets.asyncio.client import connect

from core.database import Database
from core.live.asking import Asker
from core.live.seats import Seats
from core.live.wire import Desk, all_channel, open_broker
from core.settings import Settings
from core.versions.files import keep_shipped, version_files
from core.versions.store import register_shipped
from models import Base
from web.camera.conversation import Conversation
from web.camera.websocket import BrowserSocket
from workers.start import start_command

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def live_process(settings: Settings, weights: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`maskloop live` as its own process; it ends with the block."""
    settings.data.mkdir(parents=True, exist_ok=True)
    if not settings.weights.exists():
        settings.weights.symlink_to(weights)
    _register_champion(settings)
    with started_live(settings) as process:
        yield process


@contextmanager
def started_live(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """One more on a folder that has a champion."""
    before = count_live(settings)
    process = subprocess.Popen(start_command("workers.live.server"), env=settings.to_child_env())
    try:
        wait_for_live(settings, processes=before + 1)
        yield process
    finally:
        process.terminate()
        process.wait(10)


def _register_champion(settings: Settings) -> None:
    database = Database(settings.sql_url)
    Base.metadata.create_all(database.engine)
    shipped = keep_shipped(version_files(settings))
    with database.write() as session:
        register_shipped(session, shipped)
    database.dispose()


def wait_for_live(settings: Settings, *, processes: int = 1) -> None:
    """Until so many processes take frames and photos."""
    deadline = time.monotonic() + 20
    while count_live(settings) < processes:
        assert time.monotonic() < deadline, "the live process did not start"
        time.sleep(0.05)


def count_live(settings: Settings) -> int:
    """Processes that take both."""
    with open_broker(settings) as broker:
        counts = broker.pubsub_numsub(*(all_channel(broker, desk) for desk in Desk))
    return min(readers for _, readers in counts)


def portrait_frame(*, left: int = 200, side: int = 220) -> bytes:
    """A JPEG of 640 x 480 pixels with one bare face in it."""
    frame = Image.new("RGB", (640, 480), (90, 110, 120))
    portrait = Image.open(ROOT / "core" / "samples" / "astronaut.jpg").convert("RGB").resize((side, side))
    frame.paste(portrait, (left, 100))
    jpeg = BytesIO()
    frame.save(jpeg, "JPEG", quality=85)
    return jpeg.getvalue()


def message(number: int, jpeg: bytes) -> bytes:
    """A frame as the browser sends it."""
    return number.to_bytes(4, "big") + jpeg


class TestCamera:
    """A camera that sends frames as the page does."""

    __test__ = False

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def ask(self, number: int, jpeg: bytes) -> dict[str, Any]:
        """Send one frame and wait for the answer."""
        await self.connection.send(message(number, jpeg))
        return await self.answer()

    async def answer(self) -> dict[str, Any]:
        """The next answer."""
        return json.loads(await asyncio.wait_for(self.connection.recv(), 10))

    async def run(self, jpeg: bytes, seconds: float) -> list[dict[str, Any]]:
        """Send frames as the page does, each when its turn has come; all answers."""
        answers, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            sent = time.monotonic()
            answers.append(await self.ask(len(answers), jpeg) | {"delay": time.monotonic() - sent})
            await asyncio.sleep(answers[-1]["pause"])
        return answers


@asynccontextmanager
async def camera_of(settings: Settings) -> AsyncIterator[Any]:
    """A connection as a browser has it, served as the web server serves it."""
    browser, server = socket.socketpair()
    thread = threading.Thread(target=serve_camera, args=(settings, server), daemon=True)
    thread.start()
    async with connect("ws://live/", sock=browser, compression=None) as connection:
        yield connection
    await asyncio.to_thread(thread.join, 10)


def serve_camera(settings: Settings, server: socket.socket) -> None:
    """Serve one camera whose handshake is still to come."""
    opening = b""
    while not opening.endswith(b"\r\n\r\n"):
        opening += server.recv(4096)
    seat = Seats(settings).take("cameras", most=32)
    assert seat is not None
    with server, seat, Asker(settings) as asker, suppress(OSError):
        Conversation(BrowserSocket(server, opening), asker, seat, may_go_on=lambda: True).run()
