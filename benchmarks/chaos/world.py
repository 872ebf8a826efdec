"""Everything of one run: database, broker, clock, site, settings, and the parts of the service."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from benchmarks.chaos.clock import Clock, FileClock, PostgresClock
from benchmarks.chaos.hosts import Shared, open_shared
from benchmarks.chaos.inputs import Photos, Site, make_inputs
from benchmarks.chaos.parts import Part, Parts
from benchmarks.chaos.requests import Places, Scene, set_scene
from benchmarks.chaos.size import Size
from benchmarks.servers import PostgresServer, RedisServer, free_port
from core.database import Database
from core.settings import Settings
from workers.setup import prepare

_ROOT = Path(__file__).resolve().parents[2]


class Kind(StrEnum):
    """The database of a run, and how many hosts it has."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
    #: PostgreSQL and an object store, which are all that the hosts share besides the broker.
    HOSTS = "several hosts"


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
    #: Network and object store; None where all is one host.
    shared: Shared | None = None

    @property
    def health(self) -> str:
        """Where the web server says how it is."""
        host = "127.0.0.1" if self.shared is None else self.shared.network.hosts["web"].address
        return f"http://{host}:{self.settings.port}/health"


@contextmanager
def open_world(folder: Path, *, kind: Kind, size: Size, seed: int, weights: Path) -> Iterator[World]:
    """Set a run up in an empty folder; nothing of the service runs yet. `weights` is linked, not copied."""
    with ExitStack() as stack:
        shared = stack.enter_context(open_shared()) if kind is Kind.HOSTS else None
        address = "127.0.0.1" if shared is None else shared.network.address
        postgres = None
        if kind is not Kind.SQLITE:
            postgres = PostgresServer.start(network="" if shared is None else shared.network.block)
            stack.callback(postgres.stop)
        broker_folder = folder / "broker"
        broker_folder.mkdir()
        broker = RedisServer.start(folder=broker_folder, address="" if shared is None else address)
        stack.callback(broker.stop)
        settings = _settings(folder, address).with_changes(
            database_url="" if postgres is None else postgres.new_database().replace("127.0.0.1", address),
            broker_url=broker.url.replace("127.0.0.1", address),
            **({} if shared is None else shared.settings),
        )
        settings.data.mkdir(mode=0o700)
        settings.weights.symlink_to(weights)
        prepare(settings)
        clock: Clock
        if postgres is None:
            clock = FileClock(folder / "clock", python_path=str(_ROOT))
        else:
            clock = PostgresClock(settings.sql_url)
        stack.enter_context(clock.here())
        db = Database(settings.sql_url)
        stack.callback(db.dispose)
        photos = make_inputs(folder, size, seed)
        site = stack.enter_context(Site(photos.crawled, size, address=address))
        places = Places(predicted=str(photos.predicted), imported=str(photos.imported))
        if shared is not None:
            places = Places(
                predicted=shared.upload(photos.predicted), imported=shared.upload(photos.imported)
            )
        yield World(
            settings=settings,
            db=db,
            postgres=postgres,
            broker=broker,
            broker_folder=broker_folder,
            clock=clock,
            parts=_parts(folder, (size, seed), settings, shared, weights, clock.environment),
            photos=photos,
            site=site,
            scene=set_scene(db, settings, places, site, size),
            size=size,
            shared=shared,
        )


def empty_folder(folder: Path) -> None:
    """Delete what is in a folder."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _parts(
    folder: Path,
    run: tuple[Size, int],
    settings: Settings,
    shared: Shared | None,
    weights: Path,
    clock: Mapping[str, str],
) -> Parts:
    (size, seed), logs = run, folder / "logs"
    logs.mkdir(exist_ok=True)
    if shared is not None:
        return Parts(shared.add_hosts(folder, size.hosts(seed), settings, weights))
    environment = settings.to_child_env() | dict(clock)
    return Parts({name: Part(name, environment, logs / f"{name}.log") for name in size.parts})


def _settings(folder: Path, address: str) -> Settings:
    """Short leases, so that many faults fit into a run; attempts as the service has them by default."""
    return Settings(
        data=folder / "data",
        port=free_port(),
        allowed_roots=str(folder),
        lease_seconds=4.0,
        tick_seconds=0.5,
        batch_photos=8,
        min_free_bytes=0,
        crawl_allowed_hosts=address,
        crawl_host_connections=4,
        crawl_host_rate=50.0,
    )
