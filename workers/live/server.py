"""Answer camera frames and photos that are asked over the broker, until a signal arrives."""

import threading
from collections.abc import Callable

import structlog

from core.database import Database
from core.logs import set_up_logs
from core.settings import Settings
from models import ServicePart
from workers.heart import Heart
from workers.live.frames import Frames
from workers.live.photos import Photos
from workers.processes import die_with_parent, end_loading, stop_on_signals

log = structlog.get_logger()

_LOOK_SECONDS = 0.5


def serve(settings: Settings, stop: threading.Event) -> None:
    """Answer frames and photos until `stop`. RuntimeError if one of the two threads ends before."""
    frames, photos = Frames(settings), Photos(settings)
    threads = [_start(work, stop, name) for name, work in (("frames", frames.run), ("photo", photos.run))]
    db = Database(settings.sql_url)
    heart = Heart(db, ServicePart.LIVE, settings)
    while not stop.wait(_LOOK_SECONDS):
        ended = [thread.name for thread in threads if not thread.is_alive()]
        if ended:
            # The launcher starts the process again.
            raise RuntimeError(f"the thread of {ended[0]} ended")
        # Whom nobody can ask gives no sign of life.
        if frames.desk.is_connected and photos.desk.is_connected:
            heart.beat()
    for thread in threads:
        thread.join()
    heart.stop()
    db.dispose()


def _start(work: Callable[[threading.Event], None], stop: threading.Event, name: str) -> threading.Thread:
    thread = threading.Thread(target=work, args=(stop,), name=name, daemon=True)
    thread.start()
    return thread


def main() -> None:
    """Serve with the settings of the environment."""
    settings = Settings.from_env()
    set_up_logs(settings)
    serve(settings, stop_on_signals())


if __name__ == "__main__":
    # The launcher's child; `maskloop live` may outlive the shell that started it.
    die_with_parent()
    end_loading()
    main()
