"""Setting up: private, once at a time, and in the folder whose name it was given."""

import shutil
import subprocess
from pathlib import Path

import pytest
import redis
from sqlalchemy import text

from core.database import Database
from core.errors import PermanentError
from core.settings import Settings
from tests.forked import fork_program, wait
from workers.broker import QUEUE, valkey_command, wait_for_valkey, wake
from workers.setup import make_data_folder, prepare

_PREPARE = """
from core.settings import Settings
from workers.setup import prepare
prepare(Settings.from_env())
"""


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_a_folder_that_others_can_read_is_closed(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=mode)
    folder.chmod(mode)
    make_data_folder(Settings(data=folder))
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["what?", "no#1", "50%20", "a b", "ümlaut"])
def test_any_character_may_stand_in_the_name_of_the_folder(tmp_path: Path, name: str, weights: Path) -> None:
    settings = Settings(data=tmp_path / name, min_free_bytes=0)
    settings.data.mkdir()
    shutil.copytree(weights, settings.weights)
    prepare(settings)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert Database(settings.sql_url).path == settings.data / "maskloop.sqlite"
    assert (settings.data / "maskloop.sqlite").stat().st_size > 0


def test_the_broker_is_reached_in_any_folder(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "50%20?#", workers=1)
    settings.data.mkdir()
    with subprocess.Popen(valkey_command(settings)) as process:
        try:
            wait_for_valkey(settings, process)
            assert wake(settings)
            with redis.Redis(unix_socket_path=str(settings.socket)) as client:
                assert client.llen(QUEUE) == 1
        finally:
            process.terminate()


def test_of_four_set_ups_at_once_all_succeed(settings: Settings, weights: Path, tmp_path: Path) -> None:
    """In one folder; on PostgreSQL each in its own, as on four hosts with copies of a folder."""
    one_folder = Database(settings.sql_url).is_sqlite
    folders = [tmp_path / ("data" if one_folder else f"data{host}") for host in range(4)]
    for folder in set(folders):
        shutil.copytree(weights, folder / "weights")
        (folder / "folder-id").write_text("one and the same")
    running = [fork_program(settings.with_changes(data=folder), _PREPARE) for folder in folders]
    assert [wait(process) for process in running] == [0, 0, 0, 0]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_set_up_that_fails_keeps_no_other_one_waiting(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object, **_named: object) -> None:
        raise PermanentError("weights_missing", "There are no weights.")

    settings.data.mkdir()
    monkeypatch.setattr("workers.setup.fetch_weights", fail)
    # The traceback keeps all that the set-up had.
    with pytest.raises(PermanentError) as failed:
        prepare(settings)
    db = Database(settings.sql_url)
    with db.read() as session:
        locks = session.scalars(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")).one()
    db.dispose()
    assert (failed.value.code, locks) == ("weights_missing", 0)
