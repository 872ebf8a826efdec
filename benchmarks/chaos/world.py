"""Everything of one run: database, broker, clock, site, settings, and the parts of the service."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from benchmarks.chaos.clock import Clock, FileClock, PostgresClock
from benchmarks.chaos.inputs import Photos, Site, make_inputs
from benchmarks.chaos.parts import Parts
from benchmarks.chaos.requests import Scene, set_scene
from benchmarks.chaos.size import Size
from benchmarks.servers import PostgresServer, RedisServer, free_port
from core.database import Database
from core.settings import Settings
from workers.setup import prepare

_ROOT = Path(__file__).resolve().parents[2]


class Kind(StrEnum):
    """The database of a run."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, kw_only=True)
class World:
    """What faults happen to."""

    settings: Settings
    db: Database
    #: None on SQLite.
    postgres: PostgresServer | None
    broker: RedisServer
    broker_folder: Path
    clock: Clock
    parts: Parts
    photos: Photos
    site: Site
    scene: Scene
    size: Size


@contextmanager
def open_world(folder: Path, *, kind: Kind, size: Size, seed: int, weights: Path) -> Iterator[World]:
    """Set a run up in an empty folder; nothing of the service runs yet. `weights` is linked, not copied."""
    with ExitStack() as stack:
        postgres = PostgresServer.start() if kind is Kind.POSTGRESQL else None
        if postgres is not None:
            stack.callback(postgres.stop)
        broker_folder = folder / "broker"
        broker_folder.mkdir()
        broker = RedisServer.start(folder=broker_folder)
        stack.callback(broker.stop)
        url = "" if postgres is None else postgres.new_database()
        settings = _settings(folder, url, broker.url)
        settings.data.mkdir(mode=0o700)
        settings.weights.symlink_to(weights)
        prepare(settings)
        clock: Clock
        if postgres is None:
            clock = FileClock(folder / "clock", python_path=str(_ROOT))
        else:
            clock = PostgresClock(url)
        stack.enter_context(clock.here())
        db = Database(settings.sql_url)
        stack.callback(db.dispose)
        photos = make_inputs(folder, size, seed)
        site = stack.enter_context(Site(photos.crawled, size))
        environment = settings.to_child_env() | clock.environment
        yield World(
            settings=settings,
            db=db,
            postgres=postgres,
            broker=broker,
            broker_folder=broker_folder,
            clock=clock,
            parts=Parts(size.parts, environment, folder / "logs"),
            photos=photos,
            site=site,
            scene=set_scene(db, settings, photos, site, size),
            size=size,
        )


def empty_folder(folder: Path) -> None:
    """Delete what is in a folder."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _settings(folder: Path, database_url: str, broker_url: str) -> Settings:
    """Short leases, so that many faults fit into a run; attempts as the service has them by default."""
    return Settings(
        data=folder / "data",
        database_url=database_url,
        broker_url=broker_url,
        port=free_port(),
        allowed_roots=str(folder),
        lease_seconds=4.0,
        tick_seconds=0.5,
        batch_photos=8,
        min_free_bytes=0,
        crawl_allowed_hosts="127.0.0.1",
        crawl_host_connections=4,
        crawl_host_rate=50.0,
    )
