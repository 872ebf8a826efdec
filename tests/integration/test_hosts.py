"""Hosts that share PostgreSQL, Redis and an object store: one is cut off, and nothing is lost or doubled."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.camera_photos import make_photos
from benchmarks.hosts.cut import Count, Cut, cut_for, cut_holder, wait_for_end
from benchmarks.hosts.network import Network, open_network
from benchmarks.hosts.upload import request_job
from benchmarks.hosts.world import open_world
from benchmarks.servers import PostgresServer, RedisServer
from core.database import Database
from tests.own_network import in_new_process, own_network  # noqa: F401 (a fixture)

pytestmark = pytest.mark.slow

_ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def needs_hosts(own_network: None) -> None:  # noqa: F811
    pytest.importorskip("moto.server")


def _cut_one_off(tmp_path: Path, weights: Path) -> tuple[Cut, Count]:
    """Cut off a tick, then the worker that holds a batch, and wait for the end of the job."""
    photos = make_photos(tmp_path / "photos", 48, seed=5)
    with open_world(tmp_path, weights) as world:
        for name, part in (
            ("worker1", "worker"),
            ("worker2", "worker"),
            ("tick1", "tick"),
            ("tick2", "tick"),
        ):
            world.add(name, part)
        job_id = request_job(world, photos)
        cut_for(world, "tick1", seconds=2)
        cut = cut_holder(world, "worker1", job_id, seconds=5)
        count = wait_for_end(world, job_id)
    return cut, count


@pytest.mark.timeout(600)
def test_a_host_that_was_cut_off_loses_its_lease_and_nothing_is_lost_or_doubled(
    tmp_path: Path, weights: Path, postgres: PostgresServer, redis_server: RedisServer
) -> None:
    """The two servers are asked for so that the test is skipped where they are not installed."""
    cut, count = in_new_process(_cut_one_off, tmp_path, weights)
    assert cut.returned is not None and cut.refused + cut.given_up >= 1
    assert (count.state, count.photos, count.done, count.lost, count.doubled) == ("done", 48, 48, 0, 0)
    assert count.miscounted == ()


_HOLDS_A_ROW = """
import sys, time
from sqlalchemy import text
import core.database
usual = core.database._SERVER_KEEPALIVE
for slow, fast in ((b"= 5", b"= 1"), (b"15000", b"3000")):
    usual = usual.replace(slow, fast)
core.database._SERVER_KEEPALIVE = usual
with core.database.Database(sys.argv[1]).write() as session:
    session.execute(text("UPDATE counted SET n = n + 1"))
    print("holds", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def network() -> Iterator[Network]:
    with open_network() as network:
        yield network


def test_a_host_that_is_cut_off_in_a_transaction_holds_nobody_up(network: Network) -> None:
    """Without a look from its side, PostgreSQL would keep the row locked for two hours."""
    postgres = PostgresServer.start(network=network.block)
    try:
        url = postgres.new_database()
        db = Database(url)
        with db.write() as session:
            session.connection().exec_driver_sql("CREATE TABLE counted (n integer)")
            session.connection().exec_driver_sql("INSERT INTO counted VALUES (0)")
        host = network.add("worker")
        words = [sys.executable, "-c", _HOLDS_A_ROW, url.replace("127.0.0.1", network.address)]
        with subprocess.Popen(host.command(words), stdout=subprocess.PIPE, cwd=_ROOT) as holder:
            try:
                assert holder.stdout is not None and holder.stdout.readline() == b"holds\n"
                host.cut()
                began = time.monotonic()
                with db.write() as session:
                    session.connection().exec_driver_sql("SET statement_timeout = '30s'")
                    session.connection().exec_driver_sql("UPDATE counted SET n = n + 10")
                assert time.monotonic() - began < 20
            finally:
                holder.kill()
        with db.read() as session:
            assert session.connection().exec_driver_sql("SELECT n FROM counted").scalar() == 10
        db.dispose()
    finally:
        postgres.stop()
