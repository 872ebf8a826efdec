"""Camera frames: one after the other on one thread, which stays within its share of the CPU."""

import threading
import time
from typing import Any

from core.errors import MaskloopError
from core.live.frame import MAX_BYTES, Frame
from core.live.frame_pixels import FRAME_OPTIONS
from core.live.share import Share
from core.live.tracking import Track, Tracker
from core.live.wire import Desk, error_fields
from core.settings import Settings
from workers.live.desk import Question, WorkDesk
from workers.live.detection import ChampionDetector, FrameResult, detect_frame


class Frames:
    """Answers frames. It keeps nothing of a camera: what it must know comes with each frame.

    So any live process can look at any frame, and one that is killed costs a frame.
    """

    def __init__(self, settings: Settings) -> None:
        self.desk = WorkDesk(settings, Desk.FRAMES, max_bytes=MAX_BYTES)
        self._champion = ChampionDetector(settings, FRAME_OPTIONS)
        self._share = Share(settings.live_share, now=time.monotonic())

    def run(self, stop: threading.Event) -> None:
        """Answer until `stop`."""
        while not stop.wait(self._share.pause(time.monotonic())):
            question = self.desk.take()
            if question is not None:
                self.desk.answer(question, self._look(question))
        self.desk.close()
        self._champion.close()

    def _look(self, question: Question) -> dict[str, Any]:
        fields = question.fields
        tracker = Tracker.from_fields(fields["tracker"]) if fields["tracker"] else Tracker()
        frame = Frame(number=fields["number"], jpeg=question.data)
        result = detect_frame(self._champion, frame, tracker, fields["now"])
        now = time.monotonic()
        self._share.spend(processor=result.processor, duration=result.duration, now=now)
        last = question.arrived_at - fields["since_turn"]
        # Relative to now, not to its last turn: the frame may have waited here.
        pause = self._share.reserve(last=last, now=now) - now
        return {"pause": pause, **_answer(result, tracker)}


def _answer(result: FrameResult, tracker: Tracker) -> dict[str, Any]:
    found = result.found
    if isinstance(found, MaskloopError):
        return error_fields(found)
    return {
        "tracker": tracker.to_fields(),
        "shown": {
            "width": found.width,
            "height": found.height,
            "faces": [_face(track) for track in found.faces],
            "counts": found.counts,
            "took": round(result.duration, 4),
        },
    }


def _face(track: Track) -> dict[str, Any]:
    box = track.box
    return {
        "track": track.number,
        "box": [round(side, 1) for side in (box.x1, box.y1, box.x2, box.y2)],
        "label": track.label,
        "confidence": round(track.confidence, 3),
    }
