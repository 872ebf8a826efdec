"""Single photos, one after the other on one thread."""

import threading
from contextlib import suppress
from typing import Any

from core.detection.detector import DEFAULT_OPTIONS
from core.errors import MaskloopError
from core.live.wire import Desk, error_fields
from core.samples.portrait import PORTRAIT_FILE
from core.settings import Settings
from workers.live.desk import WorkDesk
from workers.live.detection import ChampionDetector, detect_photo, name_error


class Photos:
    """Answers photos, beside the frames of cameras."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.desk = WorkDesk(settings, Desk.PHOTOS, max_bytes=settings.tried_bytes)
        self._champion = ChampionDetector(settings, DEFAULT_OPTIONS)

    def run(self, stop: threading.Event) -> None:
        """Answer until `stop`."""
        self.warm()
        while not stop.is_set():
            question = self.desk.take()
            if question is not None:
                self.desk.answer(question, self._look(question.data))
        self.close()

    def close(self) -> None:
        """Take no more photos."""
        self.desk.close()
        self._champion.close()

    def warm(self) -> None:
        """Load the models with a sample photo; an error is ignored, since the next photo reports it."""
        with suppress(MaskloopError):
            detect_photo(self._champion, PORTRAIT_FILE.read_bytes(), max_bytes=2**20, max_pixels=2**20)

    def _look(self, data: bytes) -> dict[str, Any]:
        try:
            answer = detect_photo(
                self._champion,
                data,
                max_bytes=self._settings.tried_bytes,
                max_pixels=self._settings.try_max_pixels,
            )
        except Exception as error:
            return error_fields(name_error(error))
        return {"photo": answer.to_fields()}
