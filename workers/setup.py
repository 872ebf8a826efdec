"""What must be there before anything starts: folders, tables, the owner, the champion, the weights."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.accounts import ensure_owner, keep_password
from core.database import Database, read_clock
from core.detection.card import CARD_FILE, CHAMPION
from core.detection.weights import NEEDED, fetch_weights
from core.errors import PermanentError
from core.photos.store import PhotoStore
from core.settings import Settings
from models import ClassifierVersion

ROOT = Path(__file__).resolve().parents[1]

#: What killed uploads left is swept once it is a day old.
_LEFTOVER_SECONDS = 86_400.0


def prepare(settings: Settings, *, say: Callable[[str], None] = lambda _line: None) -> None:
    """Make everything ready; cheap where it is ready already."""
    make_data_folder(settings)
    db = Database(settings.sql_url)
    migrate(settings)
    with db.write() as session:
        ensure_owner(session)
        if settings.password:
            keep_password(session, settings.password)
        register_champion(session)
    db.dispose()
    PhotoStore(settings.data / "photos").sweep_temporary(_LEFTOVER_SECONDS)
    fetch_weights(NEEDED, settings.weights, progress=say)


def make_data_folder(settings: Settings) -> None:
    """The data folder, for its owner's eyes only; PermanentError data_folder."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise PermanentError("data_folder", f"{settings.data} cannot be made: {error.strerror}.") from error
    if not os.access(settings.data, os.W_OK):
        raise PermanentError("data_folder", f"{settings.data} cannot be written to.")


def alembic_config(settings: Settings) -> Config:
    """Alembic pointed at our migrations and the database in force."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("sqlalchemy.url", settings.sql_url.replace("%", "%%"))
    return config


def migrate(settings: Settings) -> None:
    """Bring the tables to this version."""
    command.upgrade(alembic_config(settings), "head")


def register_champion(session: Session) -> None:
    """Note the classifier version that this release brings and make it the champion."""
    card = json.loads((CHAMPION / CARD_FILE).read_text(encoding="utf-8"))
    sha256 = card["classifier"]["sha256"]
    version = session.scalars(
        select(ClassifierVersion).where(ClassifierVersion.sha256 == sha256)
    ).one_or_none() or ClassifierVersion(name=card["name"], sha256=sha256, created_at=read_clock(session))
    version.card = card
    if version.champion:
        return
    session.execute(update(ClassifierVersion).where(ClassifierVersion.champion).values(champion=False))
    version.champion = True
    session.add(version)
