"""The live process on a scratch data folder, and a camera that sends what it is given."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from websockets.asyncio.client import unix_connect

from core.database import Database
from core.errors import TransientError
from core.live.protocol import connect
from core.settings import Settings
from core.versions.files import keep_shipped, version_files
from core.versions.store import register_shipped
from models import Base

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def live_process(settings: Settings, weights: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`maskloop live` as its own process; it ends with the block."""
    settings.data.mkdir(parents=True, exist_ok=True)
    if not settings.weights.exists():
        settings.weights.symlink_to(weights)
    _register_champion(settings)
    process = subprocess.Popen([sys.executable, "-m", "workers.live.server"], env=settings.to_child_env())
    try:
        wait_for_live(settings)
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


def wait_for_live(settings: Settings) -> None:
    """Until it takes cameras."""
    deadline = time.monotonic() + 20
    while True:
        try:
            connect(settings.camera_socket).close()
            connect(settings.photo_socket).close()
            return
        except TransientError:
            assert time.monotonic() < deadline, "the live process did not start"
            time.sleep(0.05)


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
    """A camera that is connected straight to the live process."""

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


def camera_of(settings: Settings) -> Any:
    """An asynchronous context of a connection to the live process."""
    return unix_connect(str(settings.camera_socket), "ws://live/", compression=None)
