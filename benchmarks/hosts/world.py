"""PostgreSQL, Redis and an S3 service on this machine, and a part of the service on each host of a network.

Hosts share the three servers and nothing else: each has a data folder of its own.
"""

import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pytest import MonkeyPatch

from benchmarks.chaos.parts import Part
from benchmarks.hosts.network import Host, Network, open_network
from benchmarks.servers import PostgresServer, RedisServer, free_port
from core.database import Database
from core.settings import Settings
from core.system.queries import list_beats
from models import ServicePart
from workers.setup import prepare

#: moto takes any.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_REGION": "us-east-1"}
BUCKET = "maskloop"
PASSWORD = "a password of the hosts"  # noqa: S105


@dataclass(frozen=True, kw_only=True)
class World:
    """The hosts, with a part of the service on each."""

    network: Network
    #: Of this machine, which has a data folder too and runs no part.
    settings: Settings
    db: Database
    folder: Path
    weights: Path
    parts: dict[str, Part] = field(default_factory=dict)

    def add(self, name: str, part: str) -> Host:
        """A host on which the part runs from now on, under the command that a container has."""
        host = self.network.add(name)
        settings = self.settings.with_changes(data=self.folder / name / "data", host=host.address)
        set_up(settings, self.weights)
        self.parts[name] = Part(
            part,
            settings.to_child_env(),
            self.folder / f"{name}.log",
            prefix=tuple(host.command([])),
        )
        self.parts[name].start()
        return host

    def log_of(self, name: str) -> str:
        """What the host's part has written."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def count_alive(self, part: ServicePart) -> int:
        """Processes of a part with a recent sign of life."""
        with self.db.read() as session:
            return sum(beat.is_alive and beat.part is part for beat in list_beats(session))

    def stop(self) -> None:
        """End every part."""
        for part in self.parts.values():
            for process in part.tree():
                process.send_signal(signal.SIGKILL)
            if part.process is not None:
                part.process.wait()


@contextmanager
def open_world(folder: Path, weights: Path, **changes: object) -> Iterator[World]:
    """The three servers and a network without hosts; `changes` are settings. Raises Missing."""
    with ExitStack() as stack:
        patch = stack.enter_context(MonkeyPatch.context())
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        network = stack.enter_context(open_network())
        postgres = PostgresServer.start(network=network.block)
        stack.callback(postgres.stop)
        broker = RedisServer.start(address=network.address)
        stack.callback(broker.stop)
        endpoint = stack.enter_context(serve_s3(network.address, BUCKET))
        settings = Settings(
            data=folder / "this" / "data",
            database_url=postgres.new_database().replace("127.0.0.1", network.address),
            broker_url=broker.url.replace("127.0.0.1", network.address),
            files=f"s3://{BUCKET}/files",
            files_endpoint=endpoint,
            secret_key="one for all web servers",  # noqa: S106
            password=PASSWORD,
            workers=1,
            lease_seconds=4.0,
            tick_seconds=0.5,
            batch_photos=8,
            min_free_bytes=0,
        ).with_changes(**changes)
        set_up(settings, weights)
        db = Database(settings.sql_url)
        stack.callback(db.dispose)
        world = World(network=network, settings=settings, db=db, folder=folder, weights=weights)
        stack.callback(world.stop)
        yield world


def set_up(settings: Settings, weights: Path) -> None:
    """Make the data folder of a host; weights are linked."""
    settings.data.mkdir(parents=True, mode=0o700)
    settings.weights.symlink_to(weights)
    prepare(settings)


@contextmanager
def serve_s3(address: str, *buckets: str) -> Iterator[str]:
    """moto's server with empty buckets of these names; its address."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", address, "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        endpoint = f"http://{address}:{port}"
        try:
            for bucket in buckets:
                _make_bucket(endpoint, bucket)
            yield endpoint
        finally:
            server.kill()


def _make_bucket(endpoint: str, name: str) -> None:
    request = urllib.request.Request(f"{endpoint}/{name}", method="PUT")
    until = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(request).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
