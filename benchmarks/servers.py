"""PostgreSQL and Redis servers that tests and benchmarks start for themselves and take away again."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import psycopg
import redis

from core.database import Database
from models import Base


class Missing(Exception):
    """A server that is not installed."""


def make_tables(url: str) -> None:
    """Make all tables in an empty database."""
    database = Database(url)
    Base.metadata.create_all(database.engine)
    database.dispose()


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class PostgresServer:
    """A cluster in a temporary folder, owned by an unprivileged user where we are root."""

    folder: Path
    port: int
    command: list[str]
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, *settings: str, network: str = "") -> Self:
        """Make and start the cluster with these settings; Missing where PostgreSQL is not installed.

        Everybody in `network`, such as 10.1.0.0/24, may come in; without it this machine alone may.
        """
        binaries = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin"))) or [
            str(Path(found).parent) for found in [shutil.which("initdb")] if found
        ]
        if not binaries:
            raise Missing("postgresql")
        folder, port = Path(tempfile.mkdtemp(prefix="maskloop-pg-")), free_port()
        as_user = _unprivileged(folder)
        subprocess.run(
            [
                *as_user,
                f"{binaries[-1]}/initdb",
                "-D",
                f"{folder}/data",
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-sync",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )
        if network:
            with (folder / "data" / "pg_hba.conf").open("a") as rules:
                rules.write(f"host all all {network} trust\n")
            settings = (*settings, "listen_addresses=*")
        command = [*as_user, f"{binaries[-1]}/postgres", "-D", f"{folder}/data"]
        command += ["-p", str(port), "-k", str(folder)]
        for setting in ("fsync=off", "max_connections=200", *settings):
            command += ["-c", setting]
        server = cls(folder, port, command, _launch(command))
        server._wait()
        return server

    def crash(self) -> None:
        """End the server at once without a checkpoint, as `pg_ctl stop -m immediate` does."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)

    def start_again(self) -> None:
        """Start the server that crashed, which recovers from its log."""
        self.process = _launch(self.command)
        self._wait()

    def _wait(self) -> None:
        for _ in range(200):
            try:
                psycopg.connect(host="127.0.0.1", port=self.port, user="postgres").close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise RuntimeError("PostgreSQL did not start")

    def new_database(self, *, template: str = "template1") -> str:
        """A database like the one named, or an empty one; its SQLAlchemy address."""
        name = f"t{uuid.uuid4().hex[:12]}"
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def drop_database(self, url: str) -> None:
        """Remove a database and its files; who is still connected to it is disconnected."""
        name = url.rpartition("/")[2]
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", autocommit=True
        ) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    @cached_property
    def with_tables(self) -> str:
        """The name of a database with all tables, to be copied: making them takes five times as long."""
        url = self.new_database()
        make_tables(url)
        return url.rpartition("/")[2]

    def stop(self) -> None:
        """End the server at once and remove its folder."""
        # A SIGTERM would wait for every client, and a SIGINT for a checkpoint of what is removed next.
        self.process.send_signal(signal.SIGQUIT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def _launch(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")


def _unprivileged(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return []
    shutil.chown(folder, "postgres", "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


@dataclass
class RedisServer:
    """A Redis or Valkey server on a port of its own; without a folder it keeps nothing."""

    port: int
    command: list[str]
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, *, folder: Path | None = None, address: str = "") -> Self:
        """Start it, with an append-only file in `folder`; Missing where neither is installed.

        With an `address` others than this machine can reach it there.
        """
        binary = shutil.which("valkey-server") or shutil.which("redis-server")
        if binary is None:
            raise Missing("redis-server")
        port = free_port()
        command = [binary, "--port", str(port), "--save", "", "--bind", "127.0.0.1"]
        command += [address, "--protected-mode", "no"] if address else []
        command += ["--appendonly", "no"] if folder is None else ["--appendonly", "yes", "--dir", str(folder)]
        server = cls(port, command, subprocess.Popen(command, stdout=subprocess.DEVNULL))
        server._wait()
        return server

    @property
    def url(self) -> str:
        """Address for Celery."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start_again(self) -> None:
        """Start it on the same port after `stop`."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        self._wait()

    def empty(self) -> None:
        """Forget everything."""
        with redis.Redis(port=self.port) as client:
            client.flushall()

    def _wait(self) -> None:
        client = redis.Redis(port=self.port)
        for _ in range(200):
            try:
                client.ping()
                client.close()
                return
            except (redis.ConnectionError, redis.BusyLoadingError):
                time.sleep(0.02)
        raise RuntimeError("Redis did not start")

    def stop(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()
