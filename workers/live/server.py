"""The live process: two unix sockets, one for cameras and one for photos, until a signal ends it."""

import asyncio
import logging
import signal
from contextlib import suppress
from pathlib import Path

import structlog
from websockets.asyncio.server import unix_serve

from core.logs import set_up_logs
from core.settings import Settings
from workers.live.cameras import Turns
from workers.live.photos import Photos
from workers.processes import die_with_parent

log = structlog.get_logger()

#: A message beyond this ends the connection before it is read; a frame may have a quarter of it.
_LARGEST_MESSAGE = 1 << 20


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Answer cameras and photos until `stop`."""
    turns, photos = Turns(settings), Photos(settings)
    for path in (settings.camera_socket, settings.photo_socket):
        _make_room(path)
    cameras = unix_serve(
        turns.serve,
        settings.camera_socket,
        max_size=_LARGEST_MESSAGE,
        # JPEG does not get smaller.
        compression=None,
        server_header=None,
    )
    async with cameras, await asyncio.start_unix_server(photos.serve, settings.photo_socket):
        for path in (settings.camera_socket, settings.photo_socket):
            path.chmod(0o600)
        log.info("live_ready")
        warming = asyncio.create_task(photos.warm())
        looking = asyncio.create_task(turns.run())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((looking, stopping), return_when=asyncio.FIRST_COMPLETED)
        if looking.done():
            # Whatever it died of must be seen; the launcher starts the process again.
            looking.result()
        looking.cancel()
        warming.cancel()
    turns.close()
    photos.close()


def _make_room(path: Path) -> None:
    """Its folder, and no socket that a killed process left."""
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
    # It tells of every connection, as we do.
    logging.getLogger("websockets").setLevel(logging.WARNING)
    asyncio.run(_serve_until_signal(settings))


if __name__ == "__main__":
    # The launcher's child; `maskloop live` may outlive the shell that started it.
    die_with_parent()
    main()
