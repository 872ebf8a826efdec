"""Single photos over a unix socket: the client sends a length, then the bytes, and gets JSON back."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import structlog

from core.detection.detector import DEFAULT_OPTIONS
from core.errors import InputError, MaskloopError, TransientError
from core.live.protocol import GO_ON, error_to_json
from core.samples.portrait import PORTRAIT_FILE
from core.settings import Settings
from workers.live.detection import ChampionDetector, detect_photo, name_error

log = structlog.get_logger()

#: Photos that may wait; more would wait longer than a person does.
_MOST_WAITING = 8


class Photos:
    """Answers one photo at a time, in its own thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._champion = ChampionDetector(settings, DEFAULT_OPTIONS)
        self._present = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="photo")

    async def warm(self) -> None:
        """Load the models with a sample photo; an error is ignored, since the next photo reports it."""
        detect = partial(
            detect_photo, self._champion, PORTRAIT_FILE.read_bytes(), max_bytes=2**20, max_pixels=2**20
        )
        with suppress(MaskloopError):
            await asyncio.get_running_loop().run_in_executor(self._thread, detect)

    def close(self) -> None:
        """Close the database."""
        self._champion.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one photo and close the connection."""
        self._present += 1
        try:
            writer.write((await self._answer(reader, writer)).encode())
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            log.info("photo_withdrawn")
        finally:
            self._present -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        try:
            data = await self._receive(reader, writer)
            loop = asyncio.get_running_loop()
            detect = partial(
                detect_photo,
                self._champion,
                data,
                max_bytes=self._settings.tried_bytes,
                max_pixels=self._settings.try_max_pixels,
            )
            answer = await loop.run_in_executor(self._thread, detect)
        except (ConnectionError, asyncio.IncompleteReadError):
            raise
        except Exception as error:
            return error_to_json(name_error(error))
        return answer.to_json()

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        size = int.from_bytes(await reader.readexactly(8), "big")
        if size > self._settings.tried_bytes:
            raise InputError(
                "photo_too_large_bytes",
                f"The file has {size:,} bytes; the limit is {self._settings.tried_bytes:,}.",
            )
        if self._present > _MOST_WAITING:
            raise TransientError("live_busy", "Too many photos are waiting. Try again in a moment.")
        writer.write(GO_ON)
        return await reader.readexactly(size)
