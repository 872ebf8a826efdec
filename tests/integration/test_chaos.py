"""A small chaos run on each database: nothing is lost, doubled, miscounted or left undone."""

from pathlib import Path

import pytest

from benchmarks.chaos.run import run_once
from benchmarks.chaos.size import SMALL
from benchmarks.chaos.world import Kind
from benchmarks.servers import PostgresServer, RedisServer

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
