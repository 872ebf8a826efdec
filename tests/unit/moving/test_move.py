"""From SQLite and a folder to PostgreSQL and a bucket: nothing is lost, whatever kills it and whenever."""

import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from benchmarks.servers import PostgresServer
from core.accounts import ensure_owner
from core.database import Database
from core.errors import InputError, MaskloopError, PermanentError
from core.moving.move import MoveSummary, move_installation
from core.settings import Settings
from core.storage.identity import installation_objects
from core.storage.objects import ObjectFolder
from models import Account, Base
from tests.object_store import FaultyStore, ObjectStore
from tests.unit.backup.conftest import files_of, installed, migrated_file, store_photo  # noqa: F401 (fixtures)
from tests.unit.web.finished_job import add_finished_job
from web.cli import main
from workers.migrating import migrate, newest_migration

pytestmark = [pytest.mark.parametrize("database_url", ["sqlite"], indirect=True), pytest.mark.slow]


@pytest.fixture
def source(installed: Settings, tmp_path: Path) -> Settings:  # noqa: F811
    """The old installation: also with faces, predictions and photos with odd names."""
    database = Database(installed.sql_url)
    with database.write() as session:
        ensure_owner(session)
    add_finished_job(database, tmp_path / "street")
    database.dispose()
    partial = installed.data / "photos" / "partial"
    partial.mkdir()
    (partial / "token-0").write_bytes(b"still arriving")
    return installed


@pytest.fixture
def target(source: Settings, postgres: PostgresServer, object_store: ObjectStore) -> Settings:
    """The same folder with a new database and a new bucket."""
    return object_store.settings(source.with_changes(database_url=postgres.new_database()))


def run(target: Settings) -> MoveSummary:
    return move_installation(target, schema=newest_migration(target), make_tables=lambda: migrate(target))


def _without_times(row: tuple[object, ...]) -> str:
    return repr([value for value in row if not isinstance(value, datetime)])


def rows_of(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, but for the signs of life of processes."""
    database = Database(settings.sql_url)
    with database.engine.connect() as connection:
        found = {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=_without_times)
            for table in Base.metadata.sorted_tables
            if table.name != "heartbeat"
        }
    database.dispose()
    return found


def objects_of(target: Settings) -> ObjectFolder:
    found = installation_objects(target)
    assert found is not None
    return found


def check_moved(source_rows: object, before: dict[str, bytes], target: Settings, store: ObjectStore) -> None:
    """Every row and whole file is there; the old database stands aside, and the folder has all files."""
    assert rows_of(target) == source_rows
    moved = store.objects_in(objects_of(target))
    whole = {name: data for name, data in before.items() if name.startswith(("photos/", "reports/"))}
    del whole["photos/partial/token-0"]
    assert len(whole) >= 6
    assert {name: moved.get(name) for name in whole} == whole
    assert set(moved) - set(whole) == {"folder-id", "evidence-key.pem"}
    assert moved["folder-id"].decode() == before["folder-id"].decode()
    here = files_of(target)
    assert {name: here.get(name) for name in before} == before
    assert not (target.data / "maskloop.sqlite").exists()
    assert (target.data / "maskloop.sqlite.moved").stat().st_size > 0
    assert not (target.data / "move.jsonl").exists()


def test_every_row_and_file_moves_and_new_rows_get_new_numbers(
    source: Settings, target: Settings, object_store: ObjectStore
) -> None:
    rows, files = rows_of(source), files_of(source)
    done = CliRunner().invoke(main, ["move"], env=target.to_env())
    assert done.exit_code == 0, done.output
    assert "Moved and compared" in done.output
    check_moved(rows, files, target, object_store)
    database = Database(target.sql_url)
    with database.write() as session:
        numbers = set(session.scalars(select(Account.id)))
        session.add(
            added := Account(name="ann", created_at=session.scalars(select(Account.created_at)).first())
        )
        session.flush()
        assert added.id == max(numbers) + 1
    database.dispose()
    with pytest.raises(InputError) as again:
        run(target)
    assert again.value.code == "move_done"


def test_a_move_that_is_killed_among_the_files_goes_on_behind_them(
    source: Settings, target: Settings, object_store: ObjectStore, faulty: FaultyStore
) -> None:
    rows, files = rows_of(source), files_of(source)
    # The check of the store takes three requests, its id three, each file one to write and one to read back.
    faulty.faults = [""] * 11 + ["wait"]
    process = start(target.with_changes(files_endpoint=faulty.endpoint))
    try:
        assert faulty.arrived.wait(60)
    finally:
        process.kill()
        process.wait()
    written = len([line for line in faulty.seen if line.startswith("PUT") and "/photos/" in line])
    assert 0 < written < 5
    kept = len((target.data / "move.jsonl").read_text().split("\n\n"))
    summary = run(target)
    assert summary.files.files == 6 and summary.files.copied == 6 - kept < 6
    check_moved(rows, files, target, object_store)


def test_a_move_that_is_killed_among_the_rows_leaves_an_empty_database(
    source: Settings, target: Settings, object_store: ObjectStore
) -> None:
    rows, files = rows_of(source), files_of(source)
    migrate(target)
    database = Database(target.sql_url)
    with database.engine.connect() as holder:
        # The copy waits for this table, which comes late, with others filled before it.
        holder.execute(text("LOCK TABLE final_count IN ACCESS EXCLUSIVE MODE"))
        process = start(target)
        try:
            deadline = time.monotonic() + 60
            while not _waits_for_a_lock(database):
                assert time.monotonic() < deadline and process.poll() is None
                time.sleep(0.05)
        finally:
            process.kill()
            process.wait()
    with database.engine.connect() as look:
        assert look.scalar(text("SELECT count(*) FROM photo")) == 0
    database.dispose()
    assert (target.data / "maskloop.sqlite").exists()
    assert run(target).files.copied == 0
    check_moved(rows, files, target, object_store)


def test_a_move_that_is_killed_after_the_rows_compares_them_again(
    source: Settings, target: Settings, object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, files = rows_of(source), files_of(source)

    def killed(_settings: Settings) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("core.moving.move._step_aside", killed)
        run(target)
    assert run(target).rows == sum(map(len, rows.values()))
    check_moved(rows, files, target, object_store)


def test_what_is_not_as_it_was_written_is_told(
    source: Settings, target: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = ObjectFolder.put

    def put_other_bytes(self: ObjectFolder, path: Path, key: str) -> None:
        put(self, path, key)
        if key.startswith("photos/"):
            self.put_bytes(path.read_bytes()[:-1] + b"!", key)

    with monkeypatch.context() as patch:
        patch.setattr(ObjectFolder, "put", put_other_bytes)
        assert _code(target) == "move_not_the_same"
    assert (target.data / "maskloop.sqlite").exists()
    with monkeypatch.context() as patch:
        patch.setattr("core.moving.rows._set_sequences", _change_a_row)
        assert _code(target) == "move_not_the_same"
    assert _code(target.with_changes(database_url="", files="")) == "move_nothing_to_do"
    damaged = store_photo(source, b"damaged")
    damaged.write_bytes(b"rotten")
    summary = run(target)
    assert summary.files.damaged == [damaged.relative_to(source.data).as_posix()]


def test_another_installation_is_not_overwritten(source: Settings, target: Settings) -> None:
    migrate(target)
    database = Database(target.sql_url)
    with database.write() as session:
        ensure_owner(session)
    assert _code(target) == "move_target_not_empty"
    database.dispose()
    objects_of(target).put_bytes(b"another\n", "folder-id")
    assert _code(target) == "object_store_foreign"


def test_a_folder_that_is_no_installation_stays_as_it_is(
    tmp_path: Path, object_store: ObjectStore, database_url: str
) -> None:
    """Such as that of a name with a slip in it: no empty database is made and taken for the old one."""
    folder = tmp_path / "data"
    for exists in (False, True):
        if exists:
            folder.mkdir()
        for url in ("", database_url, "postgresql+psycopg://127.0.0.1:1/none"):
            settings = object_store.settings(Settings(data=folder, database_url=url))
            answer = CliRunner().invoke(main, ["move"], env=settings.to_env())
            assert (answer.exit_code, "move_source_missing" in answer.stderr) == (2, True), url
    assert [path.relative_to(tmp_path) for path in tmp_path.rglob("*")] == [Path("data")]


def _code(target: Settings) -> str:
    with pytest.raises((InputError, PermanentError)) as caught:
        run(target)
    assert isinstance(caught.value, MaskloopError)
    return caught.value.code


def _change_a_row(connection) -> None:
    connection.execute(text("UPDATE account SET name = 'another'"))


_WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


def _waits_for_a_lock(database: Database) -> bool:
    with database.engine.connect() as connection:
        return bool(connection.scalar(text(_WAITING)))


def start(target: Settings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "web.cli", "move"]
    return subprocess.Popen(command, env={**target.to_child_env(), "PYTHONPATH": os.getcwd()})
