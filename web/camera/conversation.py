"""One open camera: its newest frame goes to a live process at its turn, and the answer to the browser."""

import json
import time
from collections.abc import Callable
from typing import Any

from core.errors import InputError, MaskloopError
from core.live.asking import Asker
from core.live.frame import Frame, read_frame
from core.live.seats import Seat
from core.live.wire import Desk
from web.camera.websocket import BrowserSocket

#: A frame may go this much before its turn, since network delays vary.
_EARLY_SECONDS = 0.02
#: How long a frame waits for a live process that is free, and for its answer.
_QUEUE_SECONDS, _ANSWER_SECONDS = 3.0, 1.5
#: A frame that was not answered is followed by the next one after this time.
_FAILED_PAUSE = 1.0
#: How often to look whether the account is still signed in.
_CHECK_SECONDS = 10.0
#: A browser that was silent for so long is asked for a sign of life, and after twice as long it is gone.
_SILENT_SECONDS = 20.0
_LOOK_SECONDS = 1.0
#: Messages that are read in one go before one is answered.
_MOST_READ = 100


class Conversation:
    """Everything that is known of a camera, so that any live process can look at its next frame."""

    def __init__(
        self, browser: BrowserSocket, asker: Asker, seat: Seat, *, may_go_on: Callable[[], bool]
    ) -> None:
        self._browser, self._asker, self._seat, self._may_go_on = browser, asker, seat, may_go_on
        self._tracker: dict[str, Any] | None = None
        self._waiting: Frame | None = None
        self._dropped = 0
        self._turn_at = 0.0
        self._checked_at = self._heard_at = time.monotonic()
        self._pinged = False

    def run(self) -> None:
        """Return once the account is signed out; OSError once the browser is gone."""
        while self._look_around():
            frame = self._next_frame()
            if frame is not None:
                self._browser.send(json.dumps(self._answer(frame)))

    def _look_around(self) -> bool:
        now = time.monotonic()
        self._seat.keep()
        if now - self._heard_at > 2 * _SILENT_SECONDS:
            return False
        if now - self._heard_at > _SILENT_SECONDS and not self._pinged:
            self._browser.ping()
            self._pinged = True
        if now - self._checked_at > _CHECK_SECONDS:
            self._checked_at = now
            return self._may_go_on()
        return True

    def _next_frame(self) -> Frame | None:
        """The newest frame once its turn has come; None if there is none yet."""
        pause = _LOOK_SECONDS
        if self._waiting is not None:
            pause = min(pause, self._turn_at - _EARLY_SECONDS - time.monotonic())
        for _ in range(_MOST_READ):
            messages = self._browser.receive(pause)
            if messages is None:
                break
            self._heard_at, self._pinged = time.monotonic(), False
            for message in messages:
                self._receive(message)
            pause = 0.0
        if self._waiting is None or time.monotonic() < self._turn_at - _EARLY_SECONDS:
            return None
        frame, self._waiting = self._waiting, None
        return frame

    def _receive(self, message: str | bytes) -> None:
        """Keep a frame in place of an earlier one, or do what the text `reset` says."""
        if isinstance(message, str):
            if message == "reset":
                self._tracker = None
            return
        try:
            frame = read_frame(message)
        except InputError as error:
            self._browser.send(json.dumps(self._refused(None, error)))
            return
        self._dropped += self._waiting is not None
        self._waiting = frame

    def _answer(self, frame: Frame) -> dict[str, Any]:
        now = time.monotonic()
        fields = {
            "number": frame.number,
            "now": now,
            "since_turn": now - self._turn_at,
            "tracker": self._tracker,
        }
        try:
            answer = self._asker.ask(
                Desk.FRAMES,
                fields,
                frame.jpeg,
                queue_seconds=_QUEUE_SECONDS,
                answer_seconds=_ANSWER_SECONDS,
                on_wait=self._seat.keep,
            )
        except MaskloopError as error:
            # The next frame may go to another live process at once.
            self._turn_at = time.monotonic() + (0.0 if error.code == "live_lost" else _FAILED_PAUSE)
            return self._refused(frame, error)
        self._turn_at = time.monotonic() + answer["pause"]
        if "error" in answer:
            return {"frame": frame.number, "error": answer["error"], "pause": self._pause}
        self._tracker = answer["tracker"]
        return {
            "frame": frame.number,
            **answer["shown"],
            "dropped": self._dropped,
            "cameras": self._seat.taken,
            "pause": self._pause,
        }

    def _refused(self, frame: Frame | None, error: MaskloopError) -> dict[str, Any]:
        body = {"code": error.code, "message": error.message}
        return {"frame": frame.number if frame else None, "error": body, "pause": self._pause}

    @property
    def _pause(self) -> float:
        """Seconds until the browser should send the next frame."""
        return round(max(0.0, self._turn_at - time.monotonic()), 4)
