"""Killed at any point, torn, changed, of another release: a backup is whole or is refused."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

import core.backup.make
import core.backup.objects
import core.backup.restore
import core.backup.store
from core.backup.make import check_backup
from core.backup.manifest import TableEntry, find_newest, list_backups, manifest_path, read_entries
from core.errors import InputError, MaskloopError, PermanentError
from core.settings import Settings
from tests.unit.backup.conftest import back_up, files_of, restore, rows_of, store_photo
from workers.setup import prepare

pytestmark = pytest.mark.slow


def _killed_at(step: int, places: "_Places", work: Callable[[], object]) -> bool:
    """Run the work in a process that kills itself at its nth call of one of the places; whether it did."""
    child = os.fork()
    if child == 0:
        calls = iter(range(1, 10_000))

        def dying(real: Callable[..., object]) -> Callable[..., object]:
            def call(*given: object, **named: object) -> object:
                if next(calls) == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*given, **named)

            return call

        for module, name in places:
            setattr(module, name, dying(getattr(module, name)))
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


_Places = list[tuple[object, str]]


def _points(places: _Places) -> list[tuple[int, _Places]]:
    """The first call of each place, in this order, and the second of all together."""
    return [(2, places), *((1, [place]) for place in places)]


def test_a_backup_that_is_killed_leaves_the_earlier_one(
    installed: Settings, target: Callable[[], Settings], folder: Path
) -> None:
    first = back_up(installed, folder)
    before, rows = files_of(installed), rows_of(installed)
    places = [
        (core.backup.objects, "_create"),
        (core.backup.objects, "_write"),
        (core.backup.make, "copy_database"),
        (core.backup.make, "write_manifest"),
        (os, "sync"),
    ]
    for number, (step, where) in enumerate(_points(places)):
        # What a killed backup copied need not be copied again.
        store_photo(installed, b"later %d" % number)
        assert _killed_at(step, where, lambda: back_up(installed, folder)), (step, where)
        names = list_backups(folder)
        check_backup(folder, first.name)
        assert names[0] == first.name, "a manifest stands there only when it is whole"
        for name in names[1:]:
            check_backup(folder, name)
    back_up(installed, folder)
    restored = target()
    restore(restored, folder, first.name)
    assert (files_of(restored), rows_of(restored)) == (before, rows)
    newest = target()
    restore(newest, folder)
    assert files_of(newest) == files_of(installed)
    assert not list((folder / "objects" / "incoming").iterdir()), "what killed ones left is swept"


def test_a_torn_object_of_a_killed_backup_is_not_relied_on(installed: Settings, folder: Path) -> None:
    """Power failed while a backup wrote: the object has its name and length, but not its bytes."""
    back_up(installed, folder)
    path = store_photo(installed, b"after the first backup")
    torn = folder / "objects" / path.name[:2] / path.name[2:4] / path.name
    torn.parent.mkdir(parents=True, exist_ok=True)
    torn.write_bytes(bytes(len(b"after the first backup")))
    summary = back_up(installed, folder)
    assert torn.read_bytes() == b"after the first backup"
    check_backup(folder, summary.name)


def test_a_restore_that_is_killed_serves_nothing_and_goes_on(
    installed: Settings, target: Callable[[], Settings], folder: Path
) -> None:
    back_up(installed, folder)
    places = [
        (core.backup.restore, "_write_file"),
        (core.backup.restore, "write_sqlite"),
        (core.backup.restore, "write_postgres"),
        (core.backup.store, "_fill"),
        (core.backup.restore, "let_go"),
        (os, "sync"),
    ]
    if not installed.database_url:
        places = [place for place in places if place[1] not in ("write_postgres", "_fill")]
    else:
        places.remove((core.backup.restore, "write_sqlite"))
    restored = target()
    for step, where in _points(places):
        assert _killed_at(step, where, lambda: restore(restored, folder)), (step, where)
        with pytest.raises(PermanentError) as refused:
            prepare(restored)
        assert refused.value.code == "restore_unfinished"
    # The last step only tidies up: the data are whole.
    assert _killed_at(1, [(core.backup.restore, "leave")], lambda: restore(restored, folder))
    assert not (restored.data / "restore-unfinished").exists()
    assert "restore_unfinished" not in _backed_up(restored, folder.with_name("again"))
    left = ("restore_unfinished",)
    assert (files_of(restored), rows_of(restored, but=left)) == (files_of(installed), rows_of(installed))


def _backed_up(settings: Settings, folder: Path) -> set[str]:
    """The tables that a backup has."""
    back_up(settings, folder)
    entries = read_entries(folder, find_newest(folder))
    return {entry.table for entry in entries if isinstance(entry, TableEntry)}


def test_only_an_empty_place_is_restored_into(
    installed: Settings, target: Callable[[], Settings], folder: Path
) -> None:
    back_up(installed, folder)
    begun = target()
    begun.data.mkdir()
    (begun.data / "a-file").write_text("somebody's")
    of_others = installed.with_changes(data=target().data)
    # A restore was killed, and is run again with the address of a database in use.
    mistaken = installed.with_changes(data=target().data)
    mistaken.data.mkdir()
    (mistaken.data / "restore-unfinished").write_text(find_newest(folder))
    in_use = [of_others, mistaken] if installed.database_url else []
    for settings in (installed, begun, *in_use):
        with pytest.raises(InputError) as refused:
            restore(settings, folder)
        assert refused.value.code == "restore_target_not_empty"
    assert (begun.data / "a-file").read_text() == "somebody's"
    assert rows_of(installed)["account"]


def _of_code(code: str, work: Callable[[], object]) -> None:
    with pytest.raises(MaskloopError) as refused:
        work()
    assert refused.value.code == code


def test_what_is_torn_or_changed_is_refused(
    installed: Settings, target: Callable[[], Settings], folder: Path
) -> None:
    name = back_up(installed, folder).name
    path = manifest_path(folder, name)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    # Whatever the tear, the place stays empty.
    restored = target()
    for torn in (b"", whole[:-1][:-70], b"".join(lines[:-2]), b"".join([*lines[:3], *lines[4:]]), b"{}\n"):
        path.write_bytes(torn)
        _of_code("backup_torn", lambda: restore(restored, folder, name))
    path.write_bytes(whole.replace(b"secret_key", b"secret_kex"))
    _of_code("backup_torn", lambda: restore(restored, folder, name))
    path.write_bytes(whole)
    assert not restored.data.exists()
    entry = next(json.loads(line) for line in lines if b'"secret_key"' in line)
    content = folder / "objects" / entry["sha256"][:2] / entry["sha256"][2:4] / entry["sha256"]
    content.write_bytes(bytes(entry["bytes"]))
    _of_code("backup_damaged", lambda: check_backup(folder, name))
    _of_code("backup_damaged", lambda: restore(restored, folder, name))
    _of_code("restore_unfinished", lambda: prepare(restored))
    content.unlink()
    _of_code("backup_damaged", lambda: restore(target(), folder, name))


def test_what_does_not_fit_is_refused(
    installed: Settings, target: Callable[[], Settings], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _of_code("backup_not_found", lambda: find_newest(folder))
    name = back_up(installed, folder).name
    _of_code("backup_not_found", lambda: restore(target(), folder, "../elsewhere"))
    _of_code("backup_not_found", lambda: restore(target(), folder, "20200101T000000Z"))
    monkeypatch.setattr("tests.unit.backup.conftest.newest_migration", lambda _settings: "0001")
    _of_code("backup_too_new", lambda: restore(target(), folder, name))
    monkeypatch.undo()
    other = target().with_changes(
        database_url="" if installed.database_url else "postgresql+psycopg://nobody@127.0.0.1:1/none"
    )
    _of_code("backup_other_database", lambda: restore(other, folder, name))


def test_two_backups_into_one_folder_wait_for_nobody(installed: Settings, folder: Path) -> None:
    with core.backup.make._alone(folder):
        _of_code("backup_running", lambda: back_up(installed, folder))
    back_up(installed, folder)
