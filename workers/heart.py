"""Signs of life of a process, written by the thread that does its work."""

import os
import socket
import threading
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.database import Database
from core.settings import Settings
from core.storage.installation import is_sweep_due, open_copies
from core.system.store import Process, delete_beat, write_beat
from models import ServicePart

log = structlog.get_logger()

BEAT_SECONDS = 5.0


class Heart:
    """Writes that this process is alive, every few seconds at most."""

    def __init__(self, db: Database, part: ServicePart, settings: Settings) -> None:
        self._db, self._settings = db, settings
        self._process = Process(part=part, host=socket.gethostname(), pid=os.getpid())
        self._beat_at = float("-inf")

    def beat(self) -> None:
        """Call it in every turn of the loop. A database that does not answer is no reason to stop."""
        if time.monotonic() - self._beat_at < BEAT_SECONDS:
            return
        try:
            with self._db.write() as session:
                write_beat(session, self._process)
            self._beat_at = time.monotonic()
        except SQLAlchemyError as error:
            log.warning("beat_not_written", error=str(error).splitlines()[0])
        # On each host that has a process: what another host has removed goes here too. A thread of its own
        # does it, since a look at many files may take longer than the lease that this one has to renew.
        if is_sweep_due(self._settings):
            threading.Thread(target=self._sweep, name="sweep", daemon=True).start()

    def _sweep(self) -> None:
        try:
            open_copies(self._settings).sweep()
        except OSError as error:
            log.warning("copies_not_swept", error=str(error))

    def stop(self) -> None:
        """Forget the process, which ends as it should."""
        try:
            with self._db.write() as session:
                delete_beat(session, self._process)
        except SQLAlchemyError as error:
            log.warning("beat_not_deleted", error=str(error).splitlines()[0])
