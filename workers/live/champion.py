"""The champion as a loaded detector that changes when another version is promoted."""

import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.database import Database
from core.detection.card import Card
from core.detection.detector import FaceMaskDetector
from core.detection.options import DetectionOptions
from core.errors import TransientError
from core.settings import Settings
from core.versions.files import version_card, version_files
from core.versions.queries import read_champion

log = structlog.get_logger()

#: A promotion is taken up after this at the latest.
_LOOK_SECONDS = 5.0


class ChampionDetector:
    """One detector for the one thread that uses it; loaded when first asked for."""

    def __init__(self, settings: Settings, options: DetectionOptions) -> None:
        self.options = options
        self._settings = settings
        self._database = Database(settings.sql_url)
        self._card: Card | None = None
        self._detector: FaceMaskDetector | None = None
        self._looked_at = 0.0

    def detector(self) -> FaceMaskDetector:
        """The champion; while the database is away, the one that was.

        Raises TransientError database_unavailable, and PermanentError where files are missing or damaged.
        """
        if self._detector is None or time.monotonic() - self._looked_at > _LOOK_SECONDS:
            card = self._read_card()
            if self._detector is None or card != self._card:
                self._detector = self._load(card)
            self._card, self._looked_at = card, time.monotonic()
        return self._detector

    def close(self) -> None:
        """Let go of the database."""
        self._database.dispose()

    def _read_card(self) -> Card:
        try:
            with self._database.read() as session:
                return version_card(read_champion(session), version_files(self._settings))
        except SQLAlchemyError as error:
            log.warning("champion_unknown", error=str(error).splitlines()[0])
            if self._card is not None:
                return self._card
            raise TransientError("database_unavailable", "The database does not answer.") from error

    def _load(self, card: Card) -> FaceMaskDetector:
        log.info("champion_loaded", sha256=card.classifier.sha256[:12], options=self.options.key)
        return FaceMaskDetector(self._settings.weights, options=self.options, classifier=card, threads=1)
