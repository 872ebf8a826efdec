"""The doctor names what is wrong with a data folder or a service, and what to do about it."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from benchmarks.servers import RedisServer, free_port
from core.database import Database
from core.settings import Settings
from core.versions.files import version_files
from models import Scope
from tests.unit.web.commands.conftest import environment, make_token
from web.cli import main
from web.commands.remote_diagnosis import _judge_clock
from web.system.finding import State, judge_clock
from workers.processes import lock_data_folder

#: Asks the doctor; the exit status and what he found by name.
Ask = Callable[..., tuple[int, dict[str, dict[str, str]]]]


def ask(settings: Settings) -> tuple[int, dict[str, dict[str, str]]]:
    said = CliRunner().invoke(main, ["doctor", "--json"], env=environment(settings))
    assert said.stderr == ""
    answer = json.loads(said.stdout)
    assert answer["ok"] is (said.exit_code == 0)
    return said.exit_code, {check["name"]: check for check in answer["checks"]}


def test_a_folder_without_a_service_is_well(healthy: Settings) -> None:
    status, found = ask(healthy)
    assert status == 0
    assert {name for name, check in found.items() if check["state"] != "ok"} == {"service"}
    assert found["service"]["advice"] == "Start it: maskloop serve"
    assert "schema 00" in found["database"]["sentence"]
    lines = CliRunner().invoke(main, ["doctor"], env=environment(healthy)).stdout.splitlines()
    assert lines[0].startswith("ok       data folder")
    assert lines[-1].strip() == "Start it: maskloop serve"


def _spoil_weights(settings: Settings) -> None:
    next(settings.weights.glob("*.onnx")).write_bytes(b"not it")


def _lose_weights(settings: Settings) -> None:
    shutil.rmtree(settings.weights)


def _spoil_champion(settings: Settings) -> None:
    for file in version_files(settings).folder.rglob("*"):
        if file.is_file():
            file.chmod(0o600)
            file.write_bytes(b"not it")


def _set_back_schema(settings: Settings) -> None:
    with closing_database(settings) as database, database.write() as rows:
        rows.execute(text("UPDATE alembic_version SET version_num = '0001'"))


def _lose_database(settings: Settings) -> None:
    (settings.data / "maskloop.sqlite").unlink()


def _lose_folder_id(settings: Settings) -> None:
    (settings.data / "folder-id").write_text("another\n")


def _open_to_others(settings: Settings) -> None:
    settings.data.chmod(0o755)


def closing_database(settings: Settings) -> "closing[Database]":
    database = Database(settings.sql_url)
    database.close = database.dispose  # type: ignore[attr-defined]
    return closing(database)


@pytest.mark.parametrize(
    ("spoil", "name", "state", "sentence", "advice"),
    [
        (_spoil_weights, "weights", "failed", "SHA-256 differs", "maskloop setup"),
        (_lose_weights, "weights", "failed", "is not in", "maskloop setup"),
        (_spoil_champion, "champion", "failed", "SHA-256 differs", "backup"),
        (_set_back_schema, "database", "failed", "has the schema 0001; this release needs", "maskloop setup"),
        (_lose_database, "database", "failed", "There is no database", "maskloop setup"),
        (_lose_folder_id, "database", "failed", "belongs to another data folder", "maskloop setup"),
        (_open_to_others, "permissions", "warning", "can look into", "chmod go="),
    ],
)
def test_each_fault_is_named_with_what_to_do(
    healthy: Settings, spoil: Callable[[Settings], None], name: str, state: str, sentence: str, advice: str
) -> None:
    spoil(healthy)
    status, found = ask(healthy)
    assert status == (1 if state == "failed" else 0)
    assert found[name]["state"] == state
    assert sentence in found[name]["sentence"] and advice in found[name]["advice"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    status, found = ask(Settings(data=tmp_path / "gone"))
    assert (status, found["data folder"]["state"]) == (1, "failed")
    assert not (tmp_path / "gone").exists(), "the doctor changes nothing"


def test_a_full_disk_and_a_broker_that_is_away(healthy: Settings) -> None:
    away = healthy.with_changes(min_free_bytes=2**44, broker_url=f"redis://127.0.0.1:{free_port()}")
    status, found = ask(away)
    assert (status, found["disk"]["state"], found["broker"]["state"]) == (1, "failed", "warning")


def test_the_clock_of_a_broker_is_compared(healthy: Settings, redis_server: RedisServer) -> None:
    _, found = ask(healthy.with_changes(broker_url=redis_server.url))
    assert (found["broker"]["state"], found["clock"]["state"]) == ("ok", "ok")
    assert "and of the broker are 0." in found["clock"]["sentence"]


def test_a_service_whose_workers_are_gone_is_named(healthy: Settings) -> None:
    with lock_data_folder(healthy.data, note="http://127.0.0.1:1"):
        status, found = ask(healthy)
    assert (status, found["worker"]["state"], found["tick"]["state"]) == (1, "failed", "failed")
    assert "maskloop worker" in found["worker"]["advice"]
    assert found["service"]["sentence"] == "Running at http://127.0.0.1:1."


@pytest.mark.parametrize(("seconds", "state"), [(0.4, State.OK), (7.0, State.WARNING), (400.0, State.FAILED)])
def test_a_clock_is_judged_by_how_far_it_is_off(seconds: float, state: State) -> None:
    found = judge_clock("the database", seconds)
    assert found.state is state
    assert ("time synchronisation" in found.advice) is (state is not State.OK)


def test_the_time_of_a_header_is_that_of_whole_seconds() -> None:
    date = "Sun, 29 Nov 2026 17:00:00 GMT"
    assert _judge_clock(date, 1795971600.9).state is State.OK
    assert _judge_clock(date, 1795971630).state is State.WARNING
    assert _judge_clock("", 0).state is State.WARNING


@pytest.fixture
def ask_service(address: str, database: Database) -> Iterator[Ask]:
    def run(token: str | None, url: str = address) -> tuple[int, dict[str, dict[str, str]]]:
        said = CliRunner().invoke(main, ["doctor", "--url", url, "--json"], env={"MASKLOOP_TOKEN": token})
        return said.exit_code, {check["name"]: check for check in json.loads(said.stdout)["checks"]}

    return run


def test_a_service_is_asked_for_its_health(ask_service: Ask, database: Database) -> None:
    status, found = ask_service(make_token(database, Scope.READ))
    assert {name for name, check in found.items() if check["state"] == "ok"} >= {
        "service", "token", "clock", "database", "disk", "leases"
    }  # fmt: skip
    assert status == 1, "no worker runs"
    assert (found["worker"]["state"], found["broker"]["state"]) == ("failed", "warning")


def test_a_token_without_the_scope_is_a_token(ask_service: Ask, database: Database) -> None:
    assert ask_service(make_token(database, Scope.SUBMIT))[1]["token"]["state"] == "ok"


@pytest.mark.parametrize("token", [None, "maskloop_wrong"])
def test_a_token_that_is_missing_or_refused_is_named(ask_service: Ask, token: str | None) -> None:
    found = ask_service(token)[1]["token"]
    assert found["state"] == "failed" and "maskloop login" in found["advice"]


def test_a_service_that_is_away_is_named(ask_service: Ask) -> None:
    status, found = ask_service("x", f"http://127.0.0.1:{free_port()}")
    assert (status, list(found), found["service"]["state"]) == (1, ["service"], "failed")
