"""Serve cameras and photos on two unix sockets until a signal arrives."""

import asyncio
import logging
import signal
from contextlib import suppress
from pathlib import Path

import structlog
from websockets.asyncio.server import unix_serve

from core.database import Database
from core.logs import set_up_logs
from core.settings import Settings
from models import ServicePart
from workers.heart import BEAT_SECONDS, Heart
from workers.live.cameras import CameraServer
from workers.live.photos import Photos
from workers.processes import die_with_parent, end_fast

log = structlog.get_logger()

#: A longer message closes the connection before it is read; a frame may have a quarter of this.
_LARGEST_MESSAGE = 1 << 20


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Answer cameras and photos until `stop`."""
    cameras, photos = CameraServer(settings), Photos(settings)
    for path in (settings.camera_socket, settings.photo_socket):
        _prepare_path(path)
    camera_socket = unix_serve(
        cameras.serve,
        settings.camera_socket,
        max_size=_LARGEST_MESSAGE,
        # JPEG does not get smaller.
        compression=None,
        server_header=None,
    )
    async with camera_socket, await asyncio.start_unix_server(photos.serve, settings.photo_socket):
        for path in (settings.camera_socket, settings.photo_socket):
            path.chmod(0o600)
        log.info("live_ready")
        warming = asyncio.create_task(photos.warm())
        detecting = asyncio.create_task(cameras.run())
        beating = asyncio.create_task(_beat(settings))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((detecting, stopping), return_when=asyncio.FIRST_COMPLETED)
        if detecting.done():
            # Raise the error that ended it; the launcher restarts the process.
            detecting.result()
        for task in (detecting, warming, beating):
            task.cancel()
        await asyncio.gather(beating, return_exceptions=True)
    cameras.close()
    photos.close()


async def _beat(settings: Settings) -> None:
    """Write signs of life for as long as the event loop turns."""
    db = Database(settings.sql_url)
    heart = Heart(db, ServicePart.LIVE)
    try:
        while True:
            await asyncio.to_thread(heart.beat)
            await asyncio.sleep(BEAT_SECONDS)
    finally:
        heart.stop()
        db.dispose()


def _prepare_path(path: Path) -> None:
    """Create the socket's folder and remove the socket of a killed process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        path.unlink()


async def _serve_until_signal(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(settings, stop)


def main() -> None:
    """Serve with the settings of the environment."""
    settings = Settings.from_env()
    set_up_logs(settings)
    # It logs every connection, and so do we.
    logging.getLogger("websockets").setLevel(logging.WARNING)
    asyncio.run(_serve_until_signal(settings))


if __name__ == "__main__":
    # The launcher's child; `maskloop live` may outlive the shell that started it.
    die_with_parent()
    end_fast()
    main()
