"""What integration tests share: a data folder and a database as set-up leaves them."""

from pathlib import Path

import pytest

from core.accounts import ensure_owner
from core.database import Database
from core.settings import Settings
from core.versions.files import keep_shipped, version_files
from core.versions.store import register_shipped


@pytest.fixture
def ready(db: Database, settings: Settings, weights: Path) -> Settings:
    """Settings of a data folder with weights, on a database with the owner and the champion."""
    settings.data.mkdir()
    settings.weights.symlink_to(weights)
    with db.write() as session:
        ensure_owner(session)
        register_shipped(session, keep_shipped(version_files(settings)))
    return settings
