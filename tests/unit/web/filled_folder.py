"""A data folder with a row of everything, made once to be copied."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import httpx
from flask import Flask

from core.accounts import ensure_owner
from core.api_tokens import add_token
from core.database import Database, read_clock
from core.evidence.signing import ensure_key
from core.predict.job_kind import PREDICT_STAGE
from core.settings import Settings
from core.versions.files import keep_shipped, version_files
from core.versions.store import register_version
from core.webhooks.deliveries import claim_delivery, record_outcome
from core.webhooks.post import Outcome
from maskloop_client import Client
from models import Batch, BatchState, ClassifierVersion, Scope
from tests.unit.web.api_v1.filled import fill
from tests.unit.web.api_v1.test_queues import _conflict
from tests.unit.web.running_training import add_running_training
from web.factory import attach
from workers.engine import run_batches
from workers.handlers import HANDLERS


@dataclass(frozen=True, kw_only=True)
class FilledFolder:
    """A data folder to be copied, with its photos and the secret of a token."""

    data: Path
    photos: Path
    secret: str
    #: Of a version with files, a running training, an import and a conflict.
    numbers: dict[str, int]


def fill_folder(app: Flask, begun: Path, place: Path) -> FilledFolder:
    """Copy a data folder that is begun to `place`/data, and add a row of everything."""
    photos = place / "photos"
    photos.mkdir()
    shutil.copytree(begun, place / "data")
    settings = attach_folder(app, place / "data", photos)
    database: Database = app.extensions["maskloop"].database
    fill(database, photos)
    conflict = _conflict(app, database)
    with database.write() as rows:
        version = register_version(rows, keep_shipped(version_files(settings)))
        assert isinstance(version, ClassifierVersion)
        numbers = {"version": version.id, "conflict": conflict}
        secret = add_token(rows, ensure_owner(rows), name="client", scopes=[Scope.ADMIN], days=1)[1]
        outgoing = claim_delivery(rows, lease_seconds=30)
        assert outgoing is not None
        record_outcome(rows, outgoing, Outcome(status=404, milliseconds=7, error="It answered 404."))
        # Something that can be tried again.
        failed = {"sequence": 7, "state": BatchState.QUARANTINED, "not_before": read_clock(rows)}
        rows.add(Batch(job_id=1, kind=PREDICT_STAGE.name, first_position=0, last_position=1, **failed))
    numbers["training"] = add_running_training(database)
    with Client(token=secret, transport=httpx.WSGITransport(app=app)) as client:
        (photos / "set").mkdir()
        shutil.copy(next(photos.rglob("*.jpg")), photos / "set" / "a.jpg")
        job = client.jobs.create("import", {"folder": str(photos / "set")}).cancel()
        numbers["imported"] = job.id
        # Its faces are counted again only after they were drawn.
        drawing = client.shares.audit(1, faces=3).draw_job_id
        run_batches(database, settings, HANDLERS, job_id=drawing)
    ensure_key(settings.data)
    database.dispose()
    return FilledFolder(data=place / "data", photos=photos, secret=secret, numbers=numbers)


def attach_folder(app: Flask, data: Path, photos: Path, **changes: object) -> Settings:
    """Have the app work on a data folder whose jobs may read the photos."""
    settings = Settings(
        data=data,
        allowed_roots=str(photos),
        broker_url="redis://127.0.0.1:1",
        min_free_bytes=0,
        **changes,
    )
    attach(app, settings)
    return settings
