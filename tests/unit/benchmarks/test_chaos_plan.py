"""What a chaos run is made of: every job kind, the parts of the compose file, the same faults by seed."""

import random
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import ModuleType, SimpleNamespace

import yaml
from sqlalchemy.orm import Session

from benchmarks.chaos.clock import FileClock, PostgresClock
from benchmarks.chaos.faults import draw_faults
from benchmarks.chaos.invariants import Findings
from benchmarks.chaos.requests import FIRST, SECOND
from benchmarks.chaos.run import Hit, Outcome
from benchmarks.chaos.size import LONG, SMALL
from benchmarks.chaos.table import faults_to_markdown, to_json, to_markdown
from benchmarks.chaos.world import Kind
from benchmarks.servers import PostgresServer
from core import database
from core.database import Database, read_clock
from core.job_kinds import JOB_KINDS
from core.settings import Settings

ROOT = Path(__file__).resolve().parents[3]


def test_the_long_run_has_a_job_of_every_kind() -> None:
    """A new kind needs its request in `benchmarks/chaos/requests.py`."""
    assert set(FIRST) | set(SECOND) == {kind.name for kind in JOB_KINDS}
    assert not LONG.left_out(3)
    assert LONG.left_out(1) == {"train", "train_detector", "import_version", "version_formats"}


def test_the_long_run_starts_the_parts_of_the_compose_file() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"].items()
    commands = [service.get("command") for name, service in services if name != "setup"]
    assert set(LONG.parts) == {words[1] for words in commands if words and words[0] == "maskloop"}
    assert set(SMALL.parts) <= set(LONG.parts)


def names(seed: int, parts: tuple[str, ...] = LONG.parts, shared: object = None) -> list[tuple[str, ...]]:
    postgres = None if shared is None else object()
    world = SimpleNamespace(parts=parts, postgres=postgres, settings=Settings(), shared=shared)
    drawn = islice(draw_faults(world, random.Random(seed)), 60)
    return [tuple(fault.name for fault in together) for together in drawn]


def test_the_same_seed_draws_the_same_faults_and_another_one_others() -> None:
    assert names(1) == names(1) != names(2)


def test_every_fault_comes_up_and_two_at_once_hit_different_targets() -> None:
    drawn = names(3)
    assert any(len(together) == 2 for together in drawn)
    assert {name for together in drawn for name in together} >= {
        *("kill worker", "kill worker child", "freeze worker", "freeze worker child"),
        *("kill tick", "freeze tick", "kill trainer", "kill trainer child", "freeze trainer"),
        *("kill live", "freeze live", "kill web", "freeze web"),
        *("broker restart", "another, empty broker", "broker loses everything", "freeze broker"),
        *("database locked", "clock set back", "clock set forward"),
    }
    assert not any("web" in name for together in names(3, SMALL.parts) for name in together)


def test_over_hosts_the_store_and_the_network_fail_in_turns_with_the_rest() -> None:
    hosts = LONG.over_hosts(3).hosts(seed=1)
    assert (hosts.count("worker"), hosts.count("tick"), hosts.count("trainer")) == (3, 2, 0)
    assert LONG.over_hosts(3).hosts(seed=3).count("trainer") == 2
    numbered = tuple(f"{part}{number}" for number, part in enumerate(hosts))
    drawn = [name for together in names(1, numbered, shared=object()) for name in together]
    between = [name.startswith(("store ", "cut off ")) for name in drawn]
    assert 0.4 < sum(between) / len(between) < 0.6
    assert {name for name in drawn if name.startswith("store ")} == {
        *("store answers 500", "store answers 503", "store answers slowly"),
        *("store does not answer", "store cuts its answers", "store refuses connections"),
    }
    assert {"cut off worker", "cut off tick", "cut off web", "kill worker", "database restart"} <= {*drawn}
    assert not any(name.startswith(("store ", "cut off ")) for together in names(1) for name in together)


def test_the_clock_of_this_process_is_set_and_set_right_again(tmp_path: Path) -> None:
    clock = FileClock(tmp_path / "clock", python_path=str(ROOT))
    with clock.here():
        clock.step(-3600)
        assert (datetime.now(UTC) - _told(Database(f"sqlite:///{tmp_path}/x.sqlite"))).total_seconds() > 3500
    assert vars(database)["datetime"] is datetime
    assert "benchmarks.chaos.clock" in (tmp_path / "clock" / "sitecustomize.py").read_text()
    assert isinstance(database, ModuleType)


def test_the_clock_of_a_server_is_set(postgres: PostgresServer) -> None:
    url = postgres.new_database()
    clock = PostgresClock(url)
    db = Database(url)
    before = _told(db)
    clock.step(7200)
    assert 7000 < (_told(db) - before).total_seconds() < 7400
    clock.step(-7200)
    assert abs((_told(db) - before).total_seconds()) < 200
    db.dispose()


def _told(db: Database) -> datetime:
    def read(session: Session) -> datetime:
        return read_clock(session)

    with db.read() as session:
        return read(session)


def outcome(seed: int, **found: tuple[str, ...]) -> Outcome:
    nothing = {"lost": (), "doubled": (), "miscounted": (), "unfinished": ()}
    return Outcome(
        seed=seed,
        database=Kind.SQLITE,
        seconds=60.0,
        jobs=13,
        hits=(
            Hit(names=("kill tick",), at=1.0, recovery=2.5),
            Hit(names=("kill web", "kill tick"), at=9.0, recovery=4.0),
            Hit(names=("freeze web",), at=20.0, recovery=None),
        ),
        findings=Findings(photos=100, done=100, **nothing | found),
    )


def test_the_table_has_a_column_for_each_finding() -> None:
    outcomes = [outcome(1, lost=("a", "b")), outcome(2, doubled=("c",), miscounted=("d",), unfinished=("e",))]
    assert to_markdown(outcomes).splitlines()[2:] == ["| sqlite | 2 | 26 | 8 | 200 | 2 | 1 | 1 | 1 | 4.0 s |"]
    assert faults_to_markdown(outcomes).splitlines()[2:] == [
        "| freeze web | 2 |  |  |",
        "| kill tick | 4 | 2.5 s | 2.5 s |",
        "| kill web | 2 |  |  |",
    ]
    assert [each["slowest_recovery"] for each in to_json(outcomes)] == [4.0, 4.0]
    assert [each.ok for each in (*outcomes, outcome(3))] == [False, False, True]
