"""A small chaos run on each database: nothing is lost, doubled, miscounted or left undone."""

from pathlib import Path

import pytest

from benchmarks.chaos.run import run_once
from benchmarks.chaos.size import SMALL
from benchmarks.chaos.world import Kind
from benchmarks.servers import PostgresServer, RedisServer
from tests.own_network import in_new_process, own_network  # noqa: F401 (a fixture)

pytestmark = pytest.mark.slow


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("kind", "seed"), [(Kind.SQLITE, 1), (Kind.POSTGRESQL, 4)])
def test_a_small_run_loses_and_doubles_nothing(
    kind: Kind, seed: int, tmp_path: Path, weights: Path, postgres: PostgresServer, redis_server: RedisServer
) -> None:
    """The two servers are asked for so that the test is skipped where they are not installed."""
    # PostgreSQL runs as a user of its own in its own folder; the rest of the run stands here.
    outcome = run_once(tmp_path, kind=kind, size=SMALL, seed=seed, weights=weights)
    assert outcome.findings.lines == ()
    assert outcome.findings.photos == outcome.findings.done == 34
    assert sum(len(hit.names) for hit in outcome.hits) >= 2


@pytest.mark.timeout(900)
def test_a_small_run_over_hosts_with_a_faulty_store_loses_and_doubles_nothing(
    tmp_path: Path,
    weights: Path,
    postgres: PostgresServer,
    redis_server: RedisServer,
    own_network: None,  # noqa: F811
) -> None:
    """The second fault is a store that does not answer for 13 s, the fourth one a host that is cut off."""
    pytest.importorskip("moto.server")
    outcome = in_new_process(
        run_once, tmp_path, kind=Kind.HOSTS, size=SMALL.over_hosts(2), seed=14, weights=weights
    )
    assert outcome.findings.lines == ()
    assert outcome.findings.photos == outcome.findings.done == 34
    assert any(name.startswith("store ") for hit in outcome.hits for name in hit.names)
